//! The grammar of `tenantctl member`.

use std::path::PathBuf;

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
    /// Let a member in no more until they are resumed; they keep their seat
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
    /// End a membership; the seat becomes free, the address is barred
    Remove {
        #[command(flatten)]
        member: MemberOf,
        #[command(flatten)]
        barred: Barred,
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
    /// Import members from CSV or JSON lines: sub, tenant, roles (and pool, email)
    Import {
        /// The file, or - for the standard input
        file: PathBuf,
        /// The pool of rows that name none
        #[arg(long)]
        pool: Option<PoolId>,
        /// The tenant of rows that name none
        #[arg(long)]
        tenant: Option<String>,
        /// CSV or JSON lines [default: as the file's name and beginning say]
        #[arg(long)]
        format: Option<Format>,
        /// Read and decide everything, write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated, with a first line that names the columns
    Csv,
    /// One JSON object a line
    Jsonl,
}
