//! Three tenants with three ways in, made as an operator makes them, and the people who try.

use aws_sdk_cognitoidentityprovider as cognito;
use cognito::types::{ExplicitAuthFlowsType, OAuthFlowType, PreventUserExistenceErrorTypes};
use domain::Actor;
use operations::Operations;
use serde::Serialize;
use serde_json::Value;

use super::ground::{AppClient, Ground, TABLE, Version};
use crate::journeys;

/// The tenants; each has a domain, `SLUG.example`, and an app client of its name in the newest pool.
pub(super) const TENANTS: [&str; 3] = ["acme", "globex", "initech"];

/// Who tries. Everybody's address is of his tenant's domain, and of one story.
#[derive(Debug, Serialize)]
pub(super) struct People {
    /// Of no tenant's domain.
    pub(super) stranger: String,
    /// Signs in with a password.
    pub(super) ann: String,
    /// With a password and a code.
    pub(super) bob: String,
    /// With a code alone.
    pub(super) cid: String,
    /// Never signs up.
    pub(super) nobody: String,
}

impl People {
    pub(super) fn of(story: &str) -> Self {
        let at = |name: &str, domain: &str| format!("{name}.{story}@{domain}.example");
        Self {
            stranger: at("stranger", "elsewhere"),
            ann: at("ann", "acme"),
            bob: at("bob", "globex"),
            cid: at("cid", "initech"),
            nobody: at("nobody", "initech"),
        }
    }

    /// What was seen, with names for what is another one in each run: addresses, user names.
    pub(super) fn named(&self, seen: &Value) -> Value {
        let Self { stranger, ann, bob, cid, nobody } = self;
        let names = [(stranger, "<stranger>"), (ann, "<ann>"), (bob, "<bob>"), (cid, "<cid>"), (nobody, "<nobody>")];
        let text = names.iter().fold(seen.to_string(), |text, (address, name)| text.replace(*address, name));
        let mut seen: Value = serde_json::from_str(&text).unwrap();
        if let Some(parameters) = seen.as_object_mut() {
            for (name, value) in parameters {
                let is_uuid = |id: &str| id.len() == 36 && id.matches('-').count() == 4;
                if name == "USERNAME" && value.as_str().is_some_and(is_uuid) {
                    *value = "<uuid>".into();
                }
            }
        }
        seen
    }
}

/// Makes the table, the tenants, their domains, a catalogue, and the app clients of every pool: those of the newest pool with our
/// command line alone, those of the others as somebody who was there before us made them.
pub(super) async fn settle(ground: &mut Ground) {
    ground.tenantctl(&["init"]).await;
    ground.tenantctl(&["role", "set", "member", "--permission", "invoices:read", "--scope", "billing/read"]).await;
    for slug in TENANTS {
        let tenant = ground.tenantctl(&["tenant", "create", slug]).await;
        ground.add_tenant(slug, tenant["tenant_id"].as_str().unwrap().to_owned());
        let domain = format!("{slug}.example");
        ground.tenantctl(&["domain", "claim", slug, &domain]).await;
        ground.tenantctl(&["domain", "verify", slug, &domain, "--assume-verified", "it is invented"]).await;
    }
    for version in Version::ALL {
        adopt(ground, version, "desk", &["--tenant", "acme", "--account-scope", "suppress"]).await;
    }
    for version in [Version::V1, Version::V2] {
        adopt(ground, version, "robot", &["--machine", "acme", "--role", "member"]).await;
    }
    for slug in TENANTS {
        make(ground, slug, slug, &[]).await;
    }
    make(ground, "acme", "robot", &["--machine", "--scope", "billing/read"]).await;
    // Only now, so that the clients have to be brought in line.
    ground.tenantctl(&["tenant", "policy", "set", "globex", "--chain", "password-and-code", "--yes"]).await;
    ground.tenantctl(&["tenant", "policy", "set", "initech", "--chain", "code", "--yes"]).await;
}

/// What an operator can do to the ground's table.
pub(super) fn operations(ground: &Ground) -> Operations {
    let (table, world) = (tests::Engine::connect_at(ground.table(), TABLE), journeys::world());
    Operations::new(&table, Actor::Operator("judge".to_owned()), world.now, world.random)
}

/// An app client in the newest pool, made and bound by one command.
async fn make(ground: &mut Ground, tenant: &str, name: &str, more: &[&str]) {
    let pool = ground.pool(Version::V3).to_owned();
    let mut words = vec!["client", "create", tenant, "--name", name, "--pool", &pool];
    words.extend(more);
    let made = ground.tenantctl(&words).await;
    let text = |name: &str| made[name].as_str().map(str::to_owned);
    ground.add_client(Version::V3, name, AppClient { id: text("client_id").unwrap(), secret: text("secret") });
}

/// An app client that somebody made in the pool, bound afterwards.
async fn adopt(ground: &mut Ground, version: Version, name: &str, bound: &[&str]) {
    let create = ground
        .sdk()
        .create_user_pool_client()
        .user_pool_id(ground.pool(version))
        .client_name(name)
        .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth);
    let create = if name == "robot" {
        create
            .generate_secret(true)
            .allowed_o_auth_flows_user_pool_client(true)
            .allowed_o_auth_flows(OAuthFlowType::ClientCredentials)
            .allowed_o_auth_scopes("billing/read")
    } else {
        create.explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
    };
    let made = create.send().await.unwrap();
    let made = made.user_pool_client().unwrap();
    let id = made.client_id().unwrap().to_owned();
    let client = AppClient { id: id.clone(), secret: made.client_secret().map(str::to_owned) };
    let named = format!("{}:{id}", ground.pool(version));
    let mut words = vec!["client", "bind", &named];
    words.extend(bound);
    ground.tenantctl(&words).await;
    ground.add_client(version, name, client);
}
