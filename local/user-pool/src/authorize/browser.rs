//! What a browser keeps: the session that signs a person into every client of the pool, and the forms' own proof.

use axum::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use crate::password::hmac;
use crate::pool::Pool;
use crate::server::Service;
use crate::tokens::later;
use crate::user::{Status, User};

/// Cognito's name for the session's cookie.
const SESSION: &str = "cognito";
/// Cognito's name for the cookie that a form's `_csrf` must repeat.
const CSRF: &str = "XSRF-TOKEN";

/// "The session cookie is valid for one hour", from the sign-in on and not from the last use.
const SESSION_SECONDS: i64 = 3_600;

/// A local user, signed in at a browser. A global sign-out does not end it (`GlobalSignOut`: "This operation doesn't clear
/// the managed login session cookie"); `/logout` does.
#[derive(Debug, Clone)]
pub(super) struct Session {
    username: String,
    sub: String,
    began: Timestamp,
}

impl Session {
    fn is_over(&self, now: Timestamp) -> bool {
        later(self.began, SESSION_SECONDS) <= now
    }
}

/// Begins a session under a new name, ends the one that the browser had, and says what the browser shall keep.
pub(super) fn begin_session(service: &Service, pool: &Pool, headers: &HeaderMap, user: &User) -> String {
    let began = service.clock.now();
    let name = service.random.secret();
    let mut contents = pool.contents();
    let sessions = &mut contents.managed_login.sessions;
    sessions.retain(|name, session| !session.is_over(began) && cookie(headers, SESSION) != Some(name));
    sessions.insert(name.clone(), Session { username: user.username.clone(), sub: user.sub.clone(), began });
    // Cognito's cookie is Secure as well; on loopback there is no TLS.
    format!("{SESSION}={name}; Path=/; Max-Age={SESSION_SECONDS}; HttpOnly; SameSite=Lax")
}

/// Ends the browser's session, and says what the browser shall forget.
pub(super) fn end_session(pool: &Pool, headers: &HeaderMap) -> HeaderValue {
    if let Some(name) = cookie(headers, SESSION) {
        pool.contents().managed_login.sessions.remove(name);
    }
    HeaderValue::from_static("cognito=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
}

/// Who is signed in at this browser, and since when. Whoever must choose a new password is asked for the old one first.
pub(super) fn signed_in(service: &Service, pool: &Pool, headers: &HeaderMap) -> Option<(User, Timestamp)> {
    let contents = pool.contents();
    let session = contents.managed_login.sessions.get(cookie(headers, SESSION)?)?;
    let user = contents.users.get(&session.username)?;
    let good = user.sub == session.sub && user.enabled && user.status == Status::Confirmed;
    (good && !session.is_over(service.clock.now())).then(|| (user.clone(), session.began))
}

/// The proof that a form came from a page of ours: the browser's, so that two tabs do not disturb each other, or a new one.
pub(super) fn csrf(service: &Service, headers: &HeaderMap) -> String {
    let is_ours = |text: &&str| {
        text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    cookie(headers, CSRF).filter(is_ours).map_or_else(|| service.random.secret(), str::to_owned)
}

pub(super) fn csrf_cookie(csrf: &str) -> String {
    format!("{CSRF}={csrf}; Path=/; HttpOnly; SameSite=Lax")
}

/// Another site can make a browser send a form, but can neither read nor set the cookie that the form must repeat.
pub(super) fn is_own_form(headers: &HeaderMap, given: Option<&str>) -> bool {
    let hash = |text: &str| hmac(b"compare", &[text.as_bytes()]);
    match (cookie(headers, CSRF), given) {
        (Some(kept), Some(given)) => !kept.is_empty() && hash(kept) == hash(given),
        _ => false,
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all("cookie").iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find_map(|(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &'static str) -> HeaderMap {
        HeaderMap::from_iter([("cookie".parse().unwrap(), HeaderValue::from_static(cookies))])
    }

    #[test]
    fn finds_a_cookie_among_others() {
        let headers = headers("xcognito=no; cognito=yes=; XSRF-TOKEN=");
        assert_eq!(cookie(&headers, SESSION), Some("yes="));
        assert_eq!(cookie(&headers, CSRF), Some(""));
        assert_eq!(cookie(&headers, "other"), None);
    }

    #[test]
    fn a_form_without_its_cookie_is_not_ours() {
        assert!(is_own_form(&headers("XSRF-TOKEN=a"), Some("a")));
        assert!(!is_own_form(&headers("XSRF-TOKEN=a"), Some("b")));
        assert!(!is_own_form(&headers("XSRF-TOKEN=a"), None));
        assert!(!is_own_form(&headers("XSRF-TOKEN="), Some("")));
        assert!(!is_own_form(&HeaderMap::new(), Some("a")));
    }
}
