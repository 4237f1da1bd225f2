//! What people send from the pages: a password, a new one, or what a provider would say of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::door::{self, Door};
use super::page::{self, Form};
use super::request::{Request, Wrong};
use super::{browser, grant, whole};
use crate::api::check_password;
use crate::error::ApiError;
use crate::federate;
use crate::password::Password;
use crate::server::Service;
use crate::tokens::later;
use crate::user::{Status, User};

type Fields = BTreeMap<String, String>;

/// A person whose temporary password was right, and who has not chosen a new one yet.
#[derive(Debug, Clone)]
pub(super) struct NewPassword {
    username: String,
    sub: String,
    client_id: String,
    expires: Timestamp,
}

/// `POST /login`.
pub(crate) async fn log_in(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    whole(async move {
        match read(&service, &headers, query, &body) {
            Ok(Sent { request, door: Door::Pages { password: true, providers }, fields }) => {
                let form = Form::new(&service, &headers, &request);
                let typed = Typed { service: &service, headers: &headers, request: &request, form: &form };
                match fields.get("session") {
                    Some(session) => typed.new_password(session, &fields).await,
                    None => typed.password(&providers, &fields).await,
                }
            }
            Ok(Sent { request, .. }) => {
                let refusal = Some("This client signs nobody in by password.");
                request.refuse("invalid_request", refusal).into_response()
            }
            Err(wrong) => wrong.into_response(),
        }
    })
    .await
}

/// `POST /oauth2/idpresponse`: where a real provider sends people back to.
pub(crate) async fn provider_answers(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    whole(async move {
        let (request, provider, fields) = match read(&service, &headers, query, &body) {
            Ok(Sent { request, door: Door::Provider(provider), fields }) => (request, provider, fields),
            Ok(Sent { request, .. }) => {
                return request.refuse("invalid_request", Some("The request names no provider.")).into_response();
            }
            Err(wrong) => return wrong.into_response(),
        };
        let subject = fields.get("subject").map(|subject| subject.trim()).unwrap_or_default();
        if subject.is_empty() {
            let refusal = ApiError::invalid_parameter("A provider always says who it is: type a subject.");
            return page::provider(&Form::new(&service, &headers, &request), &provider, Some(&refusal));
        }
        let said = |(name, value): (&String, &String)| {
            let name = name.strip_prefix("attribute.").filter(|_| !value.is_empty())?;
            Some((name.to_owned(), Value::from(value.as_str())))
        };
        let attributes: Map<String, Value> = fields.iter().filter_map(said).collect();
        let Request { pool, client, .. } = &request;
        let granted = match federate::user(&service, pool, client, &provider, subject, &attributes).await {
            // The browser's session is one of local users: a provider is asked each time.
            Ok(user) => grant::to_app(&service, &request, &user, None).await,
            Err(error) => Err(request.refuse("invalid_request", Some(&error.message))),
        };
        granted.unwrap_or_else(|refused| refused).into_response()
    })
    .await
}

/// A form that came from a page of ours, with the request that the page was for.
struct Sent {
    request: Request,
    door: Door,
    fields: Fields,
}

fn read(service: &Service, headers: &HeaderMap, query: Option<String>, body: &[u8]) -> Result<Sent, Wrong> {
    let fields: Fields = form_urlencoded::parse(body).into_owned().collect();
    let request = Request::parse(service, query.unwrap_or_default())?;
    if !browser::is_own_form(headers, fields.get("_csrf").map(String::as_str)) {
        let sentence =
            "This form did not come from the sign-in page of this browser. Go back to the app, and sign in again.";
        return Err(Wrong::Shown { error: "invalid_request", sentence: sentence.to_owned() });
    }
    let door = door::of(&request).map_err(Wrong::Sent)?;
    Ok(Sent { request, door, fields })
}

/// What somebody typed into the sign-in page.
struct Typed<'a> {
    service: &'a Service,
    headers: &'a HeaderMap,
    request: &'a Request,
    form: &'a Form<'a>,
}

impl Typed<'_> {
    async fn password(&self, providers: &[String], fields: &Fields) -> Response {
        let text = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let Request { pool, client, .. } = self.request;
        match check_password(self.service, pool, client, text("username"), text("password")) {
            Ok(user) if user.status == Status::ForceChangePassword => {
                page::new_password(self.form, &self.ask_new_password(&user), None)
            }
            Ok(user) => self.finish(&user).await,
            Err(refusal) => page::sign_in(self.form, true, providers, text("username"), Some(&refusal)),
        }
    }

    fn ask_new_password(&self, user: &User) -> String {
        let now = self.service.clock.now();
        let session = self.service.random.secret();
        let mut contents = self.request.pool.contents();
        let waiting = &mut contents.managed_login.new_passwords;
        waiting.retain(|_, person| person.expires > now);
        let person = NewPassword {
            username: user.username.clone(),
            sub: user.sub.clone(),
            client_id: self.request.client.id.clone(),
            expires: later(now, self.request.client.settings.session_seconds()),
        };
        waiting.insert(session.clone(), person);
        session
    }

    async fn new_password(&self, session: &str, fields: &Fields) -> Response {
        let chosen = fields.get("new_password").map(String::as_str).unwrap_or_default();
        if let Err(refusal) = self.request.pool.settings().password_policy.check(chosen) {
            return page::new_password(self.form, session, Some(&refusal));
        }
        match self.set_new_password(session, chosen) {
            Ok(user) => self.finish(&user).await,
            Err(refusal) => page::sign_in(self.form, true, &[], "", Some(&refusal)),
        }
    }

    /// Uses the session up. The password counts from here on, even if a function then refuses tokens.
    fn set_new_password(&self, session: &str, chosen: &str) -> Result<User, ApiError> {
        let now = self.service.clock.now();
        let invalid = || ApiError::not_authorized("Invalid session for the user.");
        let mut contents = self.request.pool.contents();
        let person = contents.managed_login.new_passwords.remove(session).ok_or_else(invalid)?;
        if person.client_id != self.request.client.id || person.expires <= now {
            return Err(invalid());
        }
        let user = contents.users.get_mut(&person.username).ok_or_else(invalid)?;
        if user.sub != person.sub || !user.enabled || user.status != Status::ForceChangePassword {
            return Err(invalid());
        }
        user.password = Some(Password::new(self.request.pool.id(), &user.username, chosen, &self.service.random));
        user.temporary_password_expires = None;
        user.status = Status::Confirmed;
        user.modified = now;
        Ok(user.clone())
    }

    /// A refused person gets no session: at the next request the page asks again. What Cognito does: ?
    async fn finish(&self, user: &User) -> Response {
        let granted = match grant::to_app(self.service, self.request, user, None).await {
            Ok(granted) => granted,
            Err(refused) => return refused.into_response(),
        };
        let cookie = browser::begin_session(self.service, &self.request.pool, self.headers, user);
        let mut response = granted.into_response();
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}
