//! The pages: plain HTML without scripts, every word of somebody else escaped.

use std::fmt::Write as _;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use html_escape::encode_safe;
use sha2::{Digest as _, Sha256};

use super::browser;
use super::request::Request;
use crate::error::ApiError;
use crate::provider::IdentityProvider;
use crate::server::Service;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}\
label,input,button{display:block;width:100%;box-sizing:border-box;margin:.25rem 0 1rem;font:inherit}\
input,button{padding:.5rem}[role=alert]{border-left:.25rem solid #b00;padding-left:.75rem}small{color:#555}";

/// What the forms of one request share.
#[derive(Debug)]
pub(super) struct Form<'a> {
    request: &'a Request,
    csrf: String,
}

impl<'a> Form<'a> {
    pub(super) fn new(service: &Service, headers: &HeaderMap, request: &'a Request) -> Self {
        Self { request, csrf: browser::csrf(service, headers) }
    }

    fn client(&self) -> &str {
        let client = &self.request.client;
        if client.settings.client_name.is_empty() { &client.id } else { &client.settings.client_name }
    }

    /// A form that posts to `path` with the request's own query.
    fn html(&self, path: &str, fields: &str, button: &str) -> String {
        format!(
            "<form method=\"post\" action=\"{path}?{query}\" autocomplete=\"on\">\n\
             <input type=\"hidden\" name=\"_csrf\" value=\"{csrf}\">\n{fields}<button>{button}</button>\n</form>\n",
            query = encode_safe(&self.request.query),
            csrf = encode_safe(&self.csrf),
        )
    }

    fn page(&self, title: &str, content: &str, refusal: Option<&ApiError>) -> Response {
        let alert = refusal.map(|error| format!("<p role=\"alert\">{}</p>\n", encode_safe(&error.message)));
        let body = format!(
            "<h1>{title}</h1>\n<p>to {client}</p>\n{alert}{content}",
            title = encode_safe(title),
            client = encode_safe(self.client()),
            alert = alert.unwrap_or_default(),
        );
        let status = if refusal.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let mut response = html(status, title, &body, &form_target(&self.request.redirect_uri));
        if let Ok(cookie) = HeaderValue::from_str(&browser::csrf_cookie(&self.csrf)) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

/// The sign-in page; `username` is what was typed before, or hinted at.
pub(super) fn sign_in(
    form: &Form<'_>,
    password: bool,
    providers: &[String],
    username: &str,
    refusal: Option<&ApiError>,
) -> Response {
    let mut content = String::new();
    if password {
        let fields = format!(
            "<label for=\"username\">E-mail</label>\n<input id=\"username\" name=\"username\" type=\"email\" required \
             autocomplete=\"username\" value=\"{}\">\n<label for=\"password\">Password</label>\n<input id=\"password\" \
             name=\"password\" type=\"password\" required autocomplete=\"current-password\">\n",
            encode_safe(username)
        );
        content.push_str(&form.html("/login", &fields, "Sign in"));
    }
    for provider in providers {
        let named: String = form_urlencoded::byte_serialize(provider.as_bytes()).collect();
        let _ = writeln!(
            content,
            "<p><a href=\"/oauth2/authorize?{}&amp;identity_provider={}\">Sign in with {}</a></p>",
            encode_safe(&form.request.query),
            encode_safe(&named),
            encode_safe(provider)
        );
    }
    form.page("Sign in", &content, refusal)
}

/// A first password, in place of the temporary one.
pub(super) fn new_password(form: &Form<'_>, session: &str, refusal: Option<&ApiError>) -> Response {
    let fields = format!(
        "<input type=\"hidden\" name=\"session\" value=\"{}\">\n<label for=\"new_password\">New password</label>\n<input \
         id=\"new_password\" name=\"new_password\" type=\"password\" required autocomplete=\"new-password\">\n",
        encode_safe(session)
    );
    form.page("Choose a new password", &form.html("/login", &fields, "Continue"), refusal)
}

/// Plays the provider's own page: the developer types what it would assert.
pub(super) fn provider(form: &Form<'_>, provider: &IdentityProvider, refusal: Option<&ApiError>) -> Response {
    let mut fields =
        "<label for=\"subject\">Subject</label>\n<input id=\"subject\" name=\"subject\" required>\n".to_owned();
    for theirs in provider.asserted() {
        let name = encode_safe(theirs);
        let _ = writeln!(fields, "<label>{name}<input name=\"attribute.{name}\"></label>");
    }
    let note = "<p><small>This page stands in for the provider: type what it would say. An empty field is not said.\
                </small></p>\n";
    let title = format!("Sign in with {}", provider.name);
    form.page(&title, &format!("{note}{}", form.html("/oauth2/idpresponse", &fields, "Sign in")), refusal)
}

/// An error that is sent nowhere.
pub(super) fn error(error: &str, sentence: &str) -> Response {
    let body = format!(
        "<h1>An error was encountered with the requested page.</h1>\n<p role=\"alert\">{}: {}</p>\n",
        encode_safe(error),
        encode_safe(sentence)
    );
    html(StatusCode::BAD_REQUEST, "Error", &body, "")
}

fn html(status: StatusCode, title: &str, body: &str, form_target: &str) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n<body>\n{body}</body>\n</html>\n",
        encode_safe(title)
    );
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'{form_target}; frame-ancestors 'none'; \
         base-uri 'none'"
    );
    let Ok(policy) = HeaderValue::from_str(&policy) else { return StatusCode::BAD_REQUEST.into_response() };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    (status, headers, page).into_response()
}

/// Browsers hold `form-action` against the redirect that answers a form, too, so the way to the app must be in it: its
/// origin, or its scheme where the policy's grammar has no word for the origin.
fn form_target(redirect_uri: &str) -> String {
    let (scheme, rest) = redirect_uri.split_once(':').unwrap_or_default();
    if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
        return String::new();
    }
    let authority = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    if matches!(scheme, "http" | "https") && !authority.is_empty() && authority.bytes().all(plain) {
        format!(" {scheme}://{authority}")
    } else {
        format!(" {scheme}:")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_a_form_lead_to_the_apps_origin_and_nowhere_else() {
        for (uri, target) in [
            ("http://localhost:3000/in?x=1", " http://localhost:3000"),
            ("https://app.example", " https://app.example"),
            ("myapp://in", " myapp:"),
            ("com.example.app:/in", " com.example.app:"),
            ("http://[::1]:3000/in", " http:"),
            ("https://app.example;script-src *", " https:"),
            ("ht;tp://app.example", ""),
        ] {
            assert_eq!(form_target(uri), target, "{uri}");
        }
    }
}
