//! Where the keys come from, and how often.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;
use tenant_session::{FetchError, Keys, TokenRefused, Verifier};

use crate::kit::{Clock, ISSUER, claims, jwk, jwks, signed, signed_by};

fn verifier(keys: Keys) -> Verifier {
    Verifier::new(ISSUER, ["acme-web"], keys).with_time_source(Clock::new())
}

/// A pool that counts how often it is asked; what it answers can be changed.
#[derive(Clone, Default)]
struct Pool {
    asked: Arc<AtomicUsize>,
    answer: Arc<std::sync::Mutex<Option<Vec<u8>>>>,
}

impl Pool {
    fn with(kids: &[&str]) -> Self {
        let pool = Self::default();
        pool.answers(kids);
        pool
    }

    fn answers(&self, kids: &[&str]) {
        *self.answer.lock().unwrap() = Some(jwks(&kids.iter().map(|kid| jwk(kid)).collect::<Vec<_>>()));
    }

    fn falls_silent(&self) {
        *self.answer.lock().unwrap() = None;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn keys(&self) -> Keys {
        let pool = self.clone();
        Keys::fetched(move || {
            let pool = pool.clone();
            async move {
                tokio::task::yield_now().await;
                pool.asked.fetch_add(1, Ordering::SeqCst);
                pool.answer.lock().unwrap().clone().ok_or(FetchError("it is silent".to_owned()))
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn the_pool_is_asked_once_an_hour_and_once_by_many_at_a_time() {
    let pool = Pool::with(&["pool"]);
    let verifier = Arc::new(verifier(pool.keys()));
    let token = signed(&claims());
    let many = (0..64).map(|_| {
        let (verifier, token) = (Arc::clone(&verifier), token.clone());
        tokio::spawn(async move { verifier.verify(&token).await })
    });
    for one in many.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    tokio::time::advance(Duration::from_mins(59)).await;
    verifier.verify(&token).await.unwrap();
    assert_eq!(pool.asked(), 1);
    tokio::time::advance(Duration::from_mins(2)).await;
    verifier.verify(&token).await.unwrap();
    assert_eq!(pool.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn made_up_keys_ask_the_pool_twice_a_minute_and_a_new_key_is_found() {
    let pool = Pool::with(&["pool"]);
    let verifier = verifier(pool.keys());
    verifier.verify(&signed(&claims())).await.unwrap();
    let made_up: Vec<String> = (0..5).map(|n| signed_by(1, Some(&format!("made-up-{n}")), &claims())).collect();
    for second in 0..60 {
        let token = &made_up[second % made_up.len()];
        assert_eq!(verifier.verify(token).await.unwrap_err(), TokenRefused::UnknownKey);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!((2..=3).contains(&pool.asked()), "{}", pool.asked());
    // The pool turns to another key: its tokens wait half a minute at most.
    pool.answers(&["next"]);
    tokio::time::advance(Duration::from_secs(30)).await;
    verifier.verify(&signed_by(0, Some("next"), &claims())).await.unwrap();
    assert_eq!(verifier.verify(&signed(&claims())).await.unwrap_err(), TokenRefused::UnknownKey);
}

#[tokio::test(start_paused = true)]
async fn a_silent_pool_refuses_strangers_and_keeps_known_keys_for_a_day() {
    let pool = Pool::default();
    let verifier = verifier(pool.keys());
    assert_eq!(verifier.verify(&signed(&claims())).await.unwrap_err(), TokenRefused::KeysUnavailable);
    // It comes back: the next second is soon enough.
    pool.answers(&["pool"]);
    tokio::time::advance(Duration::from_secs(1)).await;
    verifier.verify(&signed(&claims())).await.unwrap();
    pool.falls_silent();
    tokio::time::advance(Duration::from_hours(2)).await;
    verifier.verify(&signed(&claims())).await.unwrap();
    let unknown = signed_by(0, Some("next"), &claims());
    assert_eq!(verifier.verify(&unknown).await.unwrap_err(), TokenRefused::KeysUnavailable);
    tokio::time::advance(Duration::from_hours(23)).await;
    assert_eq!(verifier.verify(&signed(&claims())).await.unwrap_err(), TokenRefused::KeysUnavailable);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_hangs_holds_up_one_request_and_not_those_whose_key_is_known() {
    let slow = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let hangs = Arc::clone(&slow);
    let verifier = Arc::new(verifier(Keys::fetched(move || {
        let hangs = hangs.load(Ordering::SeqCst);
        async move {
            if hangs {
                tokio::time::sleep(Duration::from_secs(5)).await;
                return Err(FetchError("it hangs".to_owned()));
            }
            Ok(jwks(&[jwk("pool")]))
        }
    })));
    let token = signed(&claims());
    verifier.verify(&token).await.unwrap();
    slow.store(true, Ordering::SeqCst);
    tokio::time::advance(Duration::from_mins(61)).await;
    let many = (0..20).map(|_| {
        let (verifier, token) = (Arc::clone(&verifier), token.clone());
        tokio::spawn(async move {
            let began = tokio::time::Instant::now();
            verifier.verify(&token).await.unwrap();
            began.elapsed()
        })
    });
    let mut waited = 0;
    for one in many.collect::<Vec<_>>() {
        waited += usize::from(one.await.unwrap() > Duration::from_secs(1));
    }
    assert_eq!(waited, 1);
}

#[tokio::test]
async fn a_key_that_is_not_for_rs256_signatures_or_too_short_is_passed_over() {
    let mut wrong = vec![json!({ "kty": "new", "kid": "pool" }), json!(7)];
    for (name, value) in [("use", json!("enc")), ("alg", json!("RS512")), ("kid", json!("")), ("n", json!("3q2-7w"))] {
        let mut key = jwk("pool");
        key[name] = value;
        wrong.push(key);
    }
    let oct = json!({ "kty": "oct", "kid": "pool", "k": "AAAA" });
    wrong.push(oct);
    for key in &wrong {
        assert!(Keys::given(&jwks(std::slice::from_ref(key))).is_err(), "{key}");
        // Beside a good one, it takes nothing away.
        let both = jwks(&[key.clone(), jwk("pool")]);
        verifier(Keys::given(&both).unwrap()).verify(&signed(&claims())).await.unwrap();
    }
    for document in ["", "{}", "[]", r#"{"keys": []}"#, "<html>"] {
        assert!(Keys::given(document.as_bytes()).is_err(), "{document}");
    }
}

#[tokio::test]
async fn fetches_keys_over_http_from_this_machine() {
    let body = jwks(&[jwk("pool")]);
    let large = format!("{}{}", String::from_utf8(body.clone()).unwrap(), " ".repeat(64 * 1024));
    let router = Router::new()
        .route("/.well-known/jwks.json", get(async move || body.clone()))
        .route("/large", get(async move || large.clone()))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    verifier(Keys::of_issuer(&here).unwrap()).verify(&signed(&claims())).await.unwrap();
    for path in ["large", "broken", "missing"] {
        let verifier = verifier(Keys::at(&format!("{here}/{path}")).unwrap());
        assert_eq!(verifier.verify(&signed(&claims())).await.unwrap_err(), TokenRefused::KeysUnavailable, "{path}");
    }
}

#[test]
fn keys_come_by_https_or_from_this_machine() {
    for address in [
        "http://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01",
        "http://127.0.0.1.evil.example/pool",
        "http://localhost.evil.example/pool",
        "http://10.0.0.1/pool",
        "ftp://127.0.0.1/pool",
        "file:///etc/jwks.json",
        "eu-west-1_Example01",
        "",
    ] {
        assert!(Keys::of_issuer(address).is_err(), "{address}");
    }
    for address in [ISSUER, "http://127.0.0.1:9229/pool", "http://localhost:9229/pool", "http://[::1]:9229/pool"] {
        assert!(Keys::of_issuer(address).is_ok(), "{address}");
    }
}
