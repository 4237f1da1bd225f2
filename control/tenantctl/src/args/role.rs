//! The grammar of `tenantctl role`.

use clap::Subcommand;
use domain::Role;

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
