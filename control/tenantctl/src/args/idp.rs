//! The grammar of `tenantctl idp`.

use clap::{Args, Subcommand};
use domain::ProviderName;

use crate::named::Named;

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
