//! The official SDK's story: every version of the token event, machines, administrators, and what the table says meanwhile.

use aws_sdk_cognitoidentityprovider as cognito;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use cognito::error::{ProvideErrorMetadata, SdkError};
use cognito::types::{AttributeType, AuthFlowType, AuthenticationResultType, ChallengeNameType, MessageActionType};
use domain::Email;
use serde_json::{Map, Value, json};

use super::expectations::Seen;
use super::ground::{AppClient, Ground, Version};
use super::http;
use super::town::{self, People};

const PASSWORD: &str = "Correct-horse-1";

/// The story, from the first pool to the newest.
pub(super) async fn story(ground: &Ground) -> Seen {
    let people = People::of("sdk");
    let mut seen = Seen::new();
    for version in Version::ALL {
        let person = Person { ground, version, client: ground.client(version, "desk"), address: &people.ann };
        seen.insert(format!("a membership after the confirmation, {version:?}"), person.joins().await);
        seen.insert(format!("a password, {version:?}"), said(&person.signs_in().await));
        seen.insert(format!("a machine, {version:?}"), machine(ground, version).await);
    }
    let ann = Person { ground, version: Version::V3, client: ground.client(Version::V3, "desk"), address: &people.ann };
    let tokens = ann.signs_in().await.unwrap();
    seen.insert("a refresh by InitiateAuth".to_owned(), said(&ann.refreshes(&tokens).await));
    ground.tenantctl(&["tenant", "suspend", "acme", "--reason", "judged"]).await;
    seen.insert("a refresh while the tenant is suspended".to_owned(), said(&ann.refreshes(&tokens).await));
    seen.insert("a password while the tenant is suspended".to_owned(), said(&ann.signs_in().await));
    ground.tenantctl(&["tenant", "resume", "acme", "--reason", "judged"]).await;
    seen.insert("a refresh once it is resumed".to_owned(), said(&ann.refreshes(&tokens).await));
    seen.insert("an administrator's user".to_owned(), administrators_user(ground, &people).await);
    seen.into_iter().map(|(of, value)| (of, people.named(&ground.named(&value)))).collect()
}

/// Somebody at an app client of a pool.
struct Person<'a> {
    ground: &'a Ground,
    version: Version,
    client: &'a AppClient,
    address: &'a str,
}

impl Person<'_> {
    /// Signs up and confirms; the status of the membership, straight from the table.
    async fn joins(&self) -> Value {
        let (sdk, client) = (self.ground.sdk(), &self.client.id);
        let signed_up = sdk.sign_up().client_id(client).username(self.address).password(PASSWORD).send().await.unwrap();
        let code = self.ground.code(self.address).await;
        let confirm = sdk.confirm_sign_up().client_id(client).username(self.address).confirmation_code(code);
        confirm.send().await.unwrap();
        let operations = town::operations(self.ground);
        let tenant = operations.find_tenant("acme").await.unwrap();
        let members = operations.members(&tenant.id).await.unwrap();
        let row = members.iter().find(|member| member.person.sub.as_ref() == signed_up.user_sub());
        let status = row.map(|member| format!("{:?}", member.status).to_lowercase());
        self.ground.verified(self.version, self.address).await;
        json!(status)
    }

    async fn signs_in(&self) -> Result<AuthenticationResultType, String> {
        let initiate = self.ground.sdk().initiate_auth().client_id(&self.client.id);
        let sent = initiate
            .auth_flow(AuthFlowType::UserPasswordAuth)
            .auth_parameters("USERNAME", self.address)
            .auth_parameters("PASSWORD", PASSWORD)
            .send()
            .await;
        sent.map(|answer| answer.authentication_result().unwrap().clone()).map_err(words)
    }

    async fn refreshes(&self, tokens: &AuthenticationResultType) -> Result<AuthenticationResultType, String> {
        let initiate = self.ground.sdk().initiate_auth().client_id(&self.client.id);
        let sent = initiate
            .auth_flow(AuthFlowType::RefreshTokenAuth)
            .auth_parameters("REFRESH_TOKEN", tokens.refresh_token().unwrap())
            .send()
            .await;
        sent.map(|answer| answer.authentication_result().unwrap().clone()).map_err(words)
    }
}

/// Somebody whom an administrator made, with a proven address: no post confirmation, and a member at the first token.
async fn administrators_user(ground: &Ground, people: &People) -> Value {
    let (pool, client) = (ground.pool(Version::V3), &ground.client(Version::V3, "desk").id);
    let address = people.ann.replace("ann", "gus").parse::<Email>().unwrap().to_string();
    let attribute = |name: &str, value: &str| AttributeType::builder().name(name).value(value).build().unwrap();
    let create = ground.sdk().admin_create_user().user_pool_id(pool).username(&address);
    let create = create.temporary_password("Temporary-1").message_action(MessageActionType::Suppress);
    create
        .user_attributes(attribute("email", &address))
        .user_attributes(attribute("email_verified", "true"))
        .send()
        .await
        .unwrap();
    let initiate = ground.sdk().initiate_auth().client_id(client).auth_flow(AuthFlowType::UserPasswordAuth);
    let initiate = initiate.auth_parameters("USERNAME", &address).auth_parameters("PASSWORD", "Temporary-1");
    let challenge = initiate.send().await.unwrap();
    assert_eq!(challenge.challenge_name(), Some(&ChallengeNameType::NewPasswordRequired));
    let respond = ground.sdk().respond_to_auth_challenge().client_id(client);
    let respond = respond.challenge_name(ChallengeNameType::NewPasswordRequired).session(challenge.session().unwrap());
    let respond = respond.challenge_responses("USERNAME", &address).challenge_responses("NEW_PASSWORD", PASSWORD);
    let answered = respond.send().await;
    said(&answered.map(|answer| answer.authentication_result().unwrap().clone()).map_err(words))
}

/// What a robot's token says; the status instead if there is none.
async fn machine(ground: &Ground, version: Version) -> Value {
    let robot = ground.client(version, "robot");
    let basic = BASE64_STANDARD.encode(format!("{}:{}", robot.id, robot.secret.as_deref().unwrap()));
    let url = ground.token_endpoint(version);
    let form = format!("grant_type=client_credentials&client_id={}&scope=billing%2Fread", robot.id);
    match http::post_form(&url, &form, &basic).await {
        (200, body) => claims(body["access_token"].as_str().unwrap()),
        (status, body) => json!(format!("{status}: {body}")),
    }
}

/// What both tokens say of the tenant, and of scopes; or the refusal.
fn said(outcome: &Result<AuthenticationResultType, String>) -> Value {
    match outcome {
        Ok(tokens) => {
            json!({ "id": claims(tokens.id_token().unwrap()), "access": claims(tokens.access_token().unwrap()) })
        }
        Err(words) => json!(words),
    }
}

fn claims(token: &str) -> Value {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let mut claims: Map<String, Value> = serde_json::from_slice(&payload).unwrap();
    claims.retain(|name, _| {
        let ours = ["tenant_id", "tenant_slug", "tenant_tier", "roles", "permissions", "scope"];
        ours.contains(&name.as_str()) || name == "https://aws.amazon.com/tags"
    });
    Value::Object(claims)
}

/// An SDK's error as its exception and its sentence.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(super) fn words<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(error: SdkError<E, R>) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => format!("{error:?}"),
    }
}
