//! `cdk/examples/tenants-as-code`, deployed: tenants and app clients through CloudFormation and the registrar's release build.

use std::path::Path;

use serde_json::{Value, json};

use super::app::{App, domain_of};
use super::deployment::{Deployment, Tenants};

/// A setting that every deployment here has. ministack takes a change of outputs alone for none, and the stack of tenants imports outputs
/// that the identity stack has only now: so something else changes there as well.
const WITH: [&str; 2] = ["--context", "tenantry:logLevel=debug"];

/// A team takes a tenant that an operator made into its code, makes another one, changes what it said, gives both up, and comes back.
pub(super) async fn come_and_go(deployment: &Deployment, release: &Path, acme: &App<'_>) {
    let deploy = async |more: &[&str]| deployment.tenants("deploy", release, &[&WITH, more].concat()).await;
    let adopt = ["--context", "adopt=an operator made it by hand"];
    let clients = clients_in_pool(deployment).await;

    let refused = deploy(&[]).await.err().expect("the tenant is somebody else's");
    assert!(refused.contains("(THERE_ALREADY)"), "{refused}");
    assert_eq!(clients_in_pool(deployment).await, clients, "a deployment that failed leaves no client");

    let tenants = deploy(&adopt).await.unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(tenants.output("AcmeTenantId"), acme.tenant, "it is the tenant that was there, members and all");
    let (web, globex) = (app(deployment, &tenants, "Acme"), app(deployment, &tenants, "Globex"));
    for app in [&web, &globex] {
        let bound = bound(deployment, &app.client).await;
        assert_eq!([&bound["tenant_id"], &bound["kind"], &bound["mode"]], [&app.tenant, "tenant", "enforce"]);
    }
    web.lets_in_by_password("ann@acme.example").await;
    globex.refuses("stranger@elsewhere.example", "INVITATION_REQUIRED").await;
    domain_of(deployment, "globex").await;
    globex.admits("gus@globex.example").await;
    globex.lets_in_by_code("gus@globex.example").await;

    let again = deploy(&adopt).await.unwrap_or_else(|said| panic!("{said}")).said;
    assert_eq!(again.matches("(no changes)").count(), 3, "{again}");

    assert_eq!(callback(&web).await, ["https://acme.example/signed-in"]);
    assert_eq!(tenant(deployment, "acme").await["seats"]["limit"], 25);
    let wanted = [&adopt[..], &["--context", "callback=https://acme.example/new", "--context", "seats=40"]].concat();
    let changed = deploy(&wanted).await.unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(changed.output("AcmeClientId"), web.client, "it is the same client");
    assert_eq!(callback(&web).await, ["https://acme.example/new"]);
    assert_eq!(tenant(deployment, "acme").await["seats"], json!({ "used": 1, "owners": 0, "limit": 40 }));

    // What was said of each goes with its resource: one stays open, the other is closed. The clients are gone, and refused should they come again.
    destroyed(deployment, release).await;
    assert_eq!(clients_in_pool(deployment).await, clients);
    for app in [&web, &globex] {
        assert_eq!(bound(deployment, &app.client).await["kind"], "unbound");
    }
    assert_eq!(tenant(deployment, "acme").await["status"], "active");
    assert_eq!(tenant(deployment, "globex").await["status"], "closed");

    let tenants = deploy(&adopt).await.unwrap_or_else(|said| panic!("{said}"));
    let back = app(deployment, &tenants, "Globex");
    assert_eq!(back.tenant, globex.tenant);
    assert_ne!(back.client, globex.client);
    back.lets_in_by_code("gus@globex.example").await;
    destroyed(deployment, release).await;
}

fn app<'a>(deployment: &'a Deployment, tenants: &Tenants, of: &str) -> App<'a> {
    let output = |what: &str| tenants.output(&format!("{of}{what}"));
    App { deployment, tenant: output("TenantId"), client: output("ClientId") }
}

async fn destroyed(deployment: &Deployment, release: &Path) {
    let destroyed = deployment.tenants("destroy", release, &WITH).await;
    destroyed.unwrap_or_else(|said| panic!("{said}"));
}

/// What `tenantctl client list` shows of a client.
async fn bound(deployment: &Deployment, client: &str) -> Value {
    let listed = deployment.tenantctl(&["client", "list"]).await;
    let found = listed["clients"].as_array().unwrap().iter().find(|bound| bound["client_id"] == client);
    found.unwrap_or_else(|| panic!("no {client}: {listed}")).clone()
}

async fn tenant(deployment: &Deployment, slug: &str) -> Value {
    deployment.tenantctl(&["tenant", "show", slug]).await
}

/// The ids of the pool's app clients, in order.
async fn clients_in_pool(deployment: &Deployment) -> Vec<String> {
    let list = deployment.sdk().list_user_pool_clients().user_pool_id(deployment.output("UserPoolId"));
    let listed = list.max_results(60).send().await.unwrap();
    let mut ids: Vec<_> = listed.user_pool_clients().iter().filter_map(|client| client.client_id.clone()).collect();
    ids.sort();
    ids
}

/// Where a client sends people after managed login.
async fn callback(app: &App<'_>) -> Vec<String> {
    let pool = app.deployment.output("UserPoolId");
    let described = app.sdk().describe_user_pool_client().user_pool_id(pool).client_id(&app.client).send().await;
    described.unwrap().user_pool_client.unwrap().callback_urls.unwrap_or_default()
}
