//! The logout endpoint (Amazon Cognito, "The managed login sign-out endpoint: /logout").

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};

use super::browser;
use super::redirect::Redirect;
use super::request::{Wrong, client, redirect_uri};
use crate::client::ClientSettings;
use crate::server::Service;

/// `GET /logout`: ends the browser's session, and no token. On to `logout_uri`, or to the sign-in page.
pub(crate) async fn logout(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let parameters: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let found = client(&service, parameters.get("client_id"))
        .and_then(|(pool, client)| Ok((pool, onward(&client.settings, &parameters, &query)?)));
    match found {
        Ok((pool, onward)) => ([(SET_COOKIE, browser::end_session(&pool, &headers))], onward).into_response(),
        Err(wrong) => wrong.into_response(),
    }
}

fn onward(settings: &ClientSettings, parameters: &BTreeMap<String, String>, query: &str) -> Result<Redirect, Wrong> {
    let wrong = |error, sentence: String| Err(Wrong::Shown { error, sentence });
    match (parameters.get("logout_uri"), parameters.get("redirect_uri")) {
        // With a logout_uri, every other parameter is ignored.
        (Some(uri), _) if settings.logout_urls.contains(uri) => Ok(Redirect::to(uri)),
        (Some(uri), _) => wrong("redirect_mismatch", format!("{uri} is not among the client's LogoutURLs.")),
        (None, Some(uri)) => {
            redirect_uri(settings, Some(uri.clone()))?;
            Ok(Redirect::to_login(query))
        }
        (None, None) => wrong("invalid_request", "Required String parameter 'redirect_uri' is not present".to_owned()),
    }
}
