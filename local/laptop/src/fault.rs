//! What keeps the laptop's stack from starting, and what to do about it.

use std::io;
use std::path::PathBuf;

/// Why something did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A program was not built.
    #[error("{} is missing: `cargo build --workspace` builds it", .0.display())]
    NotBuilt(PathBuf),
    /// A port or a server.
    #[error("{what}: {cause}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// What went wrong.
        #[source]
        cause: io::Error,
    },
    /// The embedded database.
    #[error("the embedded DynamoDB does not start{at}: {cause}")]
    Engine {
        /// Where its file is.
        at: String,
        /// What went wrong.
        cause: String,
    },
    /// Another stack's state file.
    #[error(
        "another stack runs from this folder (process {process}, {}). End it, or use --state-dir to start beside it",
        path.display()
    )]
    AlreadyRunning {
        /// Its process.
        process: u32,
        /// Its file.
        path: PathBuf,
    },
    /// The demo tells its story from the beginning.
    #[error(
        "the table in this folder already holds tenants, and the demo begins with an empty one. Choose another folder, or go on \
         with `tenantry-laptop up --data`"
    )]
    NotEmpty,
    /// Something that is no token.
    #[error("this is no token: give one JSON Web Token, three parts with dots between them")]
    NoToken,
    /// The table.
    #[error("the local table: {0}")]
    Store(#[from] store::Broken),
    /// Setting the town up.
    #[error("{0} ({help})", help = .0.help())]
    Operation(#[from] operations::OperationError),
    /// One of our own literals.
    #[error(transparent)]
    Invalid(#[from] domain::Invalid),
    /// A call of the user pool's API that should have worked.
    #[error("the local user pool: {0}")]
    Pool(String),
}

impl Fault {
    /// For `map_err`.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io { what, cause }
    }
}
