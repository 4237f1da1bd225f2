//! The grammar of `tenantctl member`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};
use domain::{ClientId, Email, PoolId, Role, Sub};
use operations::{Barring, MemberName};

use super::{Because, TenantName};
use crate::named::Named;

#[derive(Debug, Args)]
pub(crate) struct Barred {
    /// The address to bar, of a member who came without any
    #[arg(long, value_name = "ADDRESS", conflicts_with = "without_bar")]
    email: Option<Email>,
    /// Bar no address: only this account is kept out, and the person may come back with another
    #[arg(long)]
    without_bar: bool,
}

impl From<Barred> for Barring {
    fn from(barred: Barred) -> Self {
        match barred.email {
            _ if barred.without_bar => Self::Without,
            Some(address) => Self::Address(address),
            None => Self::Own,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct MemberOf {
    #[command(flatten)]
    pub(crate) tenant: TenantName,
    /// The member: m_…, an address, or POOL:SUB
    #[arg(value_name = "MEMBER")]
    pub(crate) member: MemberName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Status {
    /// Waits for an admin
    Requested,
    /// An admin said no
    Denied,
    /// Gets in
    Active,
    /// Does not get in until resumed
    Suspended,
    /// Was removed
    Removed,
    /// Another account of the same person took over
    Superseded,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// List members and requests
    List {
        #[command(flatten)]
        tenant: TenantName,
        /// Of this status alone
        #[arg(long)]
        status: Option<Status>,
    },
    /// Add a person without any proof: you vouch for them
    Add {
        #[command(flatten)]
        tenant: TenantName,
        /// The person
        #[arg(value_name = "POOL:SUB")]
        person: Named<Sub>,
        /// Their address, if it is known
        #[arg(long)]
        email: Option<Email>,
        /// What they become; may be repeated [default: member]
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<Role>,
        /// Lift the bar that a removal left on the address
        #[arg(long)]
        lift_bar: bool,
    },
    /// Change what a member is
    Role {
        #[command(flatten)]
        member: MemberOf,
        /// The new roles
        #[arg(required = true, value_name = "ROLE")]
        roles: Vec<Role>,
    },
    /// Let somebody in who asked to join
    Approve {
        #[command(flatten)]
        member: MemberOf,
        /// What they become; may be repeated [default: what the tenant's policy said]
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<Role>,
    },
    /// Say no to somebody who asked to join
    Deny {
        #[command(flatten)]
        member: MemberOf,
        #[command(flatten)]
        because: Because,
    },
    /// Let a member in no more until they are resumed; they keep their seat, the address they came with is barred
    Suspend {
        #[command(flatten)]
        member: MemberOf,
        #[command(flatten)]
        barred: Barred,
        #[command(flatten)]
        because: Because,
    },
    /// Let a suspended member in again
    Resume {
        #[command(flatten)]
        member: MemberOf,
        #[command(flatten)]
        because: Because,
    },
    /// Lift the lock that wrong codes put on somebody's sign-in, and the hourly limit on codes
    Unlock {
        #[command(flatten)]
        member: MemberOf,
        /// An app client that was never bound, of a pool that is dedicated to the tenant; may be repeated
        #[arg(long = "client", value_name = "CLIENT")]
        clients: Vec<ClientId>,
        #[command(flatten)]
        because: Because,
    },
    /// End a membership; the seat becomes free, the address they came with is barred
    ///
    /// If their account has another address by now, bar that one, too: `tenantctl member bar`.
    Remove {
        #[command(flatten)]
        member: MemberOf,
        #[command(flatten)]
        barred: Barred,
        #[command(flatten)]
        because: Because,
    },
    /// Bar an address by which nobody is a member, as a removal does: one to which somebody moved who was removed
    ///
    /// Whoever is a member by it is removed instead. `tenantctl member reinstate` lifts the bar again.
    Bar {
        #[command(flatten)]
        tenant: TenantName,
        /// The address
        address: Email,
        #[command(flatten)]
        because: Because,
    },
    /// Take a removed member back, or lift the bar on an address whose member is gone
    Reinstate {
        #[command(flatten)]
        member: MemberOf,
        /// What they become; may be repeated [default: what they were]
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<Role>,
        #[command(flatten)]
        because: Because,
    },
    /// Import members from CSV or JSON lines, or from a user pool whose users name their tenant in an attribute
    ///
    /// A file has the columns sub, tenant, roles (and pool, email). From a pool, the plan is shown first; who is left out is counted and, with
    /// --json or --skipped, listed. Repeating either import is safe: who is a member already stays as they are.
    Import(Box<Import>),
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file, or - for the standard input
    #[arg(required_unless_present = "attribute", conflicts_with = "attribute")]
    pub(crate) file: Option<PathBuf>,
    /// The pool of rows that name none; or the pool to import from [default: with --local, the laptop's]
    #[arg(long)]
    pub(crate) pool: Option<PoolId>,
    /// The tenant of rows that name none
    #[arg(long, conflicts_with = "attribute")]
    pub(crate) tenant: Option<String>,
    /// CSV or JSON lines [default: as the file's name and beginning say]
    #[arg(long, conflicts_with = "attribute")]
    pub(crate) format: Option<Format>,
    /// Read and decide everything, write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) from_pool: FromPool,
}

#[derive(Debug, Args)]
pub(crate) struct FromPool {
    /// Import the pool's users, each into the tenant that this attribute names by slug or id, for example custom:tenantId
    #[arg(long = "from-attribute", id = "attribute", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) attribute: Option<String>,
    /// A CSV file with the columns value and tenant, for values that are no slug or id; what it does not name, names no tenant then
    #[arg(long, value_name = "FILE", requires = "attribute")]
    pub(crate) map: Option<PathBuf>,
    /// What everybody becomes; may be repeated [default: member]
    #[arg(long = "role", id = "said_roles", value_name = "ROLE", requires = "attribute")]
    pub(crate) roles: Vec<Role>,
    /// What each becomes, as this attribute says; it makes no owners
    #[arg(long, value_name = "NAME", requires = "attribute", conflicts_with = "said_roles")]
    pub(crate) role_attribute: Option<String>,
    /// Believe this attribute although users can write it of themselves at some app client; may be repeated
    ///
    /// Without =NAME it speaks of --from-attribute alone: whom --role-attribute makes what, is vouched for by its name.
    #[arg(long, value_name = "NAME", requires = "attribute", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) trust_attribute: Vec<String>,
    /// Write who is left out, and why, to this CSV file
    #[arg(long, value_name = "FILE", requires = "attribute")]
    pub(crate) skipped: Option<PathBuf>,
    /// Do what was shown without asking
    #[arg(long, requires = "attribute")]
    pub(crate) yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated, with a first line that names the columns
    Csv,
    /// One JSON object a line
    Jsonl,
}
