//! How a survey fails.

use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

/// The pool could not be asked, or answered what cannot be read. No user, address or request is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SurveyError {
    /// Cognito said no, or nothing.
    #[error("{call} of the user pool failed: {cause}")]
    Failed {
        /// The API's operation.
        call: &'static str,
        /// Its error code, or the kind of failure.
        cause: String,
    },
    /// An answer without what it must hold.
    #[error("{call} of the user pool answered without {missing}")]
    Odd {
        /// The API's operation.
        call: &'static str,
        /// What is missing or cannot be read.
        missing: &'static str,
    },
}

impl SurveyError {
    pub(crate) fn of<E: ProvideErrorMetadata, R>(call: &'static str, error: &SdkError<E, R>) -> Self {
        let cause = match error {
            SdkError::ServiceError(service) => service.err().code().unwrap_or("no code").to_owned(),
            SdkError::TimeoutError(_) => "no answer in time".to_owned(),
            SdkError::DispatchFailure(_) => "no connection".to_owned(),
            SdkError::ResponseError(_) => "an answer that cannot be read".to_owned(),
            _ => "a request that cannot be sent".to_owned(),
        };
        Self::Failed { call, cause }
    }
}

/// The code of a service's error.
pub(crate) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}
