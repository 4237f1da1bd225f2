//! Memberships.

use domain::{Membership, MembershipStatus, Origin, Person, Rank, Roles};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer, word};
use crate::keys::{Key, LIST_PK, LIST_SK};

const STATUSES: &[(&str, MembershipStatus)] = &[
    ("requested", MembershipStatus::Requested),
    ("denied", MembershipStatus::Denied),
    ("active", MembershipStatus::Active),
    ("suspended", MembershipStatus::Suspended),
    ("removed", MembershipStatus::Removed),
    ("superseded", MembershipStatus::Superseded),
];

/// The number of a step, for whoever reads the table.
const fn rank_number(rank: Rank) -> u64 {
    match rank {
        Rank::None => 0,
        Rank::Viewer => 1,
        Rank::Member => 2,
        Rank::Admin => 3,
        Rank::Owner => 4,
    }
}

impl Entity for Membership {
    const KIND: &'static str = "membership";
    const ATTRIBUTES: &'static [&'static str] = &[
        "pool",
        "sub",
        "tenant_id",
        "member_id",
        "roles",
        "rank",
        "status",
        "origin",
        "origin_domain",
        "origin_generation",
        "origin_provider",
        "origin_invitation",
        "address",
        "since",
        "created",
        LIST_PK,
        LIST_SK,
    ];

    fn key(&self) -> Key {
        Key::membership(&self.person, &self.tenant)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        to.text("pool", &self.person.pool)
            .text("sub", &self.person.sub)
            .text("tenant_id", &self.tenant)
            .text("member_id", &self.member)
            .texts("roles", self.roles.iter())
            // INVARIANT: `rank` is the rank of `roles`; conditions compare it where they cannot compute it.
            .number("rank", rank_number(self.roles.rank()))
            .text("status", word(STATUSES, &self.status))
            .maybe_text("address", self.address.as_ref())
            .time("since", self.since)
            .time("created", self.created)
            .listed(&self.tenant, format!("MEMBER#{}#{}", self.member, self.person.sub));
        match &self.origin {
            Origin::Domain { domain, generation } => {
                to.text("origin", "domain").text("origin_domain", domain).number("origin_generation", *generation)
            }
            Origin::Provider(name) => to.text("origin", "provider").text("origin_provider", name),
            Origin::Invitation(digest) => to.text("origin", "invitation").text("origin_invitation", digest),
            Origin::Open => to.text("origin", "open"),
            Origin::Added => to.text("origin", "added"),
        };
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        Ok(Self {
            person: Person { pool: item.parse("pool")?, sub: item.parse("sub")? },
            tenant: item.parse("tenant_id")?,
            member: item.parse("member_id")?,
            roles: Roles::parse(item.texts("roles")?).map_err(|_| item.unreadable("roles", "are not valid"))?,
            status: item.one_of("status", STATUSES)?,
            origin: match item.text("origin")? {
                "domain" => Origin::Domain {
                    domain: item.parse("origin_domain")?,
                    generation: item.number("origin_generation")?,
                },
                "provider" => Origin::Provider(item.parse("origin_provider")?),
                "invitation" => Origin::Invitation(item.parse("origin_invitation")?),
                "open" => Origin::Open,
                "added" => Origin::Added,
                _ => return Err(item.unreadable("origin", "is not one of the known words")),
            },
            address: item.maybe_parse("address")?,
            since: item.time("since")?,
            created: item.time("created")?,
            revision: item.number("revision")?,
        })
    }
}
