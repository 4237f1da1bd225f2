//! Managed login: the authorize endpoint, its pages, and the browser's session, which signs a person into every client.
//!
//! One file per thing: what an app asks for ([`request`]), the door that it leads to ([`door`]), the pages ([`page`]) and
//! their forms ([`forms`]), cookies ([`browser`]), codes ([`code`]), and the way out ([`logout`]).

mod browser;
mod code;
mod door;
mod forms;
mod grant;
mod logout;
mod page;
mod redirect;
mod request;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use self::door::Door;
use self::page::Form;
use self::redirect::Redirect;
use self::request::{Prompt, Request};
use crate::server::Service;

pub(crate) use self::code::redeem;
pub(crate) use self::door::takes_passwords;
pub(crate) use self::forms::{log_in, provider_answers};
pub(crate) use self::logout::logout;

/// What managed login keeps of a pool, each under an unguessable name.
#[derive(Debug, Default)]
pub(crate) struct ManagedLogin {
    codes: HashMap<String, code::Code>,
    /// By the value of the cookie.
    sessions: HashMap<String, browser::Session>,
    new_passwords: HashMap<String, forms::NewPassword>,
}

/// `GET /oauth2/authorize`: to the app with a code, if the browser's session says who it is; to a page otherwise.
pub(crate) async fn authorize(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    whole(async move {
        match begin(&service, &headers, query).await {
            Begun::Answered(response) => response,
            Begun::Page(request, Door::Pages { .. }) => Redirect::to_login(&request.query).into_response(),
            Begun::Page(request, door) => show(&service, &headers, &request, &door),
        }
    })
    .await
}

/// `GET /login`: the page itself, with the parameters of the authorize endpoint.
pub(crate) async fn show_login(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    whole(async move {
        match begin(&service, &headers, query).await {
            Begun::Answered(response) => response,
            Begun::Page(request, door) => show(&service, &headers, &request, &door),
        }
    })
    .await
}

/// Where a request stands before anybody types anything.
enum Begun {
    Answered(Response),
    Page(Box<Request>, Door),
}

async fn begin(service: &Service, headers: &HeaderMap, query: Option<String>) -> Begun {
    let request = match Request::parse(service, query.unwrap_or_default()) {
        Ok(request) => request,
        Err(wrong) => return Begun::Answered(wrong.into_response()),
    };
    let door = match door::of(&request) {
        Ok(door) => door,
        Err(refused) => return Begun::Answered(refused.into_response()),
    };
    // A client without COGNITO takes no local user, so no local user's session either. What Cognito does: ?
    if let Door::Pages { password: true, .. } = door
        && request.prompt != Prompt::Login
        && let Some((user, began)) = browser::signed_in(service, &request.pool, headers)
    {
        let granted = grant::to_app(service, &request, &user, Some(began)).await;
        return Begun::Answered(granted.unwrap_or_else(|refused| refused).into_response());
    }
    if request.prompt == Prompt::None {
        return Begun::Answered(request.refuse("login_required", None).into_response());
    }
    Begun::Page(Box::new(request), door)
}

fn show(service: &Service, headers: &HeaderMap, request: &Request, door: &Door) -> Response {
    let form = Form::new(service, headers, request);
    match door {
        Door::Pages { password, providers } => {
            page::sign_in(&form, *password, providers, request.login_hint.as_deref().unwrap_or_default(), None)
        }
        Door::Provider(provider) => page::provider(&form, provider, None),
    }
}

/// A browser that goes away ends nothing halfway.
async fn whole(work: impl Future<Output = Response> + Send + 'static) -> Response {
    tokio::spawn(work).await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
