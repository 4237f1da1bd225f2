//! A browser for the tests: a real HTTP client with a cookie jar, which follows a redirect only when it is told to.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Request};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http_body_util::{BodyExt as _, Full};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::sha2::Sha256;
use rsa::signature::Verifier as _;
use rsa::{BigUint, RsaPublicKey};
use serde_json::Value;
use sha2::Digest as _;
use user_pool::{ClientSeed, ClientSettings};

use crate::kit::{Kit, PASSWORD, claims};

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Where the app of this id wants its answers.
pub(crate) fn callback(client: &str) -> String {
    format!("https://{client}.example/in")
}

/// A public web app with the code flow.
pub(crate) fn app(id: &str) -> ClientSeed {
    let settings = ClientSettings {
        allowed_oauth_flows: vec!["code".to_owned()],
        allowed_oauth_flows_user_pool_client: Some(true),
        allowed_oauth_scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
        callback_urls: vec![callback(id)],
        logout_urls: vec![format!("https://{id}.example/out")],
        ..ClientSettings::for_passwords(id)
    };
    ClientSeed { client_id: Some(id.to_owned()), settings, ..ClientSeed::default() }
}

/// A well-formed authorize request of an app, with PKCE, and with `more` at its end.
pub(crate) fn asks(client: &str, more: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(VERIFIER));
    let request = form(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", &callback(client)),
        ("state", "s 1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    format!("{request}{more}")
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Where it redirects to, and with which parameters.
    pub(crate) fn redirect(&self) -> (String, BTreeMap<String, String>) {
        assert_eq!(self.status, 302, "{}", self.body);
        let (address, query) = self.header("location").split_once(['?', '#']).unwrap();
        (address.to_owned(), form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The code that it sends to the app.
    pub(crate) fn code(&self) -> String {
        let (_, parameters) = self.redirect();
        parameters.get("code").unwrap_or_else(|| panic!("{parameters:?}")).clone()
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let (_, rest) =
            self.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{}", self.body));
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A browser.
pub(crate) struct Browser {
    url: String,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn at(kit: &Kit) -> Self {
        Self { url: kit.server.url().to_owned(), cookies: BTreeMap::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], String::new()).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send("POST", path, &[], form(fields)).await
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = client.request(request.body(Full::new(axum::body::Bytes::from(body))).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all("set-cookie") {
            let (cookie, attributes) = cookie.to_str().unwrap().split_once("; ").unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Opens the sign-in page of a request and sends the password.
    pub(crate) async fn sign_in(&mut self, request: &str, username: &str) -> Answer {
        let page = self.get(&format!("/login?{request}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let fields =
            [("_csrf", page.hidden("_csrf")), ("username", username.to_owned()), ("password", PASSWORD.to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.post(&format!("/login?{request}"), &fields).await
    }

    /// What the token endpoint says to a code, with `changes` made to a good exchange; an empty value leaves one out.
    pub(crate) async fn exchange(&mut self, client: &str, code: &str, changes: &[(&str, &str)]) -> Answer {
        let mut fields = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("code_verifier", VERIFIER),
        ]);
        let callback = callback(client);
        fields.insert("redirect_uri", &callback);
        fields.extend(changes.iter().copied());
        let fields: Vec<(&str, &str)> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        self.post("/oauth2/token", &fields).await
    }
}

/// The claims of a token whose signature is good under the keys of the pool's discovery document.
pub(crate) async fn verified(browser: &mut Browser, discovery: &Value, token: &str) -> Value {
    let path = discovery["jwks_uri"].as_str().unwrap().strip_prefix(&browser.url).unwrap().to_owned();
    let keys = browser.get(&path).await.json();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let header = URL_SAFE_NO_PAD.decode(signed.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["alg"], "RS256");
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let number = |name: &str| BigUint::from_bytes_be(&URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap());
    let key = VerifyingKey::<Sha256>::new(RsaPublicKey::new(number("n"), number("e")).unwrap());
    let signature = Signature::try_from(URL_SAFE_NO_PAD.decode(signature).unwrap().as_slice()).unwrap();
    key.verify(signed.as_bytes(), &signature).unwrap();
    claims(token)
}

/// An `Authorization` header of HTTP Basic.
pub(crate) fn basic(client: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client}:{secret}")))
}
