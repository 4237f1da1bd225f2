//! `GET /oauth2/userInfo`: the attributes that an access token's scopes open (Amazon Cognito, "The user attributes
//! endpoint").

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::client::ClientSettings;
use crate::server::Service;
use crate::tokens::access::any_bearer;
use crate::tokens::scopes::open;
use crate::user::User;

pub(crate) async fn user_info(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok());
    let Some(token) = header.and_then(|value| value.strip_prefix("Bearer ")) else {
        return refusal(StatusCode::BAD_REQUEST, "invalid_request", "Bad OAuth2 request at UserInfo Endpoint");
    };
    let Ok(bearer) = any_bearer(&service, token.trim()).await else {
        let sentence = "Access token is expired, disabled, or deleted, or the user has globally signed out.";
        return refusal(StatusCode::UNAUTHORIZED, "invalid_token", sentence);
    };
    if !bearer.scopes.iter().any(|scope| scope == "openid") {
        return refusal(StatusCode::UNAUTHORIZED, "invalid_token", "Access token does not contain openid scope");
    }
    let shown = shown(&bearer.user, &bearer.client.settings, &bearer.scopes);
    ([(CACHE_CONTROL, "no-store")], Json(shown)).into_response()
}

fn refusal(status: StatusCode, error: &str, sentence: &str) -> Response {
    let challenge = format!("Bearer error=\"{error}\", error_description=\"{sentence}\"");
    let body = Json(json!({ "error": error, "error_description": sentence }));
    (status, [(WWW_AUTHENTICATE, challenge)], body).into_response()
}

/// Every value is a string, the verified flags too.
fn shown(user: &User, settings: &ClientSettings, scopes: &[String]) -> Value {
    let mut shown: Map<String, Value> = user
        .shown_attributes()
        .into_iter()
        .filter(|(name, _)| open(scopes, name) && settings.may_read(name))
        .map(|(name, value)| (name, Value::from(value)))
        .collect();
    shown.insert("username".to_owned(), json!(user.username));
    shown.into()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::user::Status;

    #[test]
    fn shows_what_the_scopes_open_and_the_client_may_read() {
        let mut user = User::new("u1".to_owned(), Status::Confirmed, Timestamp::UNIX_EPOCH);
        for (name, value) in [
            ("email", "ann@acme.example"),
            ("email_verified", "true"),
            ("name", "Ann"),
            ("phone_number", "+49"),
            ("custom:team", "blue"),
            ("address", "Here"),
        ] {
            user.set(name, value);
        }
        for (scopes, read, names) in [
            (
                "openid",
                &[][..],
                &["address", "custom:team", "email", "email_verified", "name", "phone_number", "sub", "username"][..],
            ),
            ("openid email", &[], &["email", "email_verified", "sub", "username"]),
            ("openid profile", &[], &["custom:team", "name", "sub", "username"]),
            ("openid phone", &["email"], &["sub", "username"]),
            ("openid", &["email"], &["email", "sub", "username"]),
        ] {
            let read_attributes = read.iter().map(|name: &&str| (*name).to_owned()).collect();
            let settings = ClientSettings { read_attributes, ..ClientSettings::default() };
            let scopes: Vec<String> = scopes.split(' ').map(str::to_owned).collect();
            let shown = shown(&user, &settings, &scopes);
            assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), names, "{scopes:?}");
        }
    }
}
