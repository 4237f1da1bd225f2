//! Journeys of people through the local user pool, with the real programs and the official SDK.
//!
//! The programs must be built: `cargo build --workspace`, then `cargo test -p tenantry-tests`.

mod admin_created;
pub(crate) mod adoption;
mod attach;
mod by_challenge;
mod by_hand;
mod cargo_lambda;
mod chain_interrupted;
mod closed;
mod consultant;
mod contractor;
mod demo;
mod kept;
mod managed_login;
mod new_domain;
mod outage;
mod reinvited;
mod sso;
mod tenant_session;

use std::path::PathBuf;

use domain::{Client, Email, JoinMode, Membership, Policy, Refusal, Roles, Tenant};
use laptop::{Outcome, Programs, Settings, Stack, Tokens, Town, World};
use operations::{MemberName, NewBinding, NewTenant};
use serde_json::{Value, json};
use user_pool::{ClientSeed, ClientSettings};

/// A stack with the town of the demo in it.
struct Laptop {
    stack: Stack,
    town: Town,
}

impl std::ops::Deref for Laptop {
    type Target = Stack;
    fn deref(&self) -> &Stack {
        &self.stack
    }
}

impl Laptop {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(world(), programs());
        change(&mut settings);
        let stack = Stack::start(settings).await.unwrap_or_else(|fault| panic!("{fault}"));
        let town = Town::settle(&stack).await.unwrap();
        Self { stack, town }
    }

    /// Another tenant, which asks its people in one by one, with an app of its own under its slug.
    async fn tenant(&self, slug: &str) -> Tenant {
        let policy = Policy { join: JoinMode::InvitationOnly, ..Policy::default() };
        let new = NewTenant { policy, ..NewTenant::new(slug.parse().unwrap(), slug) };
        let tenant = self.operations().create_tenant(&new).await.unwrap();
        self.pool().unwrap().add_client(ClientSeed {
            client_id: Some(slug.to_owned()),
            settings: ClientSettings::for_passwords(slug),
            ..ClientSeed::default()
        });
        let client = Client { pool: self.pool_id().unwrap(), id: slug.parse().unwrap() };
        self.operations().bind_client(&NewBinding::to_tenant(client, tenant.id.clone())).await.unwrap();
        tenant
    }

    /// A member's row, by address.
    async fn row(&self, tenant: &Tenant, address: &str) -> Membership {
        self.operations().find_member(&tenant.id, &named(address)).await.unwrap()
    }

    /// How many seats are taken.
    async fn seats(&self, tenant: &Tenant) -> u64 {
        self.operations().seats(&tenant.id).await.unwrap().used
    }

    /// The person has the account's address changed, to a mailbox that they proved. Their own tokens may not edit it.
    async fn change_address(&self, tokens: &Tokens, to: &str) {
        let change = self.sdk().admin_update_user_attributes().user_pool_id(laptop::POOL).username(tokens.sub());
        let change = [("email", to), ("email_verified", "true")].into_iter().fold(change, |change, (name, value)| {
            let attribute = aws_sdk_cognitoidentityprovider::types::AttributeType::builder().name(name).value(value);
            change.user_attributes(attribute.build().unwrap())
        });
        change.send().await.unwrap();
    }
}

fn named(address: &str) -> MemberName {
    address.parse::<Email>().unwrap().into()
}

/// The programs that `cargo build --workspace` puts beside the tests, or where `TENANTRY_BIN_DIR` says.
fn programs() -> Programs {
    match variable("TENANTRY_BIN_DIR") {
        Some(folder) => Programs::at(folder),
        None => Programs::beside(&std::env::current_exe().unwrap()),
    }
}

pub(crate) fn program(name: &str) -> PathBuf {
    programs().find(name).unwrap_or_else(|fault| panic!("{fault}"))
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[expect(clippy::disallowed_methods, reason = "tests read what cargo xtask test hands them")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the programs live in real time, and so does the town")]
pub(crate) fn world() -> World {
    World { now: jiff::Timestamp::now, random: |buffer| getrandom::fill(buffer).unwrap() }
}

/// Tokens that speak of this tenant with these roles, alike in the ID and in the access token.
#[track_caller]
fn member(outcome: Outcome, tenant: &Tenant, roles: &[&str]) -> Tokens {
    let tokens = outcome.unwrap_or_else(|refused| panic!("{refused}"));
    for claims in [tokens.claims(), tokens.access_claims()] {
        let claim = |name: &str| claims.get(name).cloned().unwrap_or(Value::Null);
        assert_eq!(claim("tenant_id"), json!(tenant.id.to_string()), "{claims:?}");
        assert_eq!(claim("tenant_slug"), json!(tenant.slug.to_string()));
        assert_eq!(claim("roles"), json!(roles));
        assert_eq!(claim("member_id"), json!(tokens.text("member_id")));
    }
    assert_eq!(
        tokens.claims().get("https://aws.amazon.com/tags"),
        Some(
            &json!({ "principal_tags": { "tenant_id": [tenant.id.to_string()] }, "transitive_tag_keys": ["tenant_id"] })
        )
    );
    tokens
}

/// Tokens that speak of no tenant.
#[track_caller]
fn nobodys(outcome: Outcome) -> Tokens {
    let tokens = outcome.unwrap_or_else(|refused| panic!("{refused}"));
    for claims in [tokens.claims(), tokens.access_claims()] {
        for name in [
            "tenant_id",
            "tenant_slug",
            "tenant_tier",
            "member_id",
            "roles",
            "permissions",
            "https://aws.amazon.com/tags",
        ] {
            assert!(!claims.contains_key(name), "{name} in {claims:?}");
        }
    }
    tokens
}

/// A refusal with this code.
#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, laptop::Refused>, refusal: Refusal) {
    match outcome {
        Err(refused) => assert_eq!(refused.refusal(), Some(refusal), "{refused}"),
        Ok(got) => panic!("{} was expected, not {got:?}", refusal.code()),
    }
}

fn roles(names: &[&str]) -> Roles {
    Roles::parse(names.iter().copied()).unwrap()
}
