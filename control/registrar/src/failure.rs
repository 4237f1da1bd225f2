//! How a request fails: a stable code, a sentence for whoever deploys, and what to do.

use domain::Invalid;
use operations::{ErrorKind, OperationError};
use pool::PoolError;

/// A failed request.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The operation failed.
    #[error("{0}")]
    Operation(#[from] OperationError),
    /// A property that is not what it should be.
    #[error("the property {name} {what}")]
    Property {
        /// Its name.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// No such resource type.
    #[error("this function knows no resource of this type")]
    UnknownType,
    /// The request is not what CloudFormation sends.
    #[error("the request is not what CloudFormation sends")]
    Unreadable,
    /// Another stack, or another resource of this one, made it.
    #[error("it belongs to another resource already: {0}")]
    HeldByAnother(String),
    /// It is there, and no template made it.
    #[error("it is there already, and this resource did not make it")]
    ThereAlready,
    /// A machine or a provider for somebody else's tenant.
    #[error("the tenant belongs to another stack's resource: {0}")]
    TenantOfAnotherStack(String),
    /// The client lets people around the policy.
    #[error("at this app client people could get around how their tenant signs people in: {0}")]
    ClientOpen(String),
    /// How people sign in is not for templates once there are people.
    #[error("the template asks for a stricter sign-in than the tenant has")]
    SignInStricter,
    /// What the resource stands for cannot change.
    #[error("{0} cannot change")]
    Fixed(&'static str),
    /// The function lacks a setting.
    #[error("the function is not set up: {0}")]
    Settings(String),
    /// Too little time.
    #[error("the table or the user pool did not answer in time")]
    TimedOut,
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Self::Operation(invalid.into())
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Operation(error.into())
    }
}

impl Failure {
    /// A property that is not what it should be.
    pub(crate) fn property(name: &str, what: impl Into<String>) -> Self {
        Self::Property { name: name.to_owned(), what: what.into() }
    }

    /// The code, which never changes its meaning.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Operation(error) => error.code(),
            Self::Property { .. } => "PROPERTY_INVALID",
            Self::UnknownType => "RESOURCE_TYPE_UNKNOWN",
            Self::Unreadable => "REQUEST_UNREADABLE",
            Self::HeldByAnother(_) => "HELD_BY_ANOTHER",
            Self::ThereAlready => "THERE_ALREADY",
            Self::TenantOfAnotherStack(_) => "TENANT_OF_ANOTHER_STACK",
            Self::ClientOpen(_) => "CLIENT_OPEN",
            Self::SignInStricter => "SIGN_IN_STRICTER",
            Self::Fixed(_) => "PROPERTY_FIXED",
            Self::Settings(_) => "FUNCTION_SETTINGS",
            Self::TimedOut => "TIMED_OUT",
        }
    }

    fn help(&self) -> String {
        match self {
            Self::Operation(OperationError::Pool(PoolError::NotAllowed(_))) => {
                "let the function's role do that on this pool (the constructs do), then deploy again".to_owned()
            }
            Self::Operation(OperationError::Pool(PoolError::Missing)) => {
                "the pool and the client have to be there first, in this account".to_owned()
            }
            Self::Operation(error) if error.kind() == ErrorKind::Broken => "deploy again; repeating is safe".to_owned(),
            Self::Operation(error) => error.help(),
            Self::Property { .. } | Self::UnknownType => "the registrar's README in Tenantry's repository lists them".to_owned(),
            Self::Unreadable => "only CloudFormation may invoke this function".to_owned(),
            Self::HeldByAnother(_) | Self::ThereAlready => {
                "set Adopt (the constructs' `adopt: { reason }`) to take it over on purpose; whoever had it then leaves it alone".to_owned()
            }
            Self::TenantOfAnotherStack(_) => {
                "set OfAnotherStack if this machine or provider is to speak for that tenant".to_owned()
            }
            Self::ClientOpen(_) => "set the app client so, or bind it with Mode observe first".to_owned(),
            Self::SignInStricter => {
                "`tenantctl tenant policy set TENANT --chain ... --adopted` changes the tenant and its app clients \
                 together; then deploy again"
                    .to_owned()
            }
            Self::Fixed(_) => "make another resource, and remove this one".to_owned(),
            Self::Settings(_) => "deploy the function with what is missing".to_owned(),
            Self::TimedOut => "deploy again; repeating is safe".to_owned(),
        }
    }

    /// Whether trying again within the same request may help.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Operation(error) if error.kind() == ErrorKind::Broken && error.code() != "TABLE_MISSING")
    }

    /// What whoever deploys reads.
    pub fn sentence(&self) -> String {
        format!("{} ({}). {}.", capital(&self.to_string()), self.code(), capital(&self.help()))
    }
}

/// As a sentence begins; a command stays as it is typed.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
