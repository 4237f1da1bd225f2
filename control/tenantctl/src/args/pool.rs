//! The grammar of `tenantctl pool`.

use clap::Subcommand;
use domain::PoolId;

#[derive(Debug, Subcommand)]
pub(crate) enum PoolCommand {
    /// List the pools that the table knows as a whole
    List,
    /// While a pool is being adopted: let clients that were never bound pass, logged only
    ObserveUnbound {
        /// The pool
        pool: PoolId,
        /// Deny them again; refused while the pool has such clients, unless --yes is passed
        #[arg(long)]
        off: bool,
        /// With --off: deny also the clients that are there and were never bound
        #[arg(long, requires = "off")]
        yes: bool,
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
