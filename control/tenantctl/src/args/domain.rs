//! The grammar of `tenantctl domain`.

use std::net::SocketAddr;

use clap::{Args, Subcommand, ValueEnum};
use domain::DomainName;

use super::TenantName;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DomainJoin {
    /// As the tenant's policy says
    Inherit,
    /// People of the domain join at once
    Automatic,
    /// Once an admin approves
    Request,
    /// Nobody without an invitation
    #[value(alias = "invitation_only")]
    InvitationOnly,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DomainCommand {
    /// Claim a domain: shows the TXT record that proves it
    Claim {
        #[command(flatten)]
        tenant: TenantName,
        /// The domain
        domain: DomainName,
    },
    /// Look the TXT record up; the first tenant that proves a domain owns it
    Verify {
        #[command(flatten)]
        tenant: TenantName,
        /// The domain
        domain: DomainName,
        /// Do not look: take the operator's word, for this reason, which is recorded
        #[arg(long, value_name = "REASON", conflicts_with = "resolver")]
        assume_verified: Option<String>,
        /// Ask this DNS server instead of the system's
        #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = crate::dns::server)]
        resolver: Option<SocketAddr>,
    },
    /// How people of one domain join, where that differs from the tenant's policy
    Join {
        #[command(flatten)]
        tenant: TenantName,
        /// The domain
        domain: DomainName,
        /// How
        mode: DomainJoin,
    },
    /// Give a domain to another tenant, in one transaction
    Transfer {
        /// The domain
        domain: DomainName,
        /// Whose it is
        #[arg(long, value_name = "TENANT")]
        from: String,
        /// Whose it becomes
        #[arg(long, value_name = "TENANT")]
        to: String,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        members: Dependants,
    },
    /// Give a domain up
    Release {
        #[command(flatten)]
        tenant: TenantName,
        /// The domain
        domain: DomainName,
        #[command(flatten)]
        members: Dependants,
    },
    /// List a tenant's claims and domains
    List(TenantName),
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Dependants {
    /// Those who are members by this domain stay, as members who were added
    #[arg(long)]
    pub(crate) keep_members: bool,
    /// Those who are members by this domain lose their membership
    #[arg(long)]
    pub(crate) drop_members: bool,
    /// Only say how many depend on it
    #[arg(long)]
    pub(crate) dry_run: bool,
}
