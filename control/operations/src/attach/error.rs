//! Why a pool is not attached or detached.

use pool::PoolError;
use pool::attach::FunctionError;

use super::Obstacle;
use crate::{ErrorKind, OperationError};

/// Attaching or detaching failed.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// Something is in the way; nothing was changed.
    #[error("{}", .0.message)]
    Obstacle(Obstacle),
    /// It is not what was shown.
    #[error("the user pool is no longer what was shown: {}", .0.join(", "))]
    PoolChanged(Vec<String>),
    /// Cognito took the update, and something else is not as it was.
    #[error("the slots were written, and other settings of the pool are not as they were: {}", .names.join(", "))]
    NotKept {
        /// Which.
        names: Vec<String>,
        /// The command that brings back what was there.
        restore: Option<String>,
    },
    /// Cognito took the update, and the slots are not what was written.
    #[error("the update was taken, and the slots are not what was written: {}", .names.join(", "))]
    NotSet {
        /// Which.
        names: Vec<String>,
        /// The command that brings back what was there.
        restore: Option<String>,
    },
    /// Even with our statement the function's policy does not let the pool in.
    #[error("the resource policy of {0} does not let the pool call it, even with a statement of ours")]
    NotPermitted(String),
    /// A function did not answer as it has to.
    #[error("{function} was called as the pool would call it, and said: {said}")]
    Probe {
        /// Which function.
        function: String,
        /// Its words.
        said: String,
    },
    /// It failed once the table had been told to let clients pass that were never bound.
    #[error("{cause}; clients that were never bound pass by now, logged only")]
    Opened {
        /// Why it failed.
        cause: Box<AttachError>,
        /// The command that denies them again.
        close: String,
    },
    /// Writing the pool, or looking at it afterwards, failed.
    #[error("{cause}")]
    Unsure {
        /// Why.
        cause: OperationError,
        /// The command that brings back what was there.
        restore: Option<String>,
    },
    /// There is no such pool.
    #[error("there is no user pool {0} in this account and Region")]
    NoPool(String),
    /// Lambda could not be asked, or said no.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The table or the pool.
    #[error(transparent)]
    Operation(#[from] OperationError),
}

impl From<PoolError> for AttachError {
    fn from(error: PoolError) -> Self {
        Self::Operation(error.into())
    }
}

impl AttachError {
    /// The code, which never changes its meaning.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Obstacle(obstacle) => obstacle.code,
            Self::PoolChanged(_) => "POOL_CHANGED",
            Self::NotKept { .. } => "POOL_NOT_KEPT",
            Self::NotSet { .. } => "POOL_NOT_SET",
            Self::NotPermitted(_) => "FUNCTION_NOT_PERMITTED",
            Self::Probe { .. } => "FUNCTION_PROBE",
            Self::Opened { cause, .. } => cause.code(),
            Self::NoPool(_) => "POOL_MISSING",
            Self::Function(FunctionError::NotAllowed(_)) => "FUNCTION_NOT_ALLOWED",
            Self::Function(FunctionError::Failed { .. }) => "FUNCTION_BROKEN",
            Self::Operation(cause) | Self::Unsure { cause, .. } => cause.code(),
        }
    }

    /// With the command that brings back what was there, where that may be needed.
    #[must_use]
    pub fn with_restore(self, command: &str) -> Self {
        let restore = Some(command.to_owned());
        match self {
            Self::NotKept { names, .. } => Self::NotKept { names, restore },
            Self::NotSet { names, .. } => Self::NotSet { names, restore },
            Self::Unsure { cause, .. } => Self::Unsure { cause, restore },
            Self::Opened { cause, close } => Self::Opened { cause: Box::new(cause.with_restore(command)), close },
            other => other,
        }
    }

    /// The failure itself, whatever was done before.
    #[must_use]
    pub fn cause(self) -> Self {
        if let Self::Opened { cause, .. } = self { *cause } else { self }
    }

    /// Whether nothing was written into the pool.
    pub const fn left_the_pool_alone(&self) -> bool {
        match self {
            Self::Opened { cause, .. } => cause.left_the_pool_alone(),
            Self::NotKept { .. } | Self::NotSet { .. } | Self::Unsure { .. } => false,
            // What is asked of functions, and of the table, comes before the write, or is a warning after it.
            _ => true,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Obstacle(obstacle) => obstacle.help.clone(),
            Self::PoolChanged(_) => {
                "somebody changed it meanwhile; nothing was written. Look at the plan again, then repeat the command".to_owned()
            }
            Self::NotKept { restore: Some(restore), .. } => {
                format!("this brings back what was there, slots included: {restore}")
            }
            Self::NotKept { .. } => "put these settings back; `tenantctl detach` empties the slots".to_owned(),
            Self::NotSet { restore, .. } => {
                way_back("repeat the command: perhaps somebody wrote the pool in the same moment", restore.as_deref())
            }
            Self::NotPermitted(_) => "a statement of the policy forbids it: remove that, then repeat the command".to_owned(),
            Self::Probe { .. } => {
                "no slot was set. Look at the function's log: its table (TENANTRY_TABLE), its role's permissions, its settings. \
                 --no-probe leaves this out"
                    .to_owned()
            }
            Self::Opened { cause, close } if cause.left_the_pool_alone() => {
                format!("`{close}` takes that back, which denies nobody while the slots are as they were; {}", cause.help())
            }
            Self::Opened { cause, close } => format!(
                "the pool may have our functions in its slots by now: `{close}` would deny these clients, so repeat the command, or empty \
                 the slots with `tenantctl detach`, before you take that back; {}",
                cause.help()
            ),
            Self::Unsure { cause, restore } => way_back(&cause.help(), restore.as_deref()),
            Self::NoPool(_) => "check the pool's id, the credentials and --region".to_owned(),
            Self::Function(FunctionError::NotAllowed(_)) => "let IAM allow it, or use other credentials".to_owned(),
            Self::Function(FunctionError::Failed { .. }) => {
                "check the network, the credentials and the function; repeating is safe".to_owned()
            }
            Self::Operation(error) => error.help(),
        }
    }

    /// Whose fault it is.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Function(_) => ErrorKind::Broken,
            Self::Operation(cause) | Self::Unsure { cause, .. } => cause.kind(),
            Self::Opened { cause, .. } => cause.kind(),
            _ => ErrorKind::Refused,
        }
    }
}

/// What to do, and how to have back what was there where nobody knows what is.
fn way_back(help: &str, restore: Option<&str>) -> String {
    match restore {
        Some(restore) => {
            format!("{help}; should the pool not be as it was, this brings it back, slots included: {restore}")
        }
        None => help.to_owned(),
    }
}
