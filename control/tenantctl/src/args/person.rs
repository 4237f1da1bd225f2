//! The grammar of `tenantctl person` and `tenantctl whois`: what is asked about one human being.

use clap::{Args, Subcommand};
use domain::{ClientId, Email, Sub, UserName};

use super::Because;
use crate::named::Named;

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
