//! Errors as the user pool API words them: a type and a sentence, status 400.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error of the user pool API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct ApiError {
    /// Cognito's name, such as `NotAuthorizedException`.
    pub kind: &'static str,
    /// Cognito's sentence.
    pub message: String,
}

macro_rules! kinds {
    ($($name:ident => $kind:literal),+ $(,)?) => {
        $(
            #[doc = concat!("A `", $kind, "`.")]
            pub(crate) fn $name(message: impl Into<String>) -> Self {
                Self { kind: $kind, message: message.into() }
            }
        )+
    };
}

impl ApiError {
    kinds! {
        alias_exists => "AliasExistsException",
        code_mismatch => "CodeMismatchException",
        expired_code => "ExpiredCodeException",
        group_exists => "GroupExistsException",
        invalid_lambda_response => "InvalidLambdaResponseException",
        invalid_oauth_flow => "InvalidOAuthFlowException",
        invalid_parameter => "InvalidParameterException",
        invalid_password => "InvalidPasswordException",
        missing_authentication => "MissingAuthenticationTokenException",
        not_authorized => "NotAuthorizedException",
        password_reset_required => "PasswordResetRequiredException",
        request_too_large => "RequestEntityTooLargeException",
        resource_not_found => "ResourceNotFoundException",
        scope_does_not_exist => "ScopeDoesNotExistException",
        serialization => "SerializationException",
        unauthorized => "UnauthorizedException",
        unexpected_lambda => "UnexpectedLambdaException",
        unknown_operation => "UnknownOperationException",
        unsupported_identity_provider => "UnsupportedIdentityProviderException",
        unsupported_operation => "UnsupportedOperationException",
        unsupported_token_type => "UnsupportedTokenTypeException",
        user_lambda_validation => "UserLambdaValidationException",
        user_not_confirmed => "UserNotConfirmedException",
        user_not_found => "UserNotFoundException",
        username_exists => "UsernameExistsException",
        internal => "InternalErrorException",
    }

    pub(crate) fn no_such_user() -> Self {
        Self::user_not_found("User does not exist.")
    }

    pub(crate) fn bad_credentials() -> Self {
        Self::not_authorized("Incorrect username or password.")
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::invalid_parameter(format!("Missing required parameter {parameter}"))
    }

    pub(crate) fn no_such_pool(id: &str) -> Self {
        Self::resource_not_found(format!("User pool {id} does not exist."))
    }

    pub(crate) fn no_such_client(id: &str) -> Self {
        Self::resource_not_found(format!("User pool client {id} does not exist."))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match self.kind {
            "InternalErrorException" => StatusCode::INTERNAL_SERVER_ERROR,
            "RequestEntityTooLargeException" => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        (
            status,
            [("x-amzn-errortype", self.kind), ("content-type", "application/x-amz-json-1.1")],
            Json(json!({ "__type": self.kind, "message": self.message })).into_response().into_body(),
        )
            .into_response()
    }
}
