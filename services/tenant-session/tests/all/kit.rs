//! A pool's keys and tokens, a clock that is set by hand, and an STS that says what it was asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use tenant_session::{Keys, VerifiedIdToken, Verifier};

pub(crate) const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01";
pub(crate) const ACME: &str = "t_aaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const GLOBEX: &str = "t_bbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/tenant";
pub(crate) const TAGS: &str = "https://aws.amazon.com/tags";

/// When the tests begin, in seconds.
pub(crate) const START: u64 = 1_800_000_000;

/// The pool's key and a stranger's; they are made once, for that takes a moment.
pub(crate) fn rsa_keys() -> &'static [RsaPrivateKey; 2] {
    static KEYS: OnceLock<[RsaPrivateKey; 2]> = OnceLock::new();
    KEYS.get_or_init(|| [(); 2].map(|()| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap()))
}

pub(crate) fn jwk(kid: &str) -> Value {
    let key = &rsa_keys()[0];
    let [modulus, exponent] = [key.n(), key.e()].map(|number| URL_SAFE_NO_PAD.encode(number.to_bytes_be()));
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus, "e": exponent })
}

pub(crate) fn jwks(keys: &[Value]) -> Vec<u8> {
    json!({ "keys": keys }).to_string().into_bytes()
}

/// What an ID token of Ann's says, as Cognito writes it; it lives for five minutes.
pub(crate) fn claims() -> Value {
    claims_of(ACME, "5d9c7b1e-0000-4000-8000-000000000001", 300)
}

pub(crate) fn claims_of(tenant: &str, sub: &str, seconds: u64) -> Value {
    json!({
        "sub": sub,
        "iss": ISSUER,
        "aud": "acme-web",
        "token_use": "id",
        "auth_time": START,
        "iat": START,
        "exp": START + seconds,
        "cognito:username": sub,
        "email": "ann@acme.example",
        "tenant_id": tenant,
        "member_id": "m_cccccccccccccccccccccccccc",
        "roles": ["member"],
        (TAGS): { "principal_tags": { "tenant_id": [tenant] }, "transitive_tag_keys": ["tenant_id"] },
    })
}

/// Ann's claims with one of them different; null takes it out.
pub(crate) fn but(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

pub(crate) fn signed(claims: &Value) -> String {
    signed_by(0, Some("pool"), claims)
}

pub(crate) fn signed_by(who: usize, kid: Option<&str>, claims: &Value) -> String {
    let key = EncodingKey::from_rsa_der(rsa_keys()[who].to_pkcs1_der().unwrap().as_bytes());
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::RS256) };
    encode(&header, claims, &key).unwrap()
}

/// A clock that stands until it is set.
#[derive(Debug, Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START)))
    }

    pub(crate) fn set(&self, since_start: i64) {
        self.0.store(START.checked_add_signed(since_start).unwrap(), Ordering::SeqCst);
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        at(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(crate) fn verifier(clock: &Clock) -> Verifier {
    let keys = Keys::given(&jwks(&[jwk("pool")])).unwrap();
    Verifier::new(ISSUER, ["acme-web", "globex-web"], keys).with_time_source(clock.clone())
}

pub(crate) async fn verified(clock: &Clock, claims: &Value) -> VerifiedIdToken {
    verifier(clock).verify(&signed(claims)).await.unwrap()
}

/// A request as STS or another service got it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) authorization: Option<String>,
    pub(crate) security_token: Option<String>,
}

type Answer = dyn Fn(&Asked) -> (u16, String) + Send + Sync;

/// Whoever is called: notes what it is asked.
#[derive(Clone)]
pub(crate) struct Service {
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<Answer>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Service")
    }
}

impl Service {
    pub(crate) fn new(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        Self { asked: Arc::default(), answer: Arc::new(answer) }
    }

    /// An STS whose every secret key says which tenant it was asked for, and how many were asked before.
    pub(crate) fn sts(clock: &Clock) -> Self {
        let (clock, count) = (clock.clone(), AtomicU64::new(0));
        Self::new(move |asked| {
            let ends = clock.now() + Duration::from_secs(asked.fields["DurationSeconds"].parse().unwrap());
            (200, given(asked, &tenant_of(asked), count.fetch_add(1, Ordering::SeqCst), ends))
        })
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    /// The configuration of a service that calls it.
    pub(crate) fn config(&self, clock: &Clock) -> SdkConfig {
        let own = Credentials::new("OWN", "own-secret", None, None, "tests");
        SdkConfig::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(own))
            .retry_config(RetryConfig::disabled())
            .time_source(clock.clone())
            .http_client(self.client())
            .build()
    }
}

impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name: &str| request.headers().get(name).map(str::to_owned);
        let body = request.body().bytes().unwrap_or_default();
        let asked = Asked {
            fields: form_urlencoded::parse(body).into_owned().collect(),
            authorization: header("authorization"),
            security_token: header("x-amz-security-token"),
        };
        self.asked.lock().unwrap().push(asked.clone());
        let (status, body) = (self.answer)(&asked);
        HttpConnectorFuture::new(async move {
            // Others get a turn while STS thinks.
            tokio::task::yield_now().await;
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
        })
    }
}

/// The tenant that STS would put into the session: of the token's tag, or of the request's.
fn tenant_of(asked: &Asked) -> String {
    if let Some(token) = asked.fields.get("WebIdentityToken") {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        return claims[TAGS]["principal_tags"]["tenant_id"][0].as_str().unwrap().to_owned();
    }
    assert_eq!(asked.fields["Tags.member.1.Key"], "tenant_id");
    asked.fields["Tags.member.1.Value"].clone()
}

fn given(asked: &Asked, tenant: &str, count: u64, ends: SystemTime) -> String {
    let ends = aws_smithy_types::DateTime::from(ends);
    let ends = ends.fmt(aws_smithy_types::date_time::Format::DateTime).unwrap();
    let action = &asked.fields["Action"];
    format!(
        "<{action}Response><{action}Result><Credentials><AccessKeyId>ASIA{count}</AccessKeyId>\
         <SecretAccessKey>{tenant}</SecretAccessKey><SessionToken>session of {tenant}</SessionToken>\
         <Expiration>{ends}</Expiration></Credentials></{action}Result></{action}Response>"
    )
}

/// An STS that refuses with this code and these words.
pub(crate) fn refusing(
    status: u16,
    code: &'static str,
    words: impl Fn(&Asked) -> String + Send + Sync + 'static,
) -> Service {
    Service::new(move |asked| {
        let words = words(asked);
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error>");
        (status, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
    })
}
