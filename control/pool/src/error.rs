//! How a call to a user pool fails.

use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

/// The pool could not be asked, said no, or holds what this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// There is no such app client, or no such pool.
    #[error("the user pool knows no such app client, or there is no such pool")]
    Missing,
    /// The client has settings that this version's SDK cannot carry over, and an update resets what it is not given.
    #[error("the app client has settings that this version does not know: {}", .0.join(", "))]
    UnknownSettings(Vec<String>),
    /// Cognito refuses the settings.
    #[error("{call} was refused: {why}")]
    Refused {
        /// The API's operation.
        call: &'static str,
        /// Cognito's code and words, which speak of settings alone.
        why: String,
    },
    /// The credentials may not.
    #[error("the AWS credentials do not allow {0}")]
    NotAllowed(&'static str),
    /// No answer, or none that can be read. Whether the operation was done is not known.
    #[error("{call} of the user pool failed: {cause}")]
    Failed {
        /// The API's operation.
        call: &'static str,
        /// The error's code, or the kind of failure.
        cause: String,
    },
}

impl PoolError {
    pub(crate) fn of<E: ProvideErrorMetadata, R>(call: &'static str, error: &SdkError<E, R>) -> Self {
        let cause = match error {
            SdkError::ServiceError(service) => {
                let (code, words) = (service.err().code().unwrap_or("no code"), service.err().message().unwrap_or(""));
                match code {
                    "ResourceNotFoundException" => return Self::Missing,
                    "AccessDeniedException" | "NotAuthorizedException" | "UnrecognizedClientException" => {
                        return Self::NotAllowed(call);
                    }
                    "InvalidParameterException"
                    | "InvalidOAuthFlowException"
                    | "ScopeDoesNotExistException"
                    | "LimitExceededException"
                    | "FeatureUnavailableInTierException" => {
                        return Self::Refused { call, why: format!("{code}: {words}") };
                    }
                    other => other.to_owned(),
                }
            }
            SdkError::TimeoutError(_) => "no answer in time".to_owned(),
            SdkError::DispatchFailure(_) => "no connection".to_owned(),
            SdkError::ResponseError(_) => "an answer that cannot be read".to_owned(),
            _ => "a request that cannot be sent".to_owned(),
        };
        Self::Failed { call, cause }
    }

    pub(crate) fn odd(call: &'static str, missing: &str) -> Self {
        Self::Failed { call, cause: format!("an answer without {missing}") }
    }
}
