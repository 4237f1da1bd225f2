//! What a pool is made of: the settings that the caller writes, and may change while it runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::ClientSettings;
use crate::password::PasswordPolicy;
use crate::provider::IdentityProvider;

/// A pool's settings. E-mail addresses are the user names, in any case; sign-up mails a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PoolSettings {
    /// `REGION_name`, such as `eu-west-1_Local0001`.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// The rules for passwords.
    pub password_policy: PasswordPolicy,
    /// `AttributesRequireVerificationBeforeUpdate` with `email`: a changed address takes effect with its code. Without it
    /// the new address takes effect at once, unverified.
    pub verify_before_update: bool,
    /// `AllowAdminCreateUserOnly`: nobody signs up by himself.
    pub admin_create_only: bool,
    /// Cognito has been seen to lower-case federated user names in case-insensitive pools (amplify-js #13844).
    pub lower_case_federated_names: bool,
    /// Custom attributes, without `custom:`.
    pub custom_attributes: Vec<String>,
    /// The functions to call.
    pub triggers: Triggers,
    /// The identity providers.
    pub providers: Vec<IdentityProvider>,
    /// The resource servers, whose scopes clients may be given.
    pub resource_servers: Vec<ResourceServer>,
    /// The app clients to start with.
    pub clients: Vec<ClientSeed>,
    /// What `DescribeUserPool` shows otherwise than it is here, in the API's words: settings that this pool does not act on, such
    /// as `MfaConfiguration`. Objects are merged; null takes a field away.
    pub shown: Map<String, Value>,
    /// What `GetUserPoolMfaConfig` shows of second factors and passkeys, which `UpdateUserPool` knows nothing of.
    pub factors: Map<String, Value>,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self::new("eu-west-1_Local0001")
    }
}

impl PoolSettings {
    /// A pool with Cognito's defaults, verification before update and nothing in it.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            password_policy: PasswordPolicy::default(),
            verify_before_update: true,
            admin_create_only: false,
            lower_case_federated_names: false,
            custom_attributes: Vec::new(),
            triggers: Triggers::default(),
            providers: Vec::new(),
            resource_servers: Vec::new(),
            clients: Vec::new(),
            shown: Map::new(),
            factors: Map::new(),
        }
    }

    /// The Region in the pool's id.
    pub fn region(&self) -> &str {
        self.id.split_once('_').map_or("eu-west-1", |(region, _)| region)
    }
}

/// The functions that a pool calls. An empty name is no trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Triggers {
    /// Where Lambda's Invoke API is, such as `http://127.0.0.1:9000`.
    pub invoke_url: String,
    /// The pre sign-up function's name.
    pub pre_sign_up: Option<String>,
    /// The post confirmation function's name.
    pub post_confirmation: Option<String>,
    /// The pre token generation function's name.
    pub pre_token_generation: Option<String>,
    /// The define auth challenge function's name.
    pub define_auth_challenge: Option<String>,
    /// The create auth challenge function's name.
    pub create_auth_challenge: Option<String>,
    /// The verify auth challenge response function's name.
    pub verify_auth_challenge: Option<String>,
    /// The version of the pre token generation event.
    pub pre_token_version: PreTokenVersion,
    /// A function is called only if its resource policy lets this pool call it, as on AWS. Off, it is called anyway.
    #[serde(skip)]
    pub needs_permission: bool,
    /// How long one call may take; Cognito's limit is fixed at five seconds.
    #[serde(skip)]
    pub limit: Duration,
    /// How often a call is made in all if it times out.
    #[serde(skip)]
    pub attempts: u32,
}

impl Default for Triggers {
    fn default() -> Self {
        Self {
            invoke_url: String::new(),
            pre_sign_up: None,
            post_confirmation: None,
            pre_token_generation: None,
            define_auth_challenge: None,
            create_auth_challenge: None,
            verify_auth_challenge: None,
            pre_token_version: PreTokenVersion::V2,
            needs_permission: false,
            limit: Duration::from_secs(5),
            attempts: 3,
        }
    }
}

/// `LambdaVersion` of `PreTokenGenerationConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PreTokenVersion {
    /// ID token only, string values.
    V1,
    /// Access token and scopes too.
    V2,
    /// Client credentials too.
    V3,
}

/// A resource server: the scopes of an API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceServer {
    /// The first half of its scopes, before the slash.
    pub identifier: String,
    /// The second halves.
    pub scopes: Vec<String>,
}

/// An app client to make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientSeed {
    /// Its id; made up if absent.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<String>,
    /// Make up a secret.
    pub generate_secret: bool,
    /// Its settings, spelled as the API spells them.
    pub settings: ClientSettings,
}
