//! Pre token generation V2 with the Rust SDK as its guides show it: claims of the tenant that the app client belongs to.

use std::collections::HashMap;
use std::sync::RwLock;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use serde_json::{Value, json};

type Item = HashMap<String, AttributeValue>;

struct Tokens {
    dynamodb: Client,
    table: String,
    /// A client belongs to one tenant for good.
    tenants: RwLock<HashMap<String, String>>,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let tokens = Tokens { dynamodb: Client::new(&config), table: std::env::var("TABLE")?, tenants: RwLock::default() };
    let tokens = &tokens;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| tokens.answer(event.payload))).await
}

impl Tokens {
    async fn answer(&self, mut event: Value) -> Result<Value, Error> {
        let client = event["callerContext"]["clientId"].as_str().ok_or("This event names no app client.")?;
        let sub = event["request"]["userAttributes"]["sub"].as_str().ok_or("This event names no user.")?;
        let tenant_id = self.tenant_of(client).await?;
        let (tenant, membership) = self.read(&tenant_id, sub).await?;
        if text(&tenant, "status")? != "active" {
            return Err("This workspace is suspended. Ask its owner to contact support.".into());
        }
        let Some(membership) = membership.filter(|membership| text(membership, "status").is_ok_and(|s| s == "active"))
        else {
            return Err("You are not a member of this workspace. Ask its owner to invite you.".into());
        };
        let claims = json!({
            "tenant_id": tenant_id,
            "tenant_slug": text(&tenant, "slug")?,
            "member_id": text(&membership, "memberId")?,
            "roles": words(&membership, "roles")?,
        });
        event["response"]["claimsAndScopeOverrideDetails"] = json!({
            "idTokenGeneration": { "claimsToAddOrOverride": claims },
            "accessTokenGeneration": { "claimsToAddOrOverride": claims },
        });
        Ok(event)
    }

    async fn tenant_of(&self, client: &str) -> Result<String, Error> {
        if let Some(tenant) = self.tenants.read().map_err(|_| BROKEN)?.get(client) {
            return Ok(tenant.clone());
        }
        let found = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(&format!("CLIENT#{client}"), "CLIENT")))
            .consistent_read(true)
            .send()
            .await?;
        let item = found.item.ok_or("This application belongs to no workspace.")?;
        let tenant = text(&item, "tenant")?.to_owned();
        self.tenants.write().map_err(|_| BROKEN)?.insert(client.to_owned(), tenant.clone());
        Ok(tenant)
    }

    /// The tenant, and the user's membership in it if there is one, as they are now.
    async fn read(&self, tenant: &str, sub: &str) -> Result<(Item, Option<Item>), Error> {
        let of_tenant = format!("TENANT#{tenant}");
        let of_user = format!("USER#{sub}");
        let keys = KeysAndAttributes::builder()
            .keys(key(&of_tenant, "TENANT"))
            .keys(key(&of_user, &of_tenant))
            .consistent_read(true)
            .build()?;
        let found = self.dynamodb.batch_get_item().request_items(&self.table, keys).send().await?;
        if found.unprocessed_keys.is_some_and(|keys| !keys.is_empty()) {
            return Err(BROKEN.into());
        }
        let mut items = found.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
        let mut take = |pk: &str| {
            let at = items.iter().position(|item| text(item, "pk").is_ok_and(|found| found == pk))?;
            Some(items.swap_remove(at))
        };
        let tenant = take(&of_tenant).ok_or("This application belongs to no workspace.")?;
        Ok((tenant, take(&of_user)))
    }
}

const BROKEN: &str = "Something went wrong on our side. Try again in a moment.";

fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(pk.to_owned())),
        ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
    ])
}

fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, Error> {
    let value = item.get(name).ok_or(BROKEN)?;
    value.as_s().map(String::as_str).map_err(|_| BROKEN.into())
}

fn words<'a>(item: &'a Item, name: &str) -> Result<Vec<&'a str>, Error> {
    let list = item.get(name).and_then(|value| value.as_l().ok()).ok_or(BROKEN)?;
    list.iter().map(|word| word.as_s().map(String::as_str).map_err(|_| BROKEN.into())).collect()
}
