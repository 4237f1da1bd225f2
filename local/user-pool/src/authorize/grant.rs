//! The end of a sign-in: the app gets its code or its tokens, or hears why not.

use jiff::Timestamp;

use super::code;
use super::redirect::Redirect;
use super::request::{Answer, Request};
use crate::server::Service;
use crate::tokens::{self, SignIn};
use crate::user::User;

/// Sends the person back to the app. The error is a way back, too: what a function refuses with is in it.
///
/// A person who just chose a first password comes as `TokenGeneration_HostedAuth` as well. What Cognito calls it: ?
pub(super) async fn to_app(
    service: &Service,
    request: &Request,
    user: &User,
    auth_time: Option<Timestamp>,
) -> Result<Redirect, Redirect> {
    let Request { pool, client, redirect_uri, .. } = request;
    let how = SignIn { auth_time, nonce: request.nonce.clone(), ..SignIn::by_managed_login(request.scopes.clone()) };
    let issued = tokens::sign_in(service, pool, client, user, how).await.map_err(|error| {
        let broken = error.kind == "InternalErrorException";
        request.refuse(if broken { "server_error" } else { "invalid_request" }, Some(&error.message))
    })?;
    let state = request.state.as_deref();
    Ok(match request.answer {
        Answer::Code => Redirect::code(redirect_uri, &code::put(service, request, issued), state),
        // No refresh token leaves by this way; what was granted stays, so that a sign-out reaches these tokens, too.
        Answer::Token => {
            let expires = issued.expires_in.to_string();
            let parameters = [
                ("id_token", issued.id_token.as_deref()),
                ("access_token", Some(issued.access_token.as_str())),
                ("token_type", Some("bearer")),
                ("expires_in", Some(expires.as_str())),
                ("state", state),
            ];
            Redirect::tokens(redirect_uri, &parameters)
        }
    })
}
