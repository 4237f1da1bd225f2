//! The grammar of the command line. Texts become nouns here: what is none is refused before anything is asked.

mod attach;
mod client;
mod doctor;
mod domain;
mod idp;
mod invite;
mod member;
mod person;
mod pool;
mod role;
mod tenant;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};

pub(crate) use self::attach::{Attach, AttachedPool, Detach, SnippetsOf};
pub(crate) use self::client::{AccountScope, Bind, ClientCommand, Create, Delete, GroupsChoice, LogsFrom, Report};
pub(crate) use self::doctor::{Doctor, OfPool};
pub(crate) use self::domain::{Dependants, DomainCommand, DomainJoin};
pub(crate) use self::idp::IdpCommand;
pub(crate) use self::invite::InviteCommand;
pub(crate) use self::member::{Format, FromPool, Import, MemberCommand, MemberOf, Status};
pub(crate) use self::person::{PersonCommand, Somebody, Whois};
pub(crate) use self::pool::PoolCommand;
pub(crate) use self::role::RoleCommand;
pub(crate) use self::tenant::{ClientsToo, Join, Policy, TenantCommand};

/// Exit codes, as the help tells them.
const EXIT_CODES: &str = "\
Exit codes:
  0  done, or done before
  1  refused, or in a state in which this cannot be done: the code in brackets says why
  2  the command line or a file is not what it should be
  3  the table, DNS or AWS cannot be asked; repeating the command is safe

Tenants are named by slug or id. Members are named by member id (m_…), e-mail address or POOL:SUB.";

/// Runs Tenantry: tenants, app clients, domains, invitations, members.
#[derive(Debug, Parser)]
#[command(name = "tenantctl", version, about, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where and how")]
pub(crate) struct Global {
    /// Print JSON: the result on the standard output, errors on the standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The table [default: tenantry]
    #[arg(long, global = true, env = "TENANTRY_TABLE", value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// The AWS Region [default: as the AWS configuration says]
    #[arg(long, global = true, value_name = "REGION", conflicts_with = "local")]
    pub(crate) region: Option<String>,
    /// Another endpoint than AWS's for DynamoDB
    #[arg(long, global = true, env = "TENANTRY_ENDPOINT_URL", value_name = "URL", conflicts_with = "local")]
    pub(crate) endpoint_url: Option<String>,
    /// Another endpoint than AWS's for user pools
    #[arg(
        long,
        global = true,
        env = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
        value_name = "URL",
        conflicts_with = "local"
    )]
    pub(crate) pool_endpoint_url: Option<String>,
    /// A file of certificates (PEM) to believe instead of Amazon's, for networks that look into TLS
    #[arg(long, global = true, env = "AWS_CA_BUNDLE", value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,
    /// The table of the stack that runs on this machine (`cargo xtask demo`)
    #[arg(long, global = true)]
    pub(crate) local: bool,
    /// Who acts, for the record [default: $USER; with --local, local]
    #[arg(long = "as", global = true, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) actor: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create the table, unless it is there
    Init,
    /// Tenants and their policies
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// App clients and what they are bound to
    #[command(subcommand)]
    Client(ClientCommand),
    /// User pools as a whole
    #[command(subcommand)]
    Pool(PoolCommand),
    /// E-mail domains: claims, proofs, owners
    #[command(subcommand)]
    Domain(DomainCommand),
    /// Invitations
    #[command(subcommand)]
    Invite(InviteCommand),
    /// Members and requests to join
    #[command(subcommand)]
    Member(MemberCommand),
    /// Identity providers
    #[command(subcommand)]
    Idp(IdpCommand),
    /// The catalogue: what roles stand for
    #[command(subcommand)]
    Role(RoleCommand),
    /// What the table holds of one person
    #[command(subcommand)]
    Person(PersonCommand),
    /// Which tenants an address would reach, by which route, and why not
    Whois(Whois),
    /// Look the table over; with --pool, hold user pools against it
    Doctor(Doctor),
    /// Attach our functions to a user pool that exists already, keeping everything else in it
    Attach(Box<Attach>),
    /// Take our functions out of a user pool's slots, keeping everything else in it
    Detach(Detach),
    /// Print the completions of a shell, for example `tenantctl completions bash`
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TenantName {
    /// The tenant's slug or id
    #[arg(value_name = "TENANT")]
    pub(crate) tenant: String,
}

#[derive(Debug, Args)]
pub(crate) struct Because {
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}
