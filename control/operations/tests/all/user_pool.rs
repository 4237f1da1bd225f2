//! A local user pool beside the table, over the real SDK, and a clock of its own for when its users came.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_cognitoidentityprovider as cognito;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cognitoidentityprovider::types::{MessageActionType, ProviderUserIdentifierType};
use domain::{Client, Membership, Person, PoolId, Tenant, TenantId};
use jiff::{SignedDuration, Timestamp};
use operations::{Case, Examination, NewBinding, NewMember, Operations, PoolHealth, UserPools};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use user_pool::{
    ClientSeed, ClientSettings, Clock, IdentityProvider, Pool, PoolSettings, ProviderKind, Random, Server, Settings,
    Sink,
};

use crate::table::{World, now, random, roles};

pub(crate) const POOL: &str = "eu-central-1_test";
pub(crate) const APP: &str = "app";
const PASSWORD: &str = "Correct-horse-1";

/// A pool whose settings are as they should be, with one app client, bound to Acme, whose owner is a user of the pool.
pub(crate) struct PoolWorld {
    pub(crate) world: World,
    pub(crate) server: Server,
    pub(crate) sdk: cognito::Client,
    pub(crate) acme: Tenant,
    /// How many hours ago the pool's users come.
    hours_ago: Arc<AtomicI64>,
}

fn a_month_ago() -> Timestamp {
    now() - SignedDuration::from_hours(30 * 24)
}

pub(crate) fn settled(world: &World) -> Operations {
    Operations::new(&world.table, domain::Actor::Operator("test".to_owned()), a_month_ago, random)
}

pub(crate) fn app_settings() -> ClientSettings {
    ClientSettings {
        explicit_auth_flows: ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
            .map(str::to_owned)
            .to_vec(),
        enable_token_revocation: Some(true),
        ..ClientSettings::for_passwords("web")
    }
}

impl PoolWorld {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let hours_ago = Arc::new(AtomicI64::new(30 * 24));
        let clock = {
            let hours_ago = Arc::clone(&hours_ago);
            Clock::new(move || now() - SignedDuration::from_hours(hours_ago.load(Ordering::Relaxed)))
        };
        let mut settings = PoolSettings::new(POOL);
        settings.clients.push(ClientSeed {
            client_id: Some(APP.to_owned()),
            settings: app_settings(),
            ..ClientSeed::default()
        });
        let server =
            Server::start(Settings::new(vec![settings], clock, Random::new(random), Sink::silent())).await.unwrap();
        let config = cognito::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(server.url())
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let sdk = cognito::Client::from_conf(config);
        let acme = world.tenant("acme").await;
        world.ops.bind_client(&NewBinding::to_tenant(client(APP), acme.id.clone())).await.unwrap();
        let this = Self { world, server, sdk, acme, hours_ago };
        this.slots(&["pre-sign-up", "post-confirmation", "pre-token-generation"]);
        this.member("olga", "owner").await;
        this
    }

    pub(crate) fn pool(&self) -> Arc<Pool> {
        self.server.pool(POOL).unwrap()
    }

    /// Users who come from now on come so long ago.
    pub(crate) fn came(&self, hours_ago: i64) {
        self.hours_ago.store(hours_ago, Ordering::Relaxed);
    }

    /// What `DescribeUserPool` shows otherwise.
    pub(crate) fn show(&self, name: &str, json: &str) {
        self.pool().update(|settings| {
            settings.shown.insert(name.to_owned(), json.parse().unwrap());
        });
    }

    /// Our functions in these slots, and none in the others.
    pub(crate) fn slots(&self, functions: &[&str]) {
        let arn = |name: &str| format!("arn:aws:lambda:eu-central-1:123456789012:function:tenantry-{name}");
        let slot = |name: &str| match name {
            "pre-sign-up" => "PreSignUp",
            "post-confirmation" => "PostConfirmation",
            "define-auth-challenge" => "DefineAuthChallenge",
            "create-auth-challenge" => "CreateAuthChallenge",
            "verify-auth-challenge" => "VerifyAuthChallengeResponse",
            _ => "PreTokenGeneration",
        };
        let mut fields: Vec<String> =
            functions.iter().map(|name| format!("\"{}\": \"{}\"", slot(name), arn(name))).collect();
        if functions.contains(&"pre-token-generation") {
            let arn = arn("pre-token-generation");
            fields.push(format!(
                "\"PreTokenGenerationConfig\": {{\"LambdaArn\": \"{arn}\", \"LambdaVersion\": \"V2_0\"}}"
            ));
        }
        self.show("LambdaConfig", &format!("{{{}}}", fields.join(", ")));
    }

    /// A user of the pool whom an administrator made.
    pub(crate) async fn user(&self, name: &str) -> Person {
        let made = self
            .sdk
            .admin_create_user()
            .user_pool_id(POOL)
            .username(format!("{name}@acme.example"))
            .message_action(MessageActionType::Suppress)
            .send()
            .await
            .unwrap();
        person(made.user().unwrap().username().unwrap())
    }

    /// Somebody who signed up and has not confirmed.
    pub(crate) async fn signs_up(&self, name: &str) -> Person {
        let address = format!("{name}@acme.example");
        let sent = self.sdk.sign_up().client_id(APP).username(address).password(PASSWORD).send().await.unwrap();
        person(sent.user_sub())
    }

    /// A user who is a member since a month.
    pub(crate) async fn member(&self, name: &str, role: &str) -> Membership {
        let person = self.user(name).await;
        self.joins(&self.acme.id, person, name, role).await
    }

    pub(crate) async fn joins(&self, tenant: &TenantId, person: Person, name: &str, role: &str) -> Membership {
        let address = Some(crate::table::email(name));
        let new = NewMember { person, address, roles: roles(role), lift_bar: false };
        settled(&self.world).add_member(tenant, &new).await.unwrap()
    }

    pub(crate) async fn delete_user(&self, person: &Person) {
        self.sdk.admin_delete_user().user_pool_id(POOL).username(person.sub.as_ref()).send().await.unwrap();
    }

    pub(crate) async fn is_there(&self, person: &Person) -> bool {
        self.sdk.admin_get_user().user_pool_id(POOL).username(person.sub.as_ref()).send().await.is_ok()
    }

    /// Links somebody at a provider to a user.
    pub(crate) async fn link(&self, person: &Person) {
        self.pool().set_provider(IdentityProvider::new("Okta", ProviderKind::Saml));
        let user = |name: &str, value: &str| {
            ProviderUserIdentifierType::builder().provider_name(name).provider_attribute_value(value).build()
        };
        self.sdk
            .admin_link_provider_for_user()
            .user_pool_id(POOL)
            .destination_user(user("Cognito", person.sub.as_ref()))
            .source_user(user("Okta", "1"))
            .send()
            .await
            .unwrap();
    }

    /// Somebody signs in by a provider for the first time, through the pool's local shortcut.
    pub(crate) async fn federates(&self, provider: &str, name: &str) {
        self.pool().set_provider(IdentityProvider::new(provider, ProviderKind::Saml));
        let body = format!(
            r#"{{"pool":"{POOL}","clientId":"managed","provider":"{provider}","subject":"{name}","attributes":{{"email":"{name}@acme.example"}}}}"#
        );
        let mut connection = tokio::net::TcpStream::connect(self.server.address()).await.unwrap();
        let request = format!(
            "POST /local/federate HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// An app client of the pool.
    pub(crate) fn add_client(&self, id: &str, settings: ClientSettings) -> Client {
        self.pool().add_client(ClientSeed { client_id: Some(id.to_owned()), settings, ..ClientSeed::default() });
        client(id)
    }

    pub(crate) async fn health(&self) -> PoolHealth {
        self.health_as(&Examination::default()).await
    }

    pub(crate) async fn health_as(&self, how: &Examination) -> PoolHealth {
        let chart = self.world.ops.chart(None).await.unwrap();
        let pool: PoolId = POOL.parse().unwrap();
        let mut health = PoolHealth::default();
        self.world.ops.examine_pool(&self.sdk, &chart, &pool, how, &|_| {}, &mut health).await.unwrap();
        health.sort();
        health
    }

    pub(crate) async fn codes(&self) -> Vec<&'static str> {
        self.health().await.cases.iter().map(|case| case.finding.code).collect()
    }

    /// The finding with this code.
    pub(crate) async fn case(&self, code: &str) -> Case {
        let health = self.health().await;
        let found = health.cases.iter().find(|case| case.finding.code == code);
        assert!(found.is_some(), "no {code} in {:?}", health.cases);
        found.cloned().unwrap()
    }

    pub(crate) fn pools(&self) -> UserPools<'_> {
        UserPools { cognito: &self.sdk, claims: &[], adopted: false }
    }

    pub(crate) async fn treat(&self, case: &mut Case) -> operations::Fixed {
        self.world.ops.treat(self.pools(), case).await.unwrap();
        case.finding.fix
    }
}

pub(crate) fn client(id: &str) -> Client {
    Client { pool: POOL.parse().unwrap(), id: id.parse().unwrap() }
}

fn person(sub: &str) -> Person {
    Person { pool: POOL.parse().unwrap(), sub: sub.parse().unwrap() }
}
