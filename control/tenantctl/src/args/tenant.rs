//! The grammar of `tenantctl tenant`.

use clap::{Args, Subcommand, ValueEnum};
use domain::claims::ClaimName;
use domain::{Chain, Role, Roles, Slug, Tier};

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
    /// The tenant's slug or id, with or without the word set before it
    #[arg(value_name = "[set] TENANT", required = true, num_args = 1..=2)]
    pub(crate) tenant: Vec<String>,
    /// Who joins without being asked
    #[arg(long)]
    pub(crate) join: Option<Join>,
    /// What people join as, up to member; may be repeated
    #[arg(long = "default-role", value_name = "ROLE")]
    pub(crate) default_roles: Vec<Role>,
    /// How people sign in: by password, by password and an e-mailed code (of everybody, or of these roles), by the code alone
    #[arg(long, value_name = "password|password-and-code[:ROLE,ROLE]|code", value_parser = chain)]
    pub(crate) chain: Option<Chain>,
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
    #[command(flatten)]
    pub(crate) clients: ClientsToo,
}

/// How far a change of `--chain` or `--sso-required` reaches into user pools.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, not a state")]
#[derive(Debug, Args)]
#[command(next_help_heading = "App clients, which --chain and --sso-required bring in line")]
pub(crate) struct ClientsToo {
    /// Only show what would change, in the table and at the tenant's app clients
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change app clients without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Change app clients, too, that `client create` did not make, and those that only observe
    #[arg(long)]
    pub(crate) adopted: bool,
    /// Leave app clients alone: what lets people around the policy stays, and `doctor --pool` tells it
    #[arg(long, conflicts_with_all = ["yes", "adopted", "dry_run"])]
    pub(crate) table_only: bool,
    /// A claim that the triggers set, where their settings name other than the usual ones; may be repeated
    #[arg(long = "claim", value_name = "NAME")]
    pub(crate) claims: Vec<ClaimName>,
}

/// A seat limit, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(pub(crate) Option<u64>);

/// `password-and-code:owner,admin`.
fn chain(text: &str) -> Result<Chain, String> {
    let (name, roles) = text.split_once(':').map_or((text, None), |(name, roles)| (name, Some(roles)));
    match (name.replace('_', "-").as_str(), roles) {
        ("password", None) => Ok(Chain::Password),
        ("code", None) => Ok(Chain::Code),
        ("password-and-code", None) => Ok(Chain::PasswordAndCode { of: None }),
        ("password-and-code", Some(roles)) => Roles::parse(roles.split(','))
            .map(|of| Chain::PasswordAndCode { of: Some(of) })
            .map_err(|invalid| invalid.to_string()),
        _ => Err("password, password-and-code, password-and-code:ROLE,ROLE, or code".to_owned()),
    }
}

fn limit(text: &str) -> Result<Limit, String> {
    if text == "none" {
        return Ok(Limit(None));
    }
    text.parse().map(|limit| Limit(Some(limit))).map_err(|_| "a whole number, or none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_read_as_people_write_it() {
        let of = |text: &str| Chain::PasswordAndCode { of: Some(Roles::parse(text.split(',')).unwrap()) };
        for (text, expected) in [
            ("password", Some(Chain::Password)),
            ("code", Some(Chain::Code)),
            ("password-and-code", Some(Chain::PasswordAndCode { of: None })),
            ("password_and_code", Some(Chain::PasswordAndCode { of: None })),
            ("password-and-code:owner,admin", Some(of("owner,admin"))),
            ("password-and-code:", None),
            ("password-and-code:owner,", None),
            ("password:owner", None),
            ("code:owner", None),
            ("", None),
            ("sms", None),
        ] {
            assert_eq!(chain(text).ok(), expected, "{text}");
        }
    }
}
