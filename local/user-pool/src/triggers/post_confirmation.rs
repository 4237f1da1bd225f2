//! Post confirmation: a user was just confirmed (Amazon Cognito, "Post confirmation Lambda trigger").

use serde_json::{Map, json};

use super::event::{Envelope, add_metadata, user_attributes};
use super::invoke::call;
use super::{Metadata, NO_CLIENT};
use crate::error::ApiError;
use crate::pool::Pool;
use crate::server::Service;
use crate::user::User;

/// What confirmed the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    ConfirmSignUp,
    ConfirmForgotPassword,
}

/// Fires the trigger. An error is the caller's answer; the user stays confirmed.
pub(crate) async fn fire(
    service: &Service,
    pool: &Pool,
    source: Source,
    user: &User,
    client_id: Option<&str>,
    metadata: Option<&Metadata>,
) -> Result<(), ApiError> {
    let triggers = pool.settings().triggers;
    let Some(function) = &triggers.post_confirmation else { return Ok(()) };
    let mut request = Map::new();
    request.insert("userAttributes".to_owned(), json!(user_attributes(user)));
    add_metadata(&mut request, metadata);
    let event = Envelope {
        version: "1",
        source: match source {
            Source::ConfirmSignUp => "PostConfirmation_ConfirmSignUp",
            Source::ConfirmForgotPassword => "PostConfirmation_ConfirmForgotPassword",
        },
        pool,
        username: &user.username,
        client_id: client_id.unwrap_or(NO_CLIENT),
    }
    .event(&request, &json!({}));
    call(service, pool, &triggers, function, "PostConfirmation", &event).await?;
    Ok(())
}
