//! Ways out of managed login: to the app with a code, tokens or an error, or to another page of ours.

use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// `302 Found`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redirect(String);

impl Redirect {
    /// To an address that was checked, as it is.
    pub(super) fn to(address: &str) -> Self {
        Self(address.to_owned())
    }

    pub(super) fn to_login(query: &str) -> Self {
        Self(format!("/login?{query}"))
    }

    pub(super) fn code(uri: &str, code: &str, state: Option<&str>) -> Self {
        Self::with(uri, if uri.contains('?') { '&' } else { '?' }, &[("code", Some(code)), ("state", state)])
    }

    /// The implicit flow puts everything into the fragment.
    pub(super) fn tokens(uri: &str, parameters: &[(&str, Option<&str>)]) -> Self {
        Self::with(uri, '#', parameters)
    }

    /// The order of the parameters is the one that is seen in the addresses of apps.
    pub(super) fn error(uri: &str, error: &str, description: Option<&str>, state: Option<&str>) -> Self {
        let parameters = [("error_description", description), ("state", state), ("error", Some(error))];
        Self::with(uri, if uri.contains('?') { '&' } else { '?' }, &parameters)
    }

    fn with(uri: &str, separator: char, parameters: &[(&str, Option<&str>)]) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in parameters {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        Self(format!("{uri}{separator}{}", query.finish()))
    }
}

impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        let Ok(location) = HeaderValue::from_str(&self.0) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let headers = [
            (LOCATION, location),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        ];
        (StatusCode::FOUND, headers).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_callbacks_own_query_and_encodes_whatever_is_added() {
        let state = Some("a b&code=mine#\r\nx: y");
        for (redirect, address) in [
            (Redirect::code("myapp://in", "c", None), "myapp://in?code=c"),
            (
                Redirect::code("https://app.example/in?a=1", "c", state),
                "https://app.example/in?a=1&code=c&state=a+b%26code%3Dmine%23%0D%0Ax%3A+y",
            ),
            (
                Redirect::error("myapp://in", "invalid_request", Some("PreSignUp failed."), Some("s")),
                "myapp://in?error_description=PreSignUp+failed.&state=s&error=invalid_request",
            ),
        ] {
            assert_eq!(redirect, Redirect::to(address));
        }
    }
}
