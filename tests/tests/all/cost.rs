//! What each event reads and writes: DynamoDB bills by it. docs/costs-and-quotas.md multiplies these figures.

use std::sync::{Arc, Mutex};

use domain::challenge::Recipient;
use domain::{Chain, ClientKind};
use serde_json::Value;
use tests::event::PASSWORD;
use tests::nouns::{client, email, invitation, member, person, token};
use tests::proxy::Proxy;
use tests::world::code_keys;
use tests::{Event, World};

const ANN: &str = "ann@acme.example";

/// Items that one event named, each of them smaller than the unit it is billed in.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Items {
    read: usize,
    written: usize,
    /// In a transaction: twice the units.
    transacted: usize,
}

impl Items {
    fn add(&mut self, operation: &str, asked: &Value) {
        let of_one_table = |tables: &Value| tables.as_object().and_then(|tables| tables.values().next().cloned());
        match operation {
            "BatchGetItem" => {
                let keys =
                    of_one_table(&asked["RequestItems"]).and_then(|table| table["Keys"].as_array().map(Vec::len));
                self.read += keys.expect("a batch names keys");
            }
            "GetItem" | "Query" => self.read += 1,
            "PutItem" | "UpdateItem" | "DeleteItem" => self.written += 1,
            "TransactWriteItems" => self.transacted += asked["TransactItems"].as_array().expect("items").len(),
            other => panic!("an event asked for {other}"),
        }
    }
}

/// What one event costs where the functions have seen their client before.
async fn cost(world: &World, warm_up: &Event, event: &Event) -> (u32, Items) {
    let counted = Arc::new(Mutex::new(Items::default()));
    let count = Arc::clone(&counted);
    let metered = move |operation: &str, asked: &Value, _: &mut Value| count.lock().unwrap().add(operation, asked);
    let proxy = Proxy::start(world.engine(), Arc::new(metered)).await;
    let world = world.through(&proxy);
    world.ask(warm_up).await;
    *counted.lock().unwrap() = Items::default();
    let answer = world.ask(event).await;
    let items = *counted.lock().unwrap();
    (answer.calls.unwrap(), items)
}

const fn items(read: usize, written: usize, transacted: usize) -> Items {
    Items { read, written, transacted }
}

async fn acme() -> World {
    let world = World::new().await;
    world.with("acme").await;
    world.with_member(&member("ann", "acme")).await;
    world
}

#[tokio::test]
async fn what_an_event_reads_and_writes_is_what_the_documents_charge_for() {
    let world = acme().await;
    world.with_invitation(&invitation(1, "acme", "ben@partner.example")).await;
    let of_ann = Event::token("acme", "ann", ANN);
    let mut rows = vec![];
    for (what, warm_up, event) in [
        ("token", &of_ann, of_ann.clone()),
        ("refresh", &of_ann, Event::refresh("acme", "ann", ANN)),
        (
            "sign-up by domain",
            &Event::sign_up("acme", "cat", "cat@acme.example"),
            Event::sign_up("acme", "bob", "bob@acme.example"),
        ),
        (
            "confirmation by domain",
            &Event::confirmed("acme", "ann", ANN),
            Event::confirmed("acme", "bob", "bob@acme.example"),
        ),
        (
            "sign-up by invitation",
            &Event::sign_up("acme", "cat", "cat@acme.example"),
            Event::sign_up("acme", "ben", "ben@partner.example").invited(&token(1)),
        ),
        (
            "confirmation by invitation",
            &Event::confirmed("acme", "ann", ANN),
            Event::confirmed("acme", "ben", "ben@partner.example"),
        ),
    ] {
        let (calls, items) = cost(&world, warm_up, &event).await;
        rows.push((what, calls, items));
    }
    world.tenant("acme", |acme| acme.policy.chain = Chain::PasswordAndCode { of: None }).await;
    let define = Event::define("acme", "ann", ANN, PASSWORD);
    let create = Event::create("acme", "ann", ANN, PASSWORD);
    let (calls, items_of_define) = cost(&world, &define, &define).await;
    rows.push(("define", calls, items_of_define));
    let of_others = Event::create("acme", "bob", "bob@acme.example", PASSWORD);
    let (calls, items_of_create) = cost(&world, &of_others, &create).await;
    rows.push(("create", calls, items_of_create));
    let created = world.ask(&create).await;
    let issue = created.response()["privateChallengeParameters"]["issue"].as_str().unwrap().parse().unwrap();
    let (ann, acme, mailbox) = (person("ann"), client("acme", ClientKind::Shared).client, email(ANN));
    let recipient = Recipient::new(&ann, &acme, Some(&mailbox));
    let code = code_keys().code(&recipient, issue).reveal();
    let verify = Event::verify("acme", "ann", ANN, created.response(), &code);
    let (calls, items_of_verify) = cost(&world, &define, &verify).await;
    rows.push(("verify", calls, items_of_verify));
    let expected = [
        ("token", 1, items(8, 0, 0)),
        ("refresh", 1, items(8, 0, 0)),
        ("sign-up by domain", 2, items(5, 0, 0)),
        ("confirmation by domain", 2, items(7, 0, 5)),
        ("sign-up by invitation", 3, items(6, 0, 1)),
        ("confirmation by invitation", 2, items(7, 0, 6)),
        ("define", 1, items(4, 0, 0)),
        ("create", 2, items(5, 0, 2)),
        ("verify", 2, items(0, 2, 0)),
    ];
    for (what, calls, items) in &rows {
        println!("{what:<28} {calls} calls, {items:?}");
    }
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn whoever_stands_in_more_tenants_than_are_looked_at_costs_no_look_at_them() {
    let world = acme().await;
    world.put(&client("portal", ClientKind::Shared)).await;
    let event = Event::token("portal", "ann", ANN);
    // Some 30 tenants: ids are made of letters.
    for letter in ('b'..='z').flat_map(|letter| [letter.to_string(), format!("{letter}{letter}")]).take(30) {
        let name = format!("corp{letter}");
        world.with(&name).await;
        world.with_member(&member("ann", &name)).await;
    }
    let (calls, read) = cost(&world, &event, &event).await;
    assert_eq!((calls, read), (2, items(6, 0, 0)), "the list, the client, and what may be waiting for her");
    assert_eq!(world.ask(&event).await.speaks_of(), None);
}
