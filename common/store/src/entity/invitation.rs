//! Invitations, under the digest of their token.

use domain::{Invitation, InvitationState, Inviter, Person, Roles, Terms};
use jiff::{SignedDuration, Timestamp};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer};
use crate::keys::{Key, LIST_PK, LIST_SK};

/// An invitation stays on the record this long after it expired.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The index's sort key of an invitation: the oldest first.
fn list_key(created: Timestamp, digest: &domain::InvitationDigest) -> String {
    format!("INVITATION#{created:.3}#{digest}")
}

/// Writes what an invitation offers; the mailbox keeps the same in a map.
pub(crate) fn write_terms(terms: &Terms, to: &mut Writer) {
    to.text("digest", &terms.digest)
        .texts("roles", terms.roles.iter())
        .time("invited", terms.created)
        // Seconds, as a number: the redeeming transaction compares it.
        .number("expires_at", u64::try_from(terms.expires.as_second()).unwrap_or(0));
    match &terms.inviter {
        Inviter::Operator => to.text("inviter", "operator"),
        Inviter::Member(person) => {
            to.text("inviter", "member").text("inviter_pool", &person.pool).text("inviter_sub", &person.sub)
        }
    };
}

/// Reads what [`write_terms`] wrote.
pub(crate) fn read_terms(item: &Item<'_>) -> Result<Terms, Broken> {
    Ok(Terms {
        digest: item.parse("digest")?,
        roles: Roles::parse(item.texts("roles")?).map_err(|_| item.unreadable("roles", "are not valid"))?,
        inviter: match item.text("inviter")? {
            "operator" => Inviter::Operator,
            "member" => Inviter::Member(Person { pool: item.parse("inviter_pool")?, sub: item.parse("inviter_sub")? }),
            _ => return Err(item.unreadable("inviter", "is not one of the known words")),
        },
        created: item.time("invited")?,
        expires: i64::try_from(item.number("expires_at")?)
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or_else(|| item.unreadable("expires_at", "is not a time"))?,
    })
}

impl Entity for Invitation {
    const KIND: &'static str = "invitation";
    const ATTRIBUTES: &'static [&'static str] = &[
        "tenant_id",
        "address",
        "digest",
        "roles",
        "invited",
        "expires_at",
        "inviter",
        "inviter_pool",
        "inviter_sub",
        "state",
        "accepted_pool",
        "accepted_sub",
        "settled",
        "ttl",
        LIST_PK,
        LIST_SK,
    ];

    fn key(&self) -> Key {
        Key::invitation(&self.terms.digest)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("tenant_id", &self.tenant).text("address", &self.address);
        write_terms(&self.terms, to);
        to.listed(&self.tenant, list_key(self.terms.created, &self.terms.digest))
            .ttl(self.terms.expires.saturating_add(KEPT).unwrap_or(self.terms.expires));
        match &self.state {
            InvitationState::Open => to.text("state", "open"),
            InvitationState::Accepted { by, at } => to
                .text("state", "accepted")
                .text("accepted_pool", &by.pool)
                .text("accepted_sub", &by.sub)
                .time("settled", *at),
            InvitationState::Revoked { at } => to.text("state", "revoked").time("settled", *at),
        };
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            tenant: item.parse("tenant_id")?,
            address: item.parse("address")?,
            terms: read_terms(item)?,
            state: match item.text("state")? {
                "open" => InvitationState::Open,
                "accepted" => InvitationState::Accepted {
                    by: Person { pool: item.parse("accepted_pool")?, sub: item.parse("accepted_sub")? },
                    at: item.time("settled")?,
                },
                "revoked" => InvitationState::Revoked { at: item.time("settled")? },
                _ => return Err(item.unreadable("state", "is not one of the known words")),
            },
            revision: item.number("revision")?,
        })
    }
}
