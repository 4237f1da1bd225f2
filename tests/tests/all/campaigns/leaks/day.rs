//! A day on a laptop, with the real programs at their most talkative: people come in by every way, things break, operators work, and nobody's
//! secret is in a log, in an error or in a record.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use laptop::{Outcome, Programs, Refused, Settings, Stack, TRIGGERS, Tokens, Town};
use serde_json::{Value, json};
use tenant_session::{Keys, Verifier};
use tests::campaign::leaks::canary::{Canaries, Kind, Place};
use user_pool::{SesFault, Sink, Source};

use super::tools;
use crate::journeys::{program, world};

/// In every address, before its `@`.
const ANN: &str = "ann.q7address@acme.example";
const HANK: &str = "hank.q7address@hooli.example";
const EVE: &str = "eve.q7address@partner.example";
const TENANT: &str = "q7tenant \"Söhne\" & Co 50%";
const WRONG: &str = "90210777";
/// What Lambda would give the programs to sign their requests with, and the key behind the codes.
const KEYS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "AKIAQ7ACCESSKEYID000"),
    ("AWS_SECRET_ACCESS_KEY", "q7secret+access/key0123456789abcdefghij"),
    ("AWS_SESSION_TOKEN", "q7session//token++0123456789"),
    ("TENANTRY_CODE_KEY", "cTctY29kZS1rZXktcTctY29kZS1rZXktcTctY29kZSE="),
];

/// What was said, by whom.
type Heard = Arc<Mutex<Vec<(Source, String)>>>;

pub(super) struct Day {
    pub(super) stack: Stack,
    pub(super) folder: tempfile::TempDir,
    pub(super) canaries: Canaries,
    heard: Heard,
    /// Every error that somebody read.
    errors: Vec<String>,
    /// What was found where it must not be.
    pub(super) wrong: Vec<String>,
}

impl Day {
    async fn start() -> (Self, Town) {
        let folder = tempfile::tempdir().unwrap();
        let (heard, keep) = (Heard::default(), Heard::default());
        let noted = Arc::clone(&heard);
        let mut settings = Settings::new(world(), programs());
        settings.state_dir = Some(folder.path().to_owned());
        settings.sink = Sink::new(move |line| noted.lock().unwrap().push((line.source, line.text)));
        let stack = Stack::start(settings).await.unwrap();
        drop(keep);
        let mut canaries = Canaries::default();
        for (kind, text) in [
            (Kind::Address, "q7address"),
            (Kind::Password, laptop::PASSWORD),
            (Kind::TenantName, TENANT),
            (Kind::Code, WRONG),
        ] {
            canaries.add(kind, text);
        }
        for (_, key) in KEYS {
            canaries.add(Kind::Key, key);
        }
        let day = Self { stack, folder, canaries, heard, errors: Vec::new(), wrong: Vec::new() };
        for trigger in TRIGGERS {
            day.function(trigger, &[]);
        }
        let town = Town::settle(&day.stack).await.unwrap();
        for tenant in [&town.acme, &town.hooli] {
            day.stack.operations().rename_tenant(&tenant.id, None, Some(TENANT)).await.unwrap();
        }
        (day, town)
    }

    /// The program of this name, with every secret in its environment and everything in its log.
    fn function(&self, name: &str, more: &[(&str, &str)]) {
        let own = self.stack.environment().into_iter();
        let more = KEYS.iter().chain([&("TENANTRY_LOG", "trace")]).chain(more);
        let more = more.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: BTreeMap<String, String> = own.chain(more).collect();
        self.stack.functions().unwrap().add(name, program(name), environment);
    }

    fn knows(&mut self, tokens: &Tokens) {
        let all = [tokens.id.as_ref(), Some(&tokens.access), tokens.refresh.as_ref()];
        for part in all.into_iter().flatten().flat_map(|token| token.split('.').skip(1).chain([token.as_str()])) {
            // Claims begin alike in every token; their ends do not.
            self.canaries.add(Kind::Token, part.get(part.len().saturating_sub(40)..).unwrap());
        }
        // A machine's is the id of its client, which is no secret.
        if tokens.id.is_some() {
            self.canaries.add(Kind::Person, &tokens.sub());
        }
    }

    #[track_caller]
    fn gets_in(&mut self, outcome: Outcome) -> Tokens {
        let tokens = outcome.unwrap_or_else(|refused| panic!("{refused}"));
        self.knows(&tokens);
        tokens
    }

    fn refused<T: std::fmt::Debug>(&mut self, outcome: Result<T, Refused>) {
        let refused = outcome.unwrap_err();
        self.errors.push(format!("{}: {}", refused.kind, refused.message));
    }

    /// Sends this to a function, as whoever may invoke it could.
    async fn invoke(&mut self, function: &str, payload: String) {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.stack.lambda_endpoint());
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let answer = client.request(Request::post(url).body(Full::new(Bytes::from(payload))).unwrap()).await.unwrap();
        let failed = answer.headers().contains_key("x-amz-function-error");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        if failed {
            self.errors.push(String::from_utf8_lossy(&body).into_owned());
        }
    }

    /// Everybody's way in, and what goes wrong on it.
    async fn people(&mut self, town: &Town) {
        let stack = &self.stack;
        let secret = stack.invite(&town.globex, EVE, "viewer").await.unwrap();
        self.canaries.add(Kind::Invitation, &secret);
        let other = stack.invite(&town.globex, "mia.q7address@partner.example", "viewer").await.unwrap();
        self.canaries.add(Kind::Invitation, &other);

        let joined = self.stack.app("acme").join(ANN, None).await;
        let ann = self.gets_in(joined);
        let joined = self.stack.app("globex").join(EVE, Some(&secret)).await;
        let eve = self.gets_in(joined);
        for outcome in [
            self.stack.app("acme").refresh(&ann).await,
            self.stack.app("app").sign_in(ANN).await,
            self.stack.app("acme").managed_login(ANN).await.unwrap(),
            self.stack.robot().await.unwrap(),
        ] {
            self.gets_in(outcome);
        }
        // Somebody else's invitation, a used one, none, and a tenant that is not theirs.
        let refused = [
            self.stack.app("globex").sign_up("zoe.q7address@partner.example", Some(&other)).await.map(drop),
            self.stack.app("globex").sign_up("zoe.q7address@partner.example", Some(&secret)).await.map(drop),
            self.stack.app("globex").sign_up("zoe.q7address@partner.example", None).await.map(drop),
            self.stack.app("globex").sign_in(ANN).await.map(drop),
            self.stack.app("acme").refresh(&eve).await.map(drop),
        ];
        for outcome in refused {
            self.refused(outcome);
        }

        // A password and a code; a wrong one; a mail that does not go out.
        let hooli = self.stack.app("hooli");
        hooli.sign_up(HANK, None).await.unwrap();
        hooli.confirm(HANK).await.unwrap();
        let challenge = hooli.begin_with_password(HANK, laptop::PASSWORD).await.unwrap();
        let code = hooli.code_for(HANK);
        let again = hooli.answer(&challenge, WRONG).await.unwrap().unwrap_err();
        let outcome = hooli.answer(&again, &code).await.unwrap();
        self.canaries.add(Kind::Code, &code);
        self.gets_in(outcome.map_err(|_| Refused { kind: "Challenge".to_owned(), message: "again".to_owned() }));
        self.stack.server().outbox().fail_ses(4, SesFault::Broken);
        let outcome = self.stack.app("initech").begin_with_code("ines@initech.example").await.map(drop);
        self.errors.extend(outcome.err().map(|refused| refused.message));
        self.stack.server().outbox().heal_ses();

        // The store goes away.
        self.stack.engine().switch_off().await.unwrap();
        let away = [
            self.stack.app("acme").sign_in(ANN).await.map(drop),
            self.stack.app("globex").sign_up("yan.q7address@partner.example", Some(&other)).await.map(drop),
            self.stack.app("hooli").begin_with_password(HANK, laptop::PASSWORD).await.map(drop),
        ];
        for outcome in away {
            self.refused(outcome);
        }
        self.stack.engine().switch_on().await.unwrap();

        // A service that takes their tokens, at somebody else's app.
        let issuer = self.stack.server().issuer(laptop::POOL).unwrap();
        for (clients, token) in
            [("globex", ann.id.as_deref()), ("acme", Some(ann.access.as_str())), ("acme", ann.refresh.as_deref())]
        {
            let verifier = Verifier::new(issuer.clone(), [clients], Keys::of_issuer(&issuer).unwrap());
            let error = verifier.verify(token.unwrap()).await.unwrap_err();
            self.errors.push(format!("{error} {error:?}"));
        }
    }

    /// Events that Cognito would not send, full of secrets.
    async fn nonsense(&mut self) {
        let secrets = json!({ "email": ANN, "password": laptop::PASSWORD, "custom:a": TENANT, "answer": WRONG });
        for trigger in TRIGGERS {
            for payload in [
                format!("{secrets}}}"),
                secrets.to_string(),
                Value::from(secrets.to_string()).to_string(),
                json!([secrets]).to_string(),
                json!({ "triggerSource": ANN, "userPoolId": ANN, "userName": ANN, "request": secrets.to_string() })
                    .to_string(),
                json!({ "version": "1", "triggerSource": "PreSignUp_SignUp", "callerContext": { "clientId": ANN },
                    "userPoolId": laptop::POOL, "request": { "userAttributes": [secrets], "clientMetadata": ANN } })
                .to_string(),
            ] {
                self.invoke(trigger, payload).await;
            }
            // Settings that nobody can use.
            self.function(trigger, &[("TENANTRY_CODE_KEY", "q7-no-key-at-all"), ("TENANTRY_CLAIMS", "{")]);
            self.invoke(
                trigger,
                json!({ "triggerSource": "PreSignUp_SignUp", "request": secrets, "response": {} }).to_string(),
            )
            .await;
        }
        self.canaries.add(Kind::Key, "q7-no-key-at-all");
    }

    /// What `CloudFormation` asks, and what it should not.
    async fn stacks(&mut self) {
        let answers = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/q7url?X-Amz-Signature=q7signature", answers.local_addr().unwrap());
        let taken = axum::Router::new().fallback(|| async { "" });
        let server = tokio::spawn(async move { axum::serve(answers, taken).await });
        self.canaries.add(Kind::Key, "q7signature");
        self.function("registrar", &[("AWS_ENDPOINT_URL", &self.stack.engine().url())]);
        let event = |kind: &str, url: &str, properties: Value| {
            json!({
                "RequestType": "Create", "RequestId": "r", "ResponseURL": url, "LogicalResourceId": "It",
                "StackId": "arn:aws:cloudformation:local:123456789012:stack/leaks/1", "ResourceType": kind,
                "ResourceProperties": properties,
            })
            .to_string()
        };
        let named = json!({ "Slug": "made", "Name": TENANT });
        for payload in [
            event("Custom::TenantryTenant", &url, named.clone()),
            event("Custom::TenantryTenant", &url, json!({ "Slug": ANN, "Name": TENANT, "JoinMode": ANN })),
            event("Custom::TenantryClient", &url, json!({ "UserPoolId": ANN, "ClientId": WRONG })),
            event(ANN, &url, named.clone()),
            event("Custom::TenantryTenant", "https://q7signature.evil.example/x", named.clone()),
            event("Custom::TenantryTenant", &url, json!([laptop::PASSWORD])),
            json!([ANN, url]).to_string(),
        ] {
            self.invoke("registrar", payload).await;
        }
        server.abort();
    }

    /// Whatever was said so far, by whoever said it.
    async fn look(&mut self) -> BTreeMap<String, usize> {
        let mut lines = BTreeMap::new();
        for (source, text) in self.heard.lock().unwrap().iter() {
            let (place, who) = match source {
                Source::Function(name) => (Place::Log, name.clone()),
                Source::Pool(_) => (Place::PoolLog, "the pool".to_owned()),
                Source::Ses => (Place::PoolLog, "the mail".to_owned()),
                Source::Lambda(_) => (Place::Log, "the local Lambda".to_owned()),
            };
            self.wrong.extend(self.canaries.hit(place, text).map(|hit| format!("{source}: {hit}")));
            *lines.entry(who).or_default() += 1;
        }
        for error in &self.errors {
            self.wrong.extend(self.canaries.hit(Place::Error, error));
        }
        let mut rows = 0;
        for (key, item) in self.table().await {
            let place = if item["action"].is_string() { Place::Record } else { Place::Table };
            self.wrong.extend(self.canaries.hit_json(place, &json!([key, item])));
            rows += 1;
        }
        lines.insert("errors".to_owned(), self.errors.len());
        lines.insert("rows".to_owned(), rows);
        lines
    }

    async fn table(&self) -> tests::dump::Dump {
        let endpoint = self.stack.engine().url();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(store::connect::http_client(Some(&endpoint), &store::connect::Trust::Amazon).unwrap())
            .endpoint_url(&endpoint)
            .build();
        tests::dump::dump(&aws_sdk_dynamodb::Client::from_conf(config), laptop::TABLE).await
    }

    /// Where `tenantctl --local` looks.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn programs() -> Programs {
    Programs::at(program("pre-sign-up").parent().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_what_the_real_programs_and_tools_say_on_a_day_that_has_everything() {
    let (mut day, town) = Day::start().await;
    day.people(&town).await;
    tools::a_day(&mut day);
    day.nonsense().await;
    day.stacks().await;
    let said = day.look().await;
    assert!(day.wrong.is_empty(), "{}:\n{}", day.wrong.len(), day.wrong.join("\n"));
    // Nothing was found because nothing was said?
    for (who, least) in TRIGGERS.iter().map(|trigger| (*trigger, 7)).chain([
        ("registrar", 6),
        ("the pool", 20),
        ("the mail", 1),
        ("errors", 30),
        ("rows", 50),
    ]) {
        assert!(said.get(who).is_some_and(|lines| *lines >= least), "{who}: {said:?}");
    }
    day.stack.shutdown().await;
}
