//! The story on the local pool, with the programs of the debug build.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_sdk_cognitoidentityprovider as cognito;
use cognito::config::retry::RetryConfig;
use cognito::config::{BehaviorVersion, Region};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use user_pool::functions::{Functions, Options};
use user_pool::{ClientSeed, ClientSettings, Clock, PoolSettings, Random, Server, Settings, Sink, Source};

use super::{ATTRIBUTE, CLIENTS, Ground, Otherwise, Place};
use crate::journeys::{program, world};

const REGION: &str = "eu-west-1";
const TABLE: &str = "tenantry";

struct Local {
    // Dropped in this order: callers before what they call.
    server: Server,
    functions: Functions,
    _engine: tests::Engine,
    lines: Arc<Mutex<Vec<String>>>,
    folder: TempDir,
    place: Place,
}

impl Local {
    async fn start() -> Self {
        let world = world();
        let (clock, random) = (Clock::new(world.now), Random::new(world.random));
        let engine = tests::Engine::start().await;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let sink = Sink::new(move |line| {
            if matches!(line.source, Source::Function(_)) {
                kept.lock().unwrap().push(format!("{}: {}", line.source, line.text));
            }
        });
        let options = Options { region: REGION.to_owned(), ..Options::default() };
        let functions = Functions::start_with(options, clock.clone(), random.clone(), sink).await.unwrap();
        let settings = Settings::new(vec![theirs(&functions.url())], clock, random, Sink::silent());
        let server = Server::start(settings).await.unwrap();
        let environment = [
            ("TENANTRY_TABLE", TABLE),
            ("AWS_ENDPOINT_URL_DYNAMODB", engine.endpoint()),
            ("AWS_ENDPOINT_URL_SESV2", server.url()),
            ("TENANTRY_CODE_KEY", "YWRvcHRlZC1hZG9wdGVkLWFkb3B0ZWQtYWRvcHRlZC1hZA=="),
            ("TENANTRY_MAIL_FROM", "Tenantry <no-reply@tenantry.example>"),
        ];
        for name in laptop::TRIGGERS {
            functions.add(&format!("tenantry-{name}"), program(name), environment);
            functions.add_alias(&format!("tenantry-{name}"), "live");
        }
        let place = Place {
            name: "local pool",
            sdk: sdk(server.url()),
            pool: POOL.to_owned(),
            clients: CLIENTS.map(|client| client.name.to_owned()),
            environment: vec![
                ("AWS_REGION", REGION.to_owned()),
                ("TENANTRY_TABLE", TABLE.to_owned()),
                ("TENANTRY_ENDPOINT_URL", engine.endpoint().to_owned()),
                ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", server.url().to_owned()),
                ("AWS_ENDPOINT_URL_LAMBDA", functions.url()),
            ],
            otherwise: Otherwise {
                fires_custom_message: false,
                fires_post_authentication: false,
                confirmation_verifies: true,
                calls_per_sign_in: 1,
                users_at_once: 8,
                because: "the local pool shows and keeps the slots of other triggers, and fires none of them",
            },
        };
        Self { server, functions, _engine: engine, lines, folder: tempfile::tempdir().unwrap(), place }
    }
}

const POOL: &str = "eu-west-1_Adopted01";

/// The pool of somebody else: nothing is at its default that can be otherwise here.
fn theirs(functions: &str) -> PoolSettings {
    let mut pool = PoolSettings::new(POOL);
    "customers".clone_into(&mut pool.name);
    pool.password_policy.minimum_length = 12;
    pool.custom_attributes = vec![ATTRIBUTE.to_owned()];
    functions.clone_into(&mut pool.triggers.invoke_url);
    // As on AWS: whom no policy lets call, does not.
    pool.triggers.needs_permission = true;
    pool.shown = shown();
    pool.clients = CLIENTS
        .iter()
        .map(|client| ClientSeed {
            client_id: Some(client.name.to_owned()),
            settings: ClientSettings::for_passwords(client.name),
            ..ClientSeed::default()
        })
        .collect();
    pool
}

fn shown() -> Map<String, Value> {
    let function = |name: &str| format!("arn:aws:lambda:{REGION}:000000000000:function:{name}");
    let shown = json!({
        "LambdaConfig": { "CustomMessage": function("theirs-messages"), "PostAuthentication": function("theirs-sign-ins") },
        "MfaConfiguration": "OPTIONAL",
        "DeletionProtection": "ACTIVE",
        "UserPoolTags": { "team": "identity", "cost-centre": "4711" },
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "verified_email", "Priority": 1 }] },
        "EmailConfiguration": { "EmailSendingAccount": "COGNITO_DEFAULT", "ReplyToEmailAddress": "help@people.example" },
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true },
        "VerificationMessageTemplate": {
            "DefaultEmailOption": "CONFIRM_WITH_CODE", "EmailSubject": "Your code", "EmailMessage": "It is {####}",
        },
    });
    shown.as_object().unwrap().clone()
}

/// The official SDK, which asks once.
fn sdk(url: &str) -> cognito::Client {
    let config = cognito::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url)
        .build();
    cognito::Client::from_conf(config)
}

impl Ground for Local {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn code(&self, address: &str) -> String {
        self.server.outbox().code_for(address).unwrap()
    }

    async fn logs(&self) -> Vec<String> {
        // What a function says comes a moment after its answer.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let file: PathBuf = self.folder.path().join("functions.log");
        std::fs::write(&file, self.lines.lock().unwrap().join("\n")).unwrap();
        vec!["--logs".to_owned(), file.display().to_string()]
    }

    async fn is_in_their_words(&self, address: &str) -> bool {
        let mails = self.server.outbox().mails();
        mails.iter().filter(|mail| mail.to == address).any(|mail| mail.body.contains("customer portal"))
    }

    async fn heard_of(&self) -> usize {
        self.functions.logs("theirs-sign-ins").len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_a_thousand_users_comes_over_and_goes_back_and_nobody_is_locked_out() {
    let local = Local::start().await;
    super::comes_over(&local).await;
    let Local { server, functions, .. } = local;
    server.shutdown().await;
    functions.shutdown().await;
}
