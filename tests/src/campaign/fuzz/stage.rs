//! A trigger over tables in process, one for each fixture's world, with the real SDK between them. What an event changes is put back before the
//! next one, so that what breaks breaks again from its own bytes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Value, json};
use store::Key;
use store::entity::SlugOwner;
use tokio::runtime::Runtime;

use super::check::{Seen, check};
use super::event::{Scenes, Sent};
use crate::dump::Dump;
use crate::fixture::Fixture;
use crate::{Engine, World, in_process, sound};

/// A trigger and the worlds that its fixtures describe.
#[derive(Debug)]
pub(super) struct Stage {
    trigger: &'static str,
    runtime: Runtime,
    engine: Engine,
    fixtures: Vec<Fixture>,
    scenes: Scenes,
    built: BTreeMap<usize, Built>,
}

/// A world as its fixture describes it.
#[derive(Debug)]
struct Built {
    world: World,
    table: Dump,
    /// The same as the engine has it, by key.
    items: Items,
    /// Some fixtures show a table that nothing here would make.
    sound: bool,
}

type Items = BTreeMap<(String, String), Value>;

impl Stage {
    /// Of the trigger in this folder of `triggers/`.
    pub(super) fn of(trigger: &'static str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let engine = runtime.block_on(Engine::in_process());
        let fixtures: Vec<_> = Fixture::all().into_iter().filter(|fixture| fixture.trigger == trigger).collect();
        let scenes = Scenes::of(&fixtures);
        Self { trigger, runtime, engine, fixtures, scenes, built: BTreeMap::new() }
    }

    pub(super) fn seeds(&self) -> Vec<Vec<u8>> {
        self.scenes.seeds()
    }

    pub(super) fn strike(&mut self, bytes: &[u8]) {
        let Some(Sent { scene, text }) = self.scenes.read(bytes) else { return };
        let Self { trigger, runtime, engine, fixtures, built, .. } = self;
        runtime.block_on(async {
            let built = match built.entry(scene) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(Built::of(&fixtures[scene], engine).await),
            };
            built.strike(trigger, &text).await;
        });
    }
}

impl Built {
    async fn of(fixture: &Fixture, engine: &Engine) -> Self {
        let description = fixture.world();
        let world = description.build(engine, || Some(*b"a fixture's bits")).await;
        // Fixtures leave out what no trigger reads.
        for slug in description.tenants.keys() {
            let tenant = crate::nouns::tenant_id(slug);
            if world.get::<SlugOwner>(&Key::slug(&crate::nouns::parse(slug))).await.is_none() {
                world.put(&SlugOwner { slug: crate::nouns::parse(slug), tenant, revision: 0 }).await;
            }
        }
        let table = world.dump().await;
        let (items, sound) = (items(&world), sound::unsound(&table).is_ok());
        Self { world, table, items, sound }
    }

    async fn strike(&self, trigger: &str, text: &str) {
        let Self { world, table, sound, .. } = self;
        world.engine().mails().clear();
        let writes = in_process::writes();
        let answer = world.ask_text(trigger, text).await;
        let changed = in_process::writes() != writes;
        let after = if changed { Some(world.dump().await) } else { None };
        let mails = world.engine().mails().sent();
        check(trigger, &Seen::new(text, &answer, table, after.as_ref().unwrap_or(table), &mails));
        if changed {
            if let (true, Some(after)) = (*sound, &after) {
                sound::unsound(after).unwrap_or_else(|what| panic!("the table is not sound: {what}"));
            }
            self.put_back();
        }
    }

    /// The table as it was, not through Tenantry's own hands.
    fn put_back(&self) {
        let now = items(&self.world);
        for (key, item) in &self.items {
            if now.get(key) != Some(item) {
                ask(&self.world, "PutItem", json!({ "Item": item }));
            }
        }
        for key in now.keys().filter(|key| !self.items.contains_key(*key)) {
            let (pk, sk) = key;
            ask(
                &self.world,
                "DeleteItem",
                json!({ "Key": { store::keys::PK: { "S": pk }, store::keys::SK: { "S": sk } } }),
            );
        }
    }
}

/// Everything in the table, as the engine has it.
fn items(world: &World) -> Items {
    let answer = ask(world, "Scan", json!({ "ConsistentRead": true }));
    assert!(answer["LastEvaluatedKey"].is_null(), "a fixture's table is one page");
    let key = |item: &Value, name: &str| item[name]["S"].as_str().expect("a key").to_owned();
    let items = answer["Items"].as_array().cloned().unwrap_or_default();
    items.into_iter().map(|item| ((key(&item, store::keys::PK), key(&item, store::keys::SK)), item)).collect()
}

fn ask(world: &World, operation: &str, mut asked: Value) -> Value {
    asked["TableName"] = json!(world.table().name());
    let (status, body) = in_process::answer(world.engine().database(), operation, asked.to_string().as_bytes());
    assert_eq!(status, 200, "{operation}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).expect("JSON")
}
