//! C3, through managed login's own pages: its session cookie signs a person into every app client of the pool, so that each client's
//! tenant has to ask whether they belong.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client as Http;
use hyper_util::rt::TokioExecutor;
use user_pool::{ClientSeed, ClientSettings};

use super::*;

const ANN: &str = "ann@acme.example";

/// What a browser keeps.
struct Browser<'a> {
    stack: &'a Stack,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    const fn of(stack: &'a Stack) -> Self {
        Self { stack, cookies: BTreeMap::new() }
    }

    async fn send(&mut self, method: &str, path: &str, form: &str) -> (Response<()>, String) {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.stack.server().url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookies.join("; "))
            .body(Body::from(form.to_owned()))
            .unwrap();
        let answer = Http::builder(TokioExecutor::new()).build_http::<Body>().request(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all("set-cookie") {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        (Response::from_parts(parts, ()), body)
    }

    /// Asks for a code for an app; signs in with the password if a page asks for it. Gives what the app's callback receives.
    async fn authorize(&mut self, app: &str, address: &str) -> BTreeMap<String, String> {
        let request =
            format!("response_type=code&client_id={app}&redirect_uri=https%3A%2F%2F{app}.example%2Fin&state=s");
        let (mut answer, _) = self.send("GET", &format!("/oauth2/authorize?{request}"), "").await;
        if location(&answer).starts_with("/login") {
            let page = location(&answer);
            let (_, shown) = self.send("GET", &page, "").await;
            let (_, csrf) = shown.split_once("name=\"_csrf\" value=\"").unwrap();
            let csrf = csrf.split('"').next().unwrap();
            let form = format!("_csrf={csrf}&username={address}&password={}", laptop::PASSWORD);
            answer = self.send("POST", &page, &form).await.0;
        }
        let callback = location(&answer);
        let query =
            callback.strip_prefix(&format!("https://{app}.example/in?")).unwrap_or_else(|| panic!("{callback}"));
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

fn location(answer: &Response<()>) -> String {
    let location = answer.headers().get("location").unwrap_or_else(|| panic!("{answer:?}"));
    location.to_str().unwrap().to_owned()
}

impl Laptop {
    /// An app with managed login, of a tenant or of everybody.
    async fn web_app(&self, id: &str, tenant: Option<&Tenant>) {
        let settings = ClientSettings {
            allowed_oauth_flows: vec!["code".to_owned()],
            allowed_oauth_flows_user_pool_client: Some(true),
            allowed_oauth_scopes: ["openid", "email"].map(str::to_owned).to_vec(),
            callback_urls: vec![format!("https://{id}.example/in")],
            ..ClientSettings::for_passwords(id)
        };
        self.pool().unwrap().add_client(ClientSeed {
            client_id: Some(id.to_owned()),
            settings,
            ..ClientSeed::default()
        });
        let client = Client { pool: self.pool_id().unwrap(), id: id.parse().unwrap() };
        let kind = tenant.map_or(domain::ClientKind::Shared, |tenant| domain::ClientKind::Tenant(tenant.id.clone()));
        self.operations().bind_client(&NewBinding::new(client, kind)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_the_cookie_of_managed_login_reaches_every_client_and_no_other_tenant() {
    let laptop = Laptop::start().await;
    let Town { acme, globex, hooli, .. } = &laptop.town;
    for (id, tenant) in [("web-acme", acme), ("web-globex", globex), ("web-hooli", hooli)] {
        laptop.web_app(id.replace('-', "").as_str(), Some(tenant)).await;
    }
    laptop.web_app("webapp", None).await;
    member(laptop.app("acme").join(ANN, None).await, acme, &["member"]);

    let mut browser = Browser::of(&laptop.stack);
    assert!(browser.authorize("webacme", ANN).await.contains_key("code"));
    assert!(browser.cookies.contains_key("cognito"), "{:?}", browser.cookies);
    // No password is asked for from here on.
    for (app, code) in [("webglobex", "INVITATION_REQUIRED"), ("webhooli", "SIGN_IN_AGAIN")] {
        let (answer, body) = browser
            .send(
                "GET",
                &format!(
                    "/oauth2/authorize?response_type=code&client_id={app}&redirect_uri=https%3A%2F%2F{app}.example%2Fin"
                ),
                "",
            )
            .await;
        assert!(body.is_empty() || !body.contains("password"), "{body}");
        assert!(location(&answer).contains(code), "{app}: {}", location(&answer));
        assert!(!location(&answer).contains("&code=") && !location(&answer).contains("?code="), "{app}");
    }
    assert!(browser.authorize("webapp", ANN).await.contains_key("code"), "the shared app is everybody's");
    assert_eq!(laptop.seats(globex).await, 1, "its owner's");
    laptop.stack.shutdown().await;
}
