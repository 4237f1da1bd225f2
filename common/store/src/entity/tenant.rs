//! Tenants and their policies.

use domain::{Chain, JoinMode, Policy, Roles, Tenant, TenantStatus};

use crate::broken::Broken;
use crate::codec::{Entity, Item, Writer, word};
use crate::keys::{ALL_TENANTS, Key, LIST_PK, LIST_SK};

const STATUSES: &[(&str, TenantStatus)] =
    &[("active", TenantStatus::Active), ("suspended", TenantStatus::Suspended), ("closed", TenantStatus::Closed)];

/// The words for join modes, here and on domains.
pub(crate) const JOIN_MODES: &[(&str, JoinMode)] = &[
    ("open", JoinMode::Open),
    ("automatic", JoinMode::Automatic),
    ("request", JoinMode::Request),
    ("invitation_only", JoinMode::InvitationOnly),
];

impl Entity for Tenant {
    const KIND: &'static str = "tenant";
    const ATTRIBUTES: &'static [&'static str] = &[
        "tenant_id",
        "slug",
        "name",
        "tier",
        "status",
        "created",
        "join",
        "default_roles",
        "chain",
        "chain_of",
        "sso_required",
        "invitation_lookup",
        "invitations_outlive_inviter",
        LIST_PK,
        LIST_SK,
    ];

    fn key(&self) -> Key {
        Key::tenant(&self.id)
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn write(&self, to: &mut Writer) {
        let policy = &self.policy;
        to.text("tenant_id", &self.id)
            .text("slug", &self.slug)
            .text("name", &self.name)
            .text("tier", &self.tier)
            .text("status", word(STATUSES, &self.status))
            .time("created", self.created)
            .text("join", word(JOIN_MODES, &policy.join))
            .texts("default_roles", policy.default_roles.iter())
            .flag("sso_required", policy.sso_required)
            .flag("invitation_lookup", policy.invitation_lookup)
            .flag("invitations_outlive_inviter", policy.invitations_outlive_inviter)
            .listed(ALL_TENANTS, format!("{}#{}", self.slug, self.id));
        match &policy.chain {
            Chain::Password => to.text("chain", "password"),
            Chain::PasswordAndCode { of } => {
                to.text("chain", "password_and_code").texts("chain_of", of.iter().flat_map(Roles::iter))
            }
            Chain::Code => to.text("chain", "code"),
        };
    }

    fn read(item: &Item<'_>) -> Result<Self, Broken> {
        let roles =
            |name: &str, texts: Vec<&str>| Roles::parse(texts).map_err(|_| item.unreadable(name, "are not valid"));
        let chain_of = item.texts("chain_of")?;
        let chain = match item.text("chain")? {
            "password" => Chain::Password,
            "password_and_code" if chain_of.is_empty() => Chain::PasswordAndCode { of: None },
            "password_and_code" => Chain::PasswordAndCode { of: Some(roles("chain_of", chain_of)?) },
            "code" => Chain::Code,
            _ => return Err(item.unreadable("chain", "is not one of the known words")),
        };
        Ok(Self {
            id: item.parse("tenant_id")?,
            slug: item.parse("slug")?,
            name: item.text("name")?.to_owned(),
            tier: item.parse("tier")?,
            status: item.one_of("status", STATUSES)?,
            policy: Policy {
                join: item.one_of("join", JOIN_MODES)?,
                default_roles: roles("default_roles", item.texts("default_roles")?)?,
                chain,
                sso_required: item.flag("sso_required")?,
                invitation_lookup: item.flag("invitation_lookup")?,
                invitations_outlive_inviter: item.flag("invitations_outlive_inviter")?,
            },
            created: item.time("created")?,
            revision: item.number("revision")?,
        })
    }
}
