//! What the judges stand on: a user pool service, a table and our functions, either ours or ministack's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Region};
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use serde_json::{Value, json};
use user_pool::functions::{Functions, Options};
use user_pool::{Clock, IssuerStyle, PoolSettings, PreTokenVersion, Random, ResourceServer, Server, Settings, Sink};

use super::ministack::Ministack;
use super::{http, town};
use crate::journeys;

pub(super) const REGION: &str = "eu-west-1";
pub(super) const TABLE: &str = "tenantry";

/// The domain that our mail comes from.
pub(super) const SENDER: &str = "tenantry.example";

/// The functions, by the names of their programs.
pub(super) const FUNCTIONS: [&str; 6] = [
    "pre-sign-up",
    "post-confirmation",
    "pre-token-generation",
    "define-auth-challenge",
    "create-auth-challenge",
    "verify-auth-challenge",
];

/// The versions of the pre token generation event; each has a pool of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V1,
    V2,
    V3,
}

impl Version {
    pub(super) const ALL: [Self; 3] = [Self::V1, Self::V2, Self::V3];
}

/// An app client that was made in a pool.
#[derive(Debug, Clone)]
pub(super) struct AppClient {
    pub(super) id: String,
    pub(super) secret: Option<String>,
}

/// A place that speaks AWS's APIs, with the town in it.
pub(super) struct Ground {
    // Fields are dropped in this order: callers before what they call.
    service: Service,
    table: String,
    sdk: cognito::Client,
    pools: BTreeMap<Version, String>,
    clients: BTreeMap<(Version, String), AppClient>,
    tenants: BTreeMap<String, String>,
}

enum Service {
    Local { server: Server, functions: Functions, _engine: tests::Engine },
    Ministack(Ministack),
}

/// What a function needs to find the table and the mail.
pub(super) fn environment(table: &str, mail: &str) -> BTreeMap<String, String> {
    [
        ("TENANTRY_TABLE", TABLE),
        ("AWS_ENDPOINT_URL_DYNAMODB", table),
        ("AWS_ENDPOINT_URL_SESV2", mail),
        ("TENANTRY_CODE_KEY", "anVkZ2VzLWp1ZGdlcy1qdWRnZXMtanVkZ2VzLWp1ZGdlcw=="),
        ("TENANTRY_MAIL_FROM", &format!("Tenantry <no-reply@{SENDER}>")),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

impl Ground {
    /// Our own engine, our own Lambda, our own user pool, with the programs of the debug build.
    pub(super) async fn local() -> Self {
        let world = journeys::world();
        let (clock, random) = (Clock::new(world.now), Random::new(world.random));
        let engine = tests::Engine::start().await;
        let options = Options { region: REGION.to_owned(), ..Options::default() };
        let functions = Functions::start_with(options, clock.clone(), random.clone(), Sink::silent()).await.unwrap();
        let pools = Version::ALL.map(|version| (version, format!("{REGION}_Judged0{version:?}")));
        let seeds = pools.iter().map(|(version, id)| pool(id, *version, &functions.url())).collect();
        let mut settings = Settings::new(seeds, clock, random, Sink::silent());
        // As in AWS, so that its own verifier takes the tokens.
        settings.issuer = IssuerStyle::Aws;
        let server = Server::start(settings).await.unwrap();
        for name in FUNCTIONS {
            functions.add(name, journeys::program(name), environment(engine.endpoint(), server.url()));
        }
        let (url, table) = (server.url().to_owned(), engine.endpoint().to_owned());
        Self::with(Service::Local { server, functions, _engine: engine }, url, table, pools.into()).await
    }

    /// ministack's `DynamoDB`, Lambda, SES and Cognito, with the functions of the release build.
    pub(super) async fn ministack() -> Self {
        let release = super::handed("TENANTRY_RELEASE_DIR");
        let ministack = Ministack::start(&super::handed("TENANTRY_MINISTACK_PYTHON")).await;
        let url = ministack.url().to_owned();
        let programs: BTreeMap<&str, PathBuf> = FUNCTIONS.map(|name| (name, release.join(name))).into();
        let functions = ministack.deploy(&programs, &environment(&url, &url)).await;
        let sdk = sdk(&url);
        let mut pools = BTreeMap::new();
        for version in Version::ALL {
            pools.insert(version, super::ministack::create_pool(&sdk, version, &functions).await);
        }
        Self::with(Service::Ministack(ministack), url.clone(), url, pools).await
    }

    async fn with(service: Service, url: String, table: String, pools: BTreeMap<Version, String>) -> Self {
        let sdk = sdk(&url);
        let (clients, tenants) = (BTreeMap::new(), BTreeMap::new());
        let mut ground = Self { service, table, sdk, pools, clients, tenants };
        town::settle(&mut ground).await;
        ground
    }

    /// Its name in the list of expectations.
    pub(super) fn name(&self) -> &'static str {
        match self.service {
            Service::Local { .. } => "local pool",
            Service::Ministack(_) => "ministack",
        }
    }

    /// What ministack said, for whoever looks for the cause of a failure.
    pub(super) fn log(&self) -> String {
        match &self.service {
            Service::Local { .. } => String::new(),
            Service::Ministack(ministack) => ministack.log(),
        }
    }

    /// The endpoint of the user pool API.
    pub(super) fn url(&self) -> &str {
        match &self.service {
            Service::Local { server, .. } => server.url(),
            Service::Ministack(ministack) => ministack.url(),
        }
    }

    /// Where a machine asks for tokens; ours serves several pools behind one address.
    pub(super) fn token_endpoint(&self, version: Version) -> String {
        match &self.service {
            Service::Local { server, .. } => format!("{}/{}/oauth2/token", server.url(), self.pool(version)),
            Service::Ministack(ministack) => format!("{}/oauth2/token", ministack.url()),
        }
    }

    /// The endpoint of the table.
    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// The official SDK, which asks once.
    pub(super) fn sdk(&self) -> &cognito::Client {
        &self.sdk
    }

    pub(super) fn pool(&self, version: Version) -> &str {
        &self.pools[&version]
    }

    /// The app client of a tenant, or of its robot.
    pub(super) fn client(&self, version: Version, name: &str) -> &AppClient {
        &self.clients[&(version, name.to_owned())]
    }

    pub(super) fn add_client(&mut self, version: Version, name: &str, client: AppClient) {
        self.clients.insert((version, name.to_owned()), client);
    }

    pub(super) fn add_tenant(&mut self, slug: &str, id: String) {
        self.tenants.insert(slug.to_owned(), id);
    }

    /// What was seen, with the tenants' slugs for their ids.
    pub(super) fn named(&self, seen: &Value) -> Value {
        let text =
            self.tenants.iter().fold(seen.to_string(), |text, (slug, id)| text.replace(id, &format!("<{slug}>")));
        serde_json::from_str(&text).unwrap()
    }

    /// Runs our command line on the table, as an operator would; its JSON.
    pub(super) async fn tenantctl(&self, arguments: &[&str]) -> Value {
        run_tenantctl(&self.table, self.url(), TABLE, arguments).await
    }

    /// The code of the pool's last mail to an address.
    pub(super) async fn code(&self, address: &str) -> String {
        self.codes(address, 6).await.pop().unwrap_or_else(|| panic!("no code came to {address}"))
    }

    /// Every code to sign in with that came to an address.
    pub(super) async fn sign_in_codes(&self, address: &str) -> Vec<String> {
        self.codes(address, 8).await
    }

    /// The codes of so many digits in the mails to an address, one a mail, oldest first.
    async fn codes(&self, address: &str, digits: usize) -> Vec<String> {
        let texts: Vec<String> = match &self.service {
            Service::Local { server, .. } => {
                let (_, outbox) = http::get(&format!("{}/local/outbox", server.url())).await.unwrap();
                let mails = outbox["mails"].as_array().unwrap().iter();
                let to = |mail: &&Value| mail.to_string().contains(&format!("\"{address}\""));
                mails.filter(to).map(|mail| format!("{} {}", mail["body"], mail["html"])).collect()
            }
            Service::Ministack(ministack) => ministack.mails_to(address).await,
        };
        texts.iter().filter_map(|text| code_in(text, digits)).collect()
    }

    /// What `email_verified` says of a person who confirmed; then sees to it that it says yes.
    pub(super) async fn verified(&self, version: Version, address: &str) -> Value {
        let pool = self.pool(version);
        let user = self.sdk.admin_get_user().user_pool_id(pool).username(address).send().await.unwrap();
        let said = user.user_attributes().iter().find(|attribute| attribute.name() == "email_verified");
        let said = said.and_then(AttributeType::value);
        if said != Some("true") {
            let yes = AttributeType::builder().name("email_verified").value("true").build().unwrap();
            let update = self.sdk.admin_update_user_attributes().user_pool_id(pool).username(address);
            update.user_attributes(yes).send().await.unwrap();
        }
        json!(said)
    }

    /// Ends everything that was started.
    pub(super) async fn shutdown(self) {
        match self.service {
            Service::Local { server, functions, _engine } => {
                server.shutdown().await;
                functions.shutdown().await;
            }
            Service::Ministack(ministack) => drop(ministack),
        }
    }
}

/// Our command line, on the table and the pools of these endpoints.
pub(super) async fn run_tenantctl(endpoint: &str, pools: &str, table: &str, arguments: &[&str]) -> Value {
    let output = tokio::process::Command::new(journeys::program("tenantctl"))
        .args(["--json", "--as", "judge", "--region", REGION, "--table", table, "--endpoint-url", endpoint])
        .args(["--pool-endpoint-url", pools])
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .output()
        .await
        .unwrap();
    let [out, error] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "tenantctl {arguments:?} at {endpoint}: {out}{error}");
    serde_json::from_str(&out).unwrap_or(Value::Null)
}

fn pool(id: &str, version: Version, functions: &str) -> PoolSettings {
    let mut pool = PoolSettings::new(id);
    let named = |name: &str| Some(name.to_owned());
    functions.clone_into(&mut pool.triggers.invoke_url);
    pool.triggers.pre_sign_up = named("pre-sign-up");
    pool.triggers.post_confirmation = named("post-confirmation");
    pool.triggers.pre_token_generation = named("pre-token-generation");
    pool.triggers.define_auth_challenge = named("define-auth-challenge");
    pool.triggers.create_auth_challenge = named("create-auth-challenge");
    pool.triggers.verify_auth_challenge = named("verify-auth-challenge");
    pool.triggers.pre_token_version = match version {
        Version::V1 => PreTokenVersion::V1,
        Version::V2 => PreTokenVersion::V2,
        Version::V3 => PreTokenVersion::V3,
    };
    pool.resource_servers
        .push(ResourceServer { identifier: "billing".to_owned(), scopes: vec!["read".to_owned(), "write".to_owned()] });
    pool
}

/// The first run of exactly so many digits.
pub(super) fn code_in(text: &str, digits: usize) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == digits).map(str::to_owned)
}

/// Without retries: ministack answers 500 to a refused token, and the SDK would ask for it again.
pub(super) fn sdk(url: &str) -> cognito::Client {
    let config = cognito::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    cognito::Client::from_conf(config)
}
