//! The grammar of `tenantctl tenant`.

use clap::{Args, Subcommand, ValueEnum};
use domain::{Role, Slug, Tier};

use super::{Because, TenantName};

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Join {
    /// Everybody with a proven mailbox
    Open,
    /// People of a verified domain
    Automatic,
    /// People of a verified domain, once an admin approves
    Request,
    /// Nobody without an invitation
    #[value(alias = "invitation_only")]
    InvitationOnly,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Create a tenant
    Create {
        /// Its name in links and on command lines
        slug: Slug,
        /// Its name for people [default: the slug]
        #[arg(long)]
        name: Option<String>,
        /// What it pays for [default: standard]
        #[arg(long)]
        tier: Option<Tier>,
        /// Who joins without being asked [default: automatic]
        #[arg(long)]
        join: Option<Join>,
        /// What people join as; may be repeated [default: member]
        #[arg(long = "default-role", value_name = "ROLE")]
        default_roles: Vec<Role>,
        /// At most this many seats
        #[arg(long, value_name = "NUMBER")]
        seat_limit: Option<u64>,
    },
    /// List every tenant
    List,
    /// Show a tenant, its seats and its policy
    Show(TenantName),
    /// Change the name, the slug, or both; the old slug becomes free
    Rename {
        #[command(flatten)]
        tenant: TenantName,
        /// The new slug
        #[arg(long, required_unless_present = "name")]
        slug: Option<Slug>,
        /// The new name for people
        #[arg(long)]
        name: Option<String>,
    },
    /// Let nobody in until it is resumed
    Suspend {
        #[command(flatten)]
        tenant: TenantName,
        #[command(flatten)]
        because: Because,
    },
    /// Let the members of a suspended tenant in again
    Resume {
        #[command(flatten)]
        tenant: TenantName,
        #[command(flatten)]
        because: Because,
    },
    /// Close a tenant; nothing is deleted
    Close {
        #[command(flatten)]
        tenant: TenantName,
        #[command(flatten)]
        because: Because,
    },
    /// Open a closed tenant again
    Restore {
        #[command(flatten)]
        tenant: TenantName,
        #[command(flatten)]
        because: Because,
    },
    /// Change how people join and sign in, the tier, the seat limit
    Policy(Policy),
}

#[derive(Debug, Args)]
pub(crate) struct Policy {
    #[command(flatten)]
    pub(crate) tenant: TenantName,
    /// Who joins without being asked
    #[arg(long)]
    pub(crate) join: Option<Join>,
    /// What people join as, up to member; may be repeated
    #[arg(long = "default-role", value_name = "ROLE")]
    pub(crate) default_roles: Vec<Role>,
    /// Only the tenant's own identity provider signs people in
    #[arg(long, value_name = "true|false")]
    pub(crate) sso_required: Option<bool>,
    /// Look invitations up by address at sign-up (managed login carries no token); tells strangers who is invited
    #[arg(long, value_name = "true|false")]
    pub(crate) invitation_lookup: Option<bool>,
    /// An invitation of a member who was removed meanwhile still holds, for roles up to member
    #[arg(long, value_name = "true|false")]
    pub(crate) invitations_outlive_inviter: Option<bool>,
    /// What the tenant pays for
    #[arg(long)]
    pub(crate) tier: Option<Tier>,
    /// At most this many seats, or `none`
    #[arg(long, value_name = "NUMBER|none", value_parser = limit)]
    pub(crate) seat_limit: Option<Limit>,
}

/// A seat limit, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(pub(crate) Option<u64>);

fn limit(text: &str) -> Result<Limit, String> {
    if text == "none" {
        return Ok(Limit(None));
    }
    text.parse().map(|limit| Limit(Some(limit))).map_err(|_| "a whole number, or none".to_owned())
}
