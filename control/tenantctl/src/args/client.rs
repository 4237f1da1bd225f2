//! The grammar of `tenantctl client`.

use clap::{Args, Subcommand, ValueEnum};
use domain::{ClientId, Role};

use crate::named::Named;

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
