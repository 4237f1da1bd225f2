//! The scenarios of operators whose commands also ask a user pool.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{Chain, Client, ClientKind};
use operations::{
    Adopting, AttachError, AttachWish, Case, ClientWish, Finding, Fixed, ImportDone, ImportRow, OperationError,
    Operations, OurFunctions, PolicyChange, PoolImport, RolesFrom, Severity, Step, UserPools,
};
use pool::attach::Reading;
use pool::survey::Trigger;
use serde_json::json;
use store::Key;
use store::entity::ClientIntent;
use user_pool::{ClientSeed, ClientSettings, PoolSettings};

use super::deeds::{acme, app, operator};
use super::events::{BEN, BOB, town};
use super::scenario::{By, Records, Said, Scenario, nothing};
use crate::World;
use crate::beside::{Clients, Seeds};
use crate::nouns::{POOL, client, email, member_id, minutes, now, parse, person, pool, roles};

/// What stands in the name of a client that was made for an intent.
const NONCE: &str = "5f1c0a9be27d4836";

/// A client that a run before made.
const MADE: &str = "1made0by0a0run0before00000";

const PASSWORD: &str = "Correct-horse-1";

fn pools(world: &World) -> UserPools<'_> {
    UserPools { cognito: &world.clients().cognito, claims: &[], adopted: false }
}

fn adopted(world: &World) -> UserPools<'_> {
    UserPools { adopted: true, ..pools(world) }
}

fn wish() -> ClientWish {
    ClientWish {
        pool: pool(),
        name: "web".to_owned(),
        kind: ClientKind::Tenant(acme()),
        suppress_account_scope: true,
        secret: false,
        password_flow: false,
        callback_urls: Vec::new(),
        logout_urls: Vec::new(),
        scopes: Vec::new(),
    }
}

fn robot() -> ClientWish {
    let kind = ClientKind::Machine { tenant: acme(), roles: roles(&["viewer"]) };
    ClientWish { name: "robot".to_owned(), kind, secret: true, scopes: vec!["api/read".to_owned()], ..wish() }
}

fn seeds(clients: Vec<ClientSeed>) -> Seeds {
    let api = user_pool::ResourceServer { identifier: "api".to_owned(), scopes: vec!["read".to_owned()] };
    let custom_attributes = vec!["company".to_owned()];
    let settings = PoolSettings { clients, resource_servers: vec![api], custom_attributes, ..PoolSettings::new(POOL) };
    Seeds { settings, ..Seeds::default() }
}

fn seed(id: &str, settings: ClientSettings) -> ClientSeed {
    ClientSeed { client_id: Some(id.to_owned()), settings, ..ClientSeed::default() }
}

fn empty() -> Seeds {
    seeds(Vec::new())
}

/// What a run left that was interrupted before it bound what it had made: for passwords, which is not what is asked for now.
fn left_over() -> Seeds {
    seeds(vec![seed(MADE, ClientSettings::for_passwords(format!("web tenantry-{NONCE}")))])
}

/// The clients of the town, and none is as it has to be.
fn lax() -> Seeds {
    seeds(vec![
        seed("acme", ClientSettings::for_passwords("acme")),
        ClientSeed { generate_secret: true, ..seed("robot", ClientSettings::for_machine("robot", ["api/read"])) },
    ])
}

/// Nothing is attached, and a client was never bound.
fn unattached() -> Seeds {
    let clients = lax().settings.clients.into_iter().chain([seed("stray", ClientSettings::for_passwords("stray"))]);
    let functions = vec![format!("tenantry-{}", Trigger::PreSignUp.name())];
    Seeds { functions, ..seeds(clients.collect()) }
}

/// A function of ours is attached.
fn attached() -> Seeds {
    let mut seeds = unattached();
    seeds.settings.triggers.pre_sign_up = seeds.functions.first().cloned();
    seeds
}

/// Of ben and bob it says of which tenant they are; eve never confirmed.
fn users() -> Seeds {
    let made = |address: &str| {
        let attributes = json!([
            { "Name": "email", "Value": address },
            { "Name": "email_verified", "Value": "true" },
            { "Name": "custom:company", "Value": "acme" },
        ]);
        let asked = json!({
            "UserPoolId": POOL,
            "Username": address,
            "MessageAction": "SUPPRESS",
            "UserAttributes": attributes,
        });
        ("AdminCreateUser", asked)
    };
    let eve = json!({ "ClientId": "acme", "Username": EVE, "Password": PASSWORD });
    Seeds { users: vec![made(BEN), made(BOB), ("SignUp", eve)], ..lax() }
}

const EVE: &str = "eve@elsewhere.example";

fn intent() -> ClientIntent {
    ClientIntent {
        pool: pool(),
        name: "web".to_owned(),
        kind: ClientKind::Tenant(acme()),
        nonce: NONCE.to_owned(),
        made: None,
        bound: None,
        created: now(),
        revision: 0,
    }
}

/// A run was interrupted.
async fn interrupted(world: &World) {
    town(world).await;
    world.put(&intent()).await;
}

/// Acme has one app client.
async fn one_client(world: &World) {
    town(world).await;
    world.delete(&Key::binding(&app("robot"))).await;
}

/// A run made a client and bound it.
async fn made(world: &World) {
    town(world).await;
    let bound = client(MADE, ClientKind::Tenant(acme()));
    world.put(&ClientIntent { made: Some(bound.client.id.clone()), bound: Some(now()), ..intent() }).await;
    world.put(&bound).await;
}

fn policy() -> PolicyChange {
    PolicyChange { chain: Some(Chain::Code), ..PolicyChange::default() }
}

fn case(step: Step) -> Case {
    let finding = Finding {
        code: "X",
        severity: Severity::Note,
        target: "X".to_owned(),
        message: "X".to_owned(),
        fix: Fixed::Possible,
    };
    Case { finding, steps: vec![step] }
}

/// What becomes of a step that stays undone is told in the report, and it can be asked for again.
async fn treat(ops: &Operations, pools: UserPools<'_>, mut case: Case) -> Result<Fixed, OperationError> {
    ops.treat(pools, &mut case).await?;
    if case.finding.fix == Fixed::No { Err(unread()) } else { Ok(case.finding.fix) }
}

/// Who is left out since an item could not be read is told in the report, and the same import takes them in later.
async fn import(world: &World, ops: &Operations) -> Result<ImportDone, OperationError> {
    let import = PoolImport {
        pool: pool(),
        attribute: "custom:company".to_owned(),
        map: BTreeMap::new(),
        roles: RolesFrom::Said(roles(&["member"])),
    };
    let plan = ops.plan_pool_import(&world.clients().cognito, &import, &|_| {}).await?;
    let mut done = ImportDone::default();
    ops.import_from_pool(&plan, &|_| {}, &mut done).await?;
    let unread = unread();
    if plan.skipped.iter().chain(&done.failed).any(|one| one.code == unread.code()) { Err(unread) } else { Ok(done) }
}

async fn sub_of(world: &World, address: &str) -> Option<String> {
    let asked = world.clients().cognito.list_users().user_pool_id(POOL).filter(format!("email = \"{address}\""));
    let found = asked.send().await.expect("a list");
    found.users().first().and_then(|user| user.username()).map(str::to_owned)
}

/// Attaches a function to the pool, whose clients are said to be meant to enforce.
async fn attach(world: &World) -> Said {
    let ops = operator(world);
    let Clients { cognito, lambda } = world.clients();
    let wish = AttachWish {
        pool: pool(),
        functions: ours(),
        // The table hears the same, however many there are.
        only: BTreeSet::from([Trigger::PreSignUp]),
        version: None,
        enforced: true,
        probe: false,
        attributes: Vec::new(),
        reading: Reading::Nobody,
        tenantctl: "tenantctl".to_owned(),
        look: String::new(),
    };
    let aws = Adopting { cognito, lambda };
    let attached = async {
        let plan = ops.plan_attach(aws, &wish, &|_| {}).await?;
        ops.attach(aws, &wish, &plan).await
    };
    match attached.await.map_err(AttachError::cause) {
        // What one run did of it is its own business.
        Ok(attached) if attached.warnings.is_empty() => Said::Done("attached".to_owned()),
        // It is attached, and what could not be looked at is told.
        Ok(_) => Said::Broken,
        Err(AttachError::Operation(error) | AttachError::Unsure { cause: error, .. }) => {
            Said::of_operation(Err::<(), _>(error))
        }
        // Somebody else is at it.
        Err(other) => Said::No(other.code().to_owned()),
    }
}

/// Detaches it again.
async fn detach(world: &World) -> Said {
    let ops = operator(world);
    let Clients { cognito, lambda } = world.clients();
    let (aws, ours) = (Adopting { cognito, lambda }, ours());
    let detached = async {
        let plan = ops.plan_detach(aws, &pool(), &ours).await?;
        ops.detach(aws, &plan, Duration::from_secs(1)).await.map(|done| (plan.warnings, done.warnings))
    };
    match detached.await {
        Ok((unknown, undone)) if unknown.is_empty() && undone.is_empty() => Said::Done("detached".to_owned()),
        // It is detached, and what could not be read or recorded is told.
        Ok(_) => Said::Broken,
        Err(error) => match error.cause() {
            AttachError::Operation(error) => Said::of_operation(Err::<(), _>(error)),
            other => Said::No(other.code().to_owned()),
        },
    }
}

fn ours() -> OurFunctions {
    OurFunctions { prefix: "tenantry".to_owned(), alias: None, exactly: BTreeMap::new() }
}

fn unread() -> OperationError {
    OperationError::Broken(store::Broken::ForeignKey)
}

macro_rules! of {
    ($name:literal, $seeds:expr, $prepare:expr, |$world:ident, $ops:ident| $act:expr) => {
        of!($name, $seeds, $prepare, async |$world: &World| {
            let $ops = operator($world);
            Said::of_operation($act.await)
        })
    };
    ($name:literal, $seeds:expr, $prepare:expr, $act:expr) => {
        Scenario {
            name: $name,
            by: By::Operator,
            beside: Some($seeds),
            prepare: |world| Box::pin($prepare(world)),
            act: |world| Box::pin(async move { $act(world).await }),
            then: nothing,
            records: Records::Once,
        }
    };
}

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        of!("app-client-make", empty, town, |world, ops| ops.make_client(pools(world), &wish())),
        of!("app-client-make-for-a-machine", empty, town, |world, ops| ops.make_client(pools(world), &robot())),
        of!("app-client-make-on", left_over, interrupted, |world, ops| ops.make_client(pools(world), &wish())),
        of!("app-client-give-up", left_over, interrupted, |world, ops| ops.give_up_client(pools(world), &wish())),
        of!("app-client-delete", left_over, made, |world, ops| ops
            .delete_client(pools(world), &Client { pool: pool(), id: parse(MADE) })),
        of!("app-client-delete-adopted", lax, town, |world, ops| ops.delete_client(adopted(world), &app("acme"))),
        of!("app-clients-align", lax, one_client, |world, ops| async {
            let plan = ops.plan_policy(adopted(world), &acme(), &policy()).await?;
            ops.apply_policy(adopted(world), &plan, &policy()).await
        })
        // What a pool is asked to change is recorded before it is asked, and again when it is asked again.
        .recording(Records::Each),
        of!("doctor-align", lax, town, |world, ops| async {
            let case = case(Step::AlignClient { client: app("acme"), tenant: acme() });
            treat(&ops, adopted(world), case).await
        }),
        of!("doctor-free-seat", empty, town, |world, ops| async {
            let case = case(Step::FreeSeat { person: person("ann"), tenant: acme(), member: member_id("ann") });
            treat(&ops, pools(world), case).await
        }),
        of!("doctor-forget-user", users, town, |world, ops| async {
            // Whoever is gone is forgotten.
            let Some(eve) = sub_of(world, EVE).await else { return Ok(Fixed::Done) };
            let (user_name, sub) = (parse(&eve), parse(&eve));
            let case = case(Step::ForgetUser { pool: pool(), user_name, sub, before: minutes(1) });
            treat(&ops, pools(world), case).await
        }),
        of!("attach", unattached, town, attach).recording(Records::Each),
        of!("detach", attached, town, detach).recording(Records::AtBest),
        of!("import-row", empty, town, |world, ops| async {
            let row = ImportRow {
                person: person("bob"),
                address: Some(email(BOB)),
                tenant: "acme".to_owned(),
                roles: roles(&["member"]),
            };
            ops.importer(false).row(&row).await
        }),
        of!("import-from-pool", users, town, |world, ops| import(world, &ops)),
    ]
}
