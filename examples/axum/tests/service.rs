//! The example as its callers meet it: over HTTP, with a pool's keys on a loopback address.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of tests fail as the tests do")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::{Request, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use example_axum::keys::{FetchError, Keys, Missing};
use example_axum::tenant::Verifier;
use example_axum::{fetch, service};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01";
const ACME: &str = "t_aaaaaaaaaaaaaaaaaaaaaaaaaa";
const GLOBEX: &str = "t_bbbbbbbbbbbbbbbbbbbbbbbbbb";

/// The pool's key and a stranger's; they are made once, for that takes a moment.
fn rsa_keys() -> &'static [RsaPrivateKey; 2] {
    static KEYS: OnceLock<[RsaPrivateKey; 2]> = OnceLock::new();
    KEYS.get_or_init(|| [(); 2].map(|()| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap()))
}

fn modulus() -> Vec<u8> {
    rsa_keys()[0].n().to_bytes_be()
}

fn jwks() -> Value {
    let exponent = URL_SAFE_NO_PAD.encode(rsa_keys()[0].e().to_bytes_be());
    let modulus = URL_SAFE_NO_PAD.encode(modulus());
    json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "pool", "n": modulus, "e": exponent }] })
}

/// What an access token of Ann's says, as Cognito writes it.
fn claims() -> Value {
    let now = get_current_timestamp();
    json!({
        "sub": "5d9c7b1e-0000-4000-8000-000000000001",
        "iss": ISSUER,
        "client_id": "acme-web",
        "token_use": "access",
        "scope": "openid",
        "auth_time": now,
        "iat": now,
        "exp": now + 300,
        "username": "5d9c7b1e-0000-4000-8000-000000000001",
        "tenant_id": ACME,
        "tenant_slug": "acme",
        "member_id": "m_cccccccccccccccccccccccccc",
        "roles": ["admin", "member"],
        "permissions": ["invoices:read"],
    })
}

/// Ann's claims with one of them different; null takes it out.
fn but(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

fn signed(claims: &Value) -> String {
    signed_by(0, Some("pool"), claims)
}

fn signed_by(who: usize, kid: Option<&str>, claims: &Value) -> String {
    let key = EncodingKey::from_rsa_der(rsa_keys()[who].to_pkcs1_der().unwrap().as_bytes());
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::RS256) };
    encode(&header, claims, &key).unwrap()
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// The service, with the keys of a pool that answers at its JWKS address.
async fn start() -> SocketAddr {
    let pool = serve(Router::new().route("/.well-known/jwks.json", get(async || Json(jwks())))).await;
    start_with(fetch::keys_at(format!("http://{pool}/.well-known/jwks.json").parse().unwrap()).unwrap()).await
}

async fn start_with(keys: Keys) -> SocketAddr {
    serve(service(Verifier::new(ISSUER, ["acme-web".to_owned(), "globex-web".to_owned()], keys))).await
}

async fn ask(address: SocketAddr, path: &str, authorization: &str) -> (StatusCode, String) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<&'static [u8]>>();
    let mut request = Request::get(format!("http://{address}{path}"));
    if !authorization.is_empty() {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let answer = client.request(request.body(Empty::new()).unwrap()).await.unwrap();
    let status = answer.status();
    assert_eq!(status == StatusCode::UNAUTHORIZED, answer.headers().contains_key(header::WWW_AUTHENTICATE));
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn whoami(address: SocketAddr, token: &str) -> (StatusCode, String) {
    ask(address, "/whoami", &format!("Bearer {token}")).await
}

#[tokio::test]
async fn says_who_calls_and_in_which_tenant() {
    let service = start().await;
    let (status, body) = whoami(service, &signed(&claims())).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({
            "tenant_id": ACME,
            "member_id": "m_cccccccccccccccccccccccccc",
            "roles": ["admin", "member"],
            "permissions": ["invoices:read"],
        })
    );
}

#[tokio::test]
async fn reads_roles_and_permissions_as_arrays_or_words_or_not_at_all() {
    let service = start().await;
    for (claim, written, read) in [
        ("roles", json!("admin member"), json!(["admin", "member"])),
        ("roles", json!(["owner"]), json!(["owner"])),
        ("roles", json!([]), json!([])),
        ("permissions", Value::Null, json!([])),
        ("member_id", Value::Null, Value::Null),
    ] {
        let (status, body) = whoami(service, &signed(&but(claim, written.clone()))).await;
        assert_eq!(status, StatusCode::OK, "{claim} {written}: {body}");
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap()[claim], read, "{claim} {written}");
    }
}

#[tokio::test]
async fn a_path_opens_to_its_own_tenant_alone() {
    let service = start().await;
    let bearer = format!("bearer {}", signed(&claims()));
    assert_eq!(ask(service, &format!("/tenants/{ACME}/invoices"), &bearer).await.0, StatusCode::OK);
    for other in [GLOBEX, "T_AAAAAAAAAAAAAAAAAAAAAAAAAA", "%74_aaaaaaaaaaaaaaaaaaaaaaaaab", "acme"] {
        let (status, body) = ask(service, &format!("/tenants/{other}/invoices"), &bearer).await;
        assert_eq!((status, &*body), (StatusCode::FORBIDDEN, "This is another workspace's."), "{other}");
    }
    let viewer = format!("Bearer {}", signed(&but("permissions", json!(["invoices:list"]))));
    let (status, body) = ask(service, &format!("/tenants/{ACME}/invoices"), &viewer).await;
    assert_eq!((status, &*body), (StatusCode::FORBIDDEN, "Your role does not allow this."));
}

#[tokio::test]
async fn a_token_without_tenant_is_nobodys() {
    let service = start().await;
    let (status, body) = whoami(service, &signed(&but("tenant_id", Value::Null))).await;
    assert_eq!((status, &*body), (StatusCode::FORBIDDEN, "Choose a workspace first."));
}

#[tokio::test]
async fn refuses_what_is_no_access_token_of_this_pool() {
    let service = start().await;
    let now = get_current_timestamp();
    let mut id_token = but("token_use", json!("id"));
    id_token["aud"] = json!("acme-web");
    let mut bare_id_token = id_token.clone();
    bare_id_token.as_object_mut().unwrap().remove("client_id");
    let unsigned = {
        let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.", part(json!({ "alg": "none", "kid": "pool" })), part(claims()))
    };
    let by_public_key = {
        let header = Header { kid: Some("pool".to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims(), &EncodingKey::from_secret(&modulus())).unwrap()
    };
    let tampered = {
        let token = signed(&claims());
        let parts: Vec<&str> = token.split('.').collect();
        let payload = URL_SAFE_NO_PAD.encode(but("tenant_id", json!(GLOBEX)).to_string());
        format!("{}.{payload}.{}", parts[0], parts[2])
    };
    for (what, token) in [
        ("an ID token", signed(&id_token)),
        ("an ID token without client_id", signed(&bare_id_token)),
        ("another pool's", signed(&but("iss", json!(format!("{ISSUER}2"))))),
        ("nobody's", signed(&but("iss", Value::Null))),
        ("another client's", signed(&but("client_id", json!("intruder")))),
        ("an expired one", signed(&but("exp", json!(now - 60)))),
        ("one without end", signed(&but("exp", Value::Null))),
        ("one without use", signed(&but("token_use", Value::Null))),
        ("alg none", unsigned),
        ("HS256 with the public key", by_public_key),
        ("a tampered one", tampered),
        ("a stranger's signature", signed_by(1, Some("pool"), &claims())),
        ("an unknown kid", signed_by(0, Some("other"), &claims())),
        ("no kid", signed_by(0, None, &claims())),
        ("nonsense", "nonsense".to_owned()),
        ("nothing", String::new()),
    ] {
        let (status, body) = whoami(service, &token).await;
        assert_eq!((status, &*body), (StatusCode::UNAUTHORIZED, "Sign in first."), "{what}");
    }
    let good = signed(&claims());
    for header in ["", "Bearer", "Basic YW5uOnB3", &*good, &format!("Bearer  {good}"), &format!("Token {good}")] {
        assert_eq!(ask(service, "/whoami", header).await.0, StatusCode::UNAUTHORIZED, "{header}");
    }
}

#[tokio::test]
async fn says_so_while_the_pool_does_not_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let broken = serve(Router::new().route("/jwks", get(async || "not JSON"))).await;
    for address in [format!("http://{nobody}/jwks"), format!("http://{broken}/jwks"), format!("http://{broken}/other")]
    {
        let service = start_with(fetch::keys_at(address.parse().unwrap()).unwrap()).await;
        assert_eq!(whoami(service, &signed(&claims())).await.0, StatusCode::SERVICE_UNAVAILABLE, "{address}");
    }
}

/// Keys whose fetches are counted, from a pool that answers only where `answers` says so.
fn counted(answers: fn(usize) -> bool) -> (Keys, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let keys = Keys::new(move || {
        let time = count.fetch_add(1, Ordering::SeqCst);
        async move {
            if answers(time) {
                Ok(serde_json::from_value::<JwkSet>(jwks()).unwrap())
            } else {
                Err(FetchError("down".to_owned()))
            }
        }
    });
    (keys, asked)
}

#[tokio::test(start_paused = true)]
async fn made_up_keys_cause_one_fetch_in_half_a_minute() {
    let (keys, asked) = counted(|_| true);
    for kid in 0..100 {
        assert!(matches!(keys.find(&format!("made-up-{kid}")).await, Err(Missing::Unknown)));
    }
    assert!(keys.find("pool").await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    tokio::time::advance(std::time::Duration::from_secs(31)).await;
    assert!(matches!(keys.find("made-up").await, Err(Missing::Unknown)));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn old_keys_serve_while_the_pool_does_not_answer() {
    let (keys, asked) = counted(|time| time == 0);
    assert!(keys.find("pool").await.is_ok());
    tokio::time::advance(std::time::Duration::from_hours(2)).await;
    assert!(keys.find("pool").await.is_ok());
    assert!(matches!(keys.find("new").await, Err(Missing::Unavailable)));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}
