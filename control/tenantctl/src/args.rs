//! The grammar of the command line. Texts become nouns here: what is none is refused before anything is asked.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::{ClientId, DomainName, Email, PoolId, ProviderName, Role, Slug, Sub, Tier, UserName};
use jiff::SignedDuration;
use operations::{Barring, InvitationName, MemberName};

use crate::named::{Named, duration};

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
    /// Look the table over
    Doctor {
        /// Put right what can be put right without deciding anything for anybody
        #[arg(long)]
        fix: bool,
    },
    /// Print the completions of a shell, for example `tenantctl completions bash`
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

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

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum GroupsChoice {
    /// They stay as Cognito has them
    Carry,
    /// They become TENANT:ROLE, and their IAM roles are dropped
    Replace,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AccountScope {
    /// Tokens keep aws.cognito.signin.user.admin
    Keep,
    /// It is taken out: it can edit the account that other tenants trust
    Suppress,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Bind an app client to one tenant, to all of them, or as one tenant's machine
    Bind(Bind),
    /// Let what we decide only be logged
    Observe {
        /// The client
        #[arg(value_name = "POOL:CLIENT")]
        client: Named<ClientId>,
    },
    /// Let what we decide count
    Enforce {
        /// The client
        #[arg(value_name = "POOL:CLIENT")]
        client: Named<ClientId>,
    },
    /// Unbind: everybody is denied here from now on
    Unbind {
        /// The client
        #[arg(value_name = "POOL:CLIENT")]
        client: Named<ClientId>,
    },
    /// List clients
    List {
        /// Of this tenant alone
        #[arg(long)]
        tenant: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Bind {
    /// The client
    #[arg(value_name = "POOL:CLIENT")]
    pub(crate) client: Named<ClientId>,
    #[command(flatten)]
    pub(crate) to: BindTo,
    /// What a machine may do; may be repeated
    #[arg(long = "role", value_name = "ROLE", requires = "machine")]
    pub(crate) roles: Vec<Role>,
    /// What we decide is only logged
    #[arg(long, conflicts_with = "enforce")]
    pub(crate) observe: bool,
    /// What we decide counts (the default of a client that was not bound before)
    #[arg(long)]
    pub(crate) enforce: bool,
    /// What becomes of Cognito's groups [default: as it is, or carry]
    #[arg(long)]
    pub(crate) groups: Option<GroupsChoice>,
    /// Whether tokens may edit the account [default: as it is, or keep]
    #[arg(long)]
    pub(crate) account_scope: Option<AccountScope>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct BindTo {
    /// To the people of this tenant
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// To the people of every tenant
    #[arg(long)]
    pub(crate) shared: bool,
    /// To a machine of this tenant, by client credentials
    #[arg(long, value_name = "TENANT")]
    pub(crate) machine: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PoolCommand {
    /// List the pools that the table knows as a whole
    List,
    /// While a pool is being adopted: let clients that were never bound pass, logged only
    ObserveUnbound {
        /// The pool
        pool: PoolId,
        /// Deny them again
        #[arg(long)]
        off: bool,
    },
    /// Give a whole pool to one tenant: its clients need no binding
    Dedicate {
        /// The pool
        pool: PoolId,
        /// The tenant, or `nobody`
        #[arg(long, value_name = "TENANT|nobody")]
        to: String,
    },
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

#[derive(Debug, Subcommand)]
pub(crate) enum InviteCommand {
    /// Invite the holder of an address; the token is shown once
    Create {
        #[command(flatten)]
        tenant: TenantName,
        /// Who is invited
        address: Email,
        /// What they become; may be repeated [default: what the tenant's policy says]
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<Role>,
        /// How long it is open, up to 90 days: 30m, 48h, 7d
        #[arg(long, default_value = "7d", value_parser = duration, value_name = "TIME")]
        expires: SignedDuration,
        /// Revoke the open invitation of this address at once
        #[arg(long)]
        replaces: bool,
    },
    /// List invitations
    List {
        #[command(flatten)]
        tenant: TenantName,
        /// Those that were used, revoked or have expired, too
        #[arg(long)]
        all: bool,
    },
    /// Take an invitation back
    Revoke {
        #[command(flatten)]
        tenant: TenantName,
        /// The address, or the invitation's id or its beginning
        #[arg(value_name = "INVITATION")]
        invitation: InvitationName,
        #[command(flatten)]
        because: Because,
    },
    /// Revoke and reissue with the same roles; the new token is shown once
    Resend {
        #[command(flatten)]
        tenant: TenantName,
        /// The address, or the invitation's id or its beginning
        #[arg(value_name = "INVITATION")]
        invitation: InvitationName,
        /// How long it is open, up to 90 days: 30m, 48h, 7d
        #[arg(long, default_value = "7d", value_parser = duration, value_name = "TIME")]
        expires: SignedDuration,
    },
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

#[derive(Debug, Subcommand)]
pub(crate) enum IdpCommand {
    /// Bind a pool's identity provider to one tenant, or as a social one
    Bind {
        /// The provider, as the pool names it
        #[arg(value_name = "POOL:PROVIDER")]
        provider: Named<ProviderName>,
        #[command(flatten)]
        to: IdpTo,
    },
    /// Let a provider count
    Enable {
        /// The provider
        #[arg(value_name = "POOL:PROVIDER")]
        provider: Named<ProviderName>,
    },
    /// Let a provider count no more: nobody gets in by it
    Disable {
        /// The provider
        #[arg(value_name = "POOL:PROVIDER")]
        provider: Named<ProviderName>,
    },
    /// Unbind a provider: memberships that rest on it hold no longer
    Unbind {
        /// The provider
        #[arg(value_name = "POOL:PROVIDER")]
        provider: Named<ProviderName>,
    },
    /// List providers
    List {
        /// Of this tenant alone
        #[arg(long)]
        tenant: Option<String>,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct IdpTo {
    /// To this tenant
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// To everybody: it says which addresses it verified
    #[arg(long)]
    pub(crate) social: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// Say what a role stands for
    Set {
        /// The role
        role: Role,
        /// A permission, for the claim `permissions`; may be repeated
        #[arg(long = "permission", value_name = "WORD")]
        permissions: Vec<String>,
        /// An OAuth scope, for the access token; may be repeated
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
    },
    /// List the catalogue
    List,
    /// Take a role out of the catalogue
    Delete {
        /// The role
        role: Role,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Somebody {
    /// The person
    #[arg(value_name = "POOL:SUB")]
    pub(crate) person: Named<Sub>,
    /// Their user name in the pool, where it is not the sub
    #[arg(long)]
    pub(crate) user_name: Option<UserName>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Everything that the table holds of a person, as JSON
    Export(Somebody),
    /// Erase a person; bars stay, since they are hashes
    Erase {
        #[command(flatten)]
        person: Somebody,
        #[command(flatten)]
        because: Because,
        /// Yes, erase
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Whois {
    /// The address
    pub(crate) address: Email,
    /// In this tenant alone
    #[arg(long, conflicts_with = "client")]
    pub(crate) tenant: Option<String>,
    /// Through this app client
    #[arg(long, value_name = "POOL:CLIENT")]
    pub(crate) client: Option<Named<ClientId>>,
}
