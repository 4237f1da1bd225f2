//! The grammar of `tenantctl client`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};
use domain::claims::ClaimName;
use domain::{ClientId, PoolId, Role};
use jiff::SignedDuration;

use crate::named::{Named, duration};

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
    /// Make an app client in the user pool, set up as the tenant's policy asks for it, and bind it
    ///
    /// Repeat the same command after an interruption: it finishes what was begun. The secret is shown once, in the run that binds the
    /// client; later, the pool's own settings of the client show it.
    ///
    /// No custom attribute is writable there. An identity provider that is mapped to one, by a tenant that signs in with SSO, fails at
    /// such a client: Cognito writes what is mapped with the client's rights.
    Create(Create),
    /// Unbind an app client and delete it in the user pool: its tokens end with it
    Delete(Delete),
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
    /// Tell from the triggers' logs whom a client that observes would refuse, and why
    ///
    /// Ends with 0 if every client that observes can be enforced, with 1 if one would refuse somebody, or nobody came there, with 3 if the
    /// logs, the table or the pool cannot be asked.
    Report(Report),
    /// List clients
    List {
        /// Of this tenant alone
        #[arg(long)]
        tenant: Option<String>,
    },
}

#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, not a state")]
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The tenant's slug or id
    #[arg(value_name = "TENANT", required_unless_present = "shared", conflicts_with = "shared")]
    pub(crate) tenant: Option<String>,
    /// What it is called; one of each name, tenant and pool
    #[arg(long)]
    pub(crate) name: String,
    /// In which user pool [default: with --local, the laptop's]
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<PoolId>,
    /// For the people of every tenant
    #[arg(long)]
    pub(crate) shared: bool,
    /// For a machine of the tenant, by client credentials; it has a secret
    #[arg(long, requires = "scopes", conflicts_with_all = ["shared", "callback_urls"])]
    pub(crate) machine: bool,
    /// What the machine may do; may be repeated [default: member]
    #[arg(long = "role", visible_alias = "roles", value_name = "ROLE", value_delimiter = ',', requires = "machine")]
    pub(crate) roles: Vec<Role>,
    /// With a secret, for an app that runs on a server
    #[arg(long)]
    pub(crate) secret: bool,
    /// Apps may send the password itself, as command lines and servers do; others use SRP, which never shows it
    #[arg(long, conflicts_with = "machine")]
    pub(crate) password_flow: bool,
    /// Where managed login sends people who signed in; may be repeated. Without one there is no managed login
    #[arg(long = "callback-url", id = "callback_urls", value_name = "URL")]
    pub(crate) callback_urls: Vec<String>,
    /// Where managed login sends people who signed out; may be repeated
    #[arg(long = "logout-url", value_name = "URL", requires = "callback_urls")]
    pub(crate) logout_urls: Vec<String>,
    /// An OAuth scope; may be repeated [default of managed login: openid]
    #[arg(long = "scope", id = "scopes", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// Whether tokens may edit the account [default: suppress]
    #[arg(long)]
    pub(crate) account_scope: Option<AccountScope>,
    /// Take back what an interrupted run left, instead of finishing it
    #[arg(long)]
    pub(crate) undo: bool,
    /// A claim that the triggers set, where their settings name other than the usual ones; may be repeated
    #[arg(long = "claim", value_name = "NAME")]
    pub(crate) claims: Vec<ClaimName>,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The client
    #[arg(value_name = "POOL:CLIENT")]
    pub(crate) client: Named<ClientId>,
    /// Delete it without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Delete it, too, if `client create` did not make it
    #[arg(long)]
    pub(crate) adopted: bool,
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
    /// What we decide counts [default: as it is; a client that was never bound observes if its pool lets it pass]
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

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// This client alone [default: every one]
    #[arg(value_name = "POOL:CLIENT", required_if_eq("who", "true"))]
    pub(crate) client: Option<Named<ClientId>>,
    /// How far to look back
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = duration)]
    pub(crate) since: SignedDuration,
    /// Read log lines from a file, or - for the standard input, instead of CloudWatch Logs
    #[arg(long, value_name = "FILE")]
    pub(crate) logs: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) from: LogsFrom,
    /// Ask for every user of the pool, by what the table says now, and name who would be refused; needs no log
    #[arg(long, conflicts_with_all = ["logs", "functions_prefix", "log_groups"])]
    pub(crate) who: bool,
    /// With --who: show addresses too
    #[arg(long, requires = "who")]
    pub(crate) show_addresses: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogsFrom {
    /// Our functions' names begin so: PREFIX-pre-token-generation and so on
    #[arg(long, value_name = "PREFIX", default_value = "tenantry", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) functions_prefix: String,
    /// A log group to read, where the functions' have other names; may be repeated
    #[arg(long = "log-group", id = "log_groups", value_name = "NAME", conflicts_with_all = ["functions_prefix", "logs"])]
    pub(crate) log_groups: Vec<String>,
    /// Another endpoint than AWS's for CloudWatch Logs
    #[arg(long, env = "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", value_name = "URL")]
    pub(crate) logs_endpoint_url: Option<String>,
}
