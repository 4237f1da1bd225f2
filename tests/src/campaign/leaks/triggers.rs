//! Every trigger over every fixture, on good days and on bad ones: nothing that the event holds, and nothing that was made for it, shows in
//! the log or in the answer; no secret is in the table afterwards.

use serde_json::{Value, json};

use super::canary::{Canaries, Kind, Place, leaves};
use super::ear::Ear;
use super::gossip::{ATTRIBUTES, Complaints, Day, Gossip};
use crate::campaign::{Dice, Effort, Failed, Tally, caught};
use crate::description::Description;
use crate::fixture::Fixture;
use crate::in_process::client;
use crate::{Engine, World, nouns};

/// In every address, before its `@`.
const ADDRESS: &str = "q7address";
const PASSWORD: &str = "q7Pass word+\"ß%\\";
const TENANT: &str = "q7tenant \"Söhne\" & <b>Co</b> 50%";
const ATTRIBUTE: &str = "q7attribute: Zoë said \"50%\" & <left>\\";
const METADATA: &str = "q7metadata/ä?\"b\"=c&d";

/// How an event is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// As the fixture has it.
    Right,
    /// Each text of the request is a list of itself.
    Lists,
    /// The request is its own text.
    Text,
    /// The attributes are a list of themselves.
    Attributes,
}

/// How the post office is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Post {
    Good,
    /// It refuses with this status, or is not there if it is zero, and repeats the mail.
    Bad(u16),
}

/// Circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weather {
    day: Day,
    from: usize,
    post: Post,
    shape: Shape,
}

impl Weather {
    const fn of(day: Day, from: usize) -> Self {
        Self { day, from, post: Post::Good, shape: Shape::Right }
    }

    /// The good day comes first, so that what it writes is there on the others.
    fn all(trigger: &str, requests: usize) -> Vec<Self> {
        let good = Self::of(Day::Good, 0);
        let mut all = vec![good, good];
        for day in Day::all().skip(1) {
            all.extend((0..requests).map(|from| Self::of(day, from)));
        }
        for shape in [Shape::Lists, Shape::Text, Shape::Attributes] {
            all.push(Self { shape, ..good });
        }
        if trigger == "create-auth-challenge" {
            all.extend([400, 500, 0].map(|status| Self { post: Post::Bad(status), ..good }));
        }
        all
    }

    /// A good day and a few of the others.
    fn some(trigger: &str, requests: usize, dice: &mut Dice) -> Vec<Self> {
        let mut all = Self::all(trigger, requests);
        let others = all.split_off(1);
        all.extend((0..FEW).map(|_| Self::of(Day::Odd(dice.below(ATTRIBUTES)), 0)));
        all.extend((0..FEW).map(|_| *dice.pick(&others)));
        all
    }

    fn line(self, fixture: &Fixture) -> String {
        format!("triggers {}/{} {self:?}", fixture.trigger, fixture.case)
    }
}

/// At so many of an event's requests to the store a bad day may begin.
const REQUESTS: usize = 3;
/// The slice of the tests sees so many days of each fixture on which something cannot be read, and as many of any kind.
const FEW: usize = 2;
/// And takes one fixture of so many.
const ONE_OF: usize = 3;

/// Every fixture on every kind of day; the slice of the tests on a few, always the same.
pub(super) async fn run(effort: &Effort, tally: &mut Tally) -> Result<(), Failed> {
    let engine = Engine::in_process().await;
    let mut dice = Dice::new(effort.seed);
    for fixture in Fixture::all() {
        let only = effort.only.as_deref();
        let some = effort.is_slice() && only.is_none();
        if some && !dice.one_in(ONE_OF) {
            continue;
        }
        let weathers = if some {
            Weather::some(&fixture.trigger, REQUESTS, &mut dice)
        } else {
            Weather::all(&fixture.trigger, REQUESTS)
        };
        let asked = |weather: &Weather| only.is_none_or(|only| only == weather.line(&fixture));
        let weathers: Vec<_> = weathers.into_iter().filter(asked).collect();
        if !weathers.is_empty() {
            Box::pin(all(&fixture, &weathers, &engine, tally)).await?;
            tally.one("fixtures");
        }
        if effort.is_over() {
            break;
        }
    }
    Ok(())
}

async fn all(fixture: &Fixture, weathers: &[Weather], engine: &Engine, tally: &mut Tally) -> Result<(), Failed> {
    let (event, described, mut canaries) = planted(fixture);
    let mut standing = None;
    for (index, weather) in weathers.iter().enumerate() {
        let line = || weather.line(fixture);
        let failed = |what: String| Failed::new(what, line());
        // A post office that works leaves an issue behind, after which no other is sent: each bad one has a table of its own.
        let fresh = ground(&described, engine);
        let (world, gossip) = match standing.take() {
            Some(standing) if weather.post == Post::Good => standing,
            _ => fresh.await,
        };
        let world = match weather.post {
            Post::Good => world,
            Post::Bad(status) => {
                let post = crate::world::mail(engine.endpoint()).over(client(Complaints(status)));
                world.reached_by(world.table().clone(), post)
            }
        };
        gossip.set(weather.day, weather.from);
        engine.mails().clear();
        let ear = Ear::default();
        let answer = {
            let _listening = ear.listen();
            caught(world.ask_text(&fixture.trigger, &shaped(&event, weather.shape).to_string()))
                .await
                .map_err(failed)?
        };
        for mail in engine.mails().sent() {
            canaries.extend(&codes(&mail));
            tally.one("mails with a code");
        }
        let heard = ear.heard();
        if heard.lines().count() == 0 {
            return Err(failed("a call without a line in the log".to_owned()));
        }
        if heard.contains("_aws") {
            return Err(failed(format!("a metric of its own: {heard}")));
        }
        tally.add("lines of a log", heard.lines().count() as u64);
        let response = answer.result.as_ref().map_or(&Value::Null, |reply| &reply["response"]);
        let said = answer.result.as_ref().err().map_or(String::new(), |refusal| refusal.message());
        let hit = canaries.hit(Place::Log, &heard);
        let hit =
            hit.or_else(|| canaries.hit(Place::Error, &said)).or_else(|| canaries.hit_json(Place::Response, response));
        if let Some(hit) = hit {
            return Err(failed(hit));
        }
        tally.one(if answer.result.is_ok() { "events answered" } else { "events refused" });
        tally.add("broken calls", u64::from(answer.decision == "broken"));
        gossip.set(Day::Good, 0);
        if index + 1 == weathers.len() || weather.post != Post::Good {
            kept(&world, &canaries, tally).await.map_err(failed)?;
        }
        standing = (weather.post == Post::Good).then_some((world, gossip));
    }
    Ok(())
}

/// The table, row by row.
pub(super) async fn kept(world: &World, canaries: &Canaries, tally: &mut Tally) -> Result<(), String> {
    for (key, item) in world.dump().await {
        let record = item["action"].is_string();
        let place = if record { Place::Record } else { Place::Table };
        tally.one(if record { "rows of who did what" } else { "rows of the table" });
        let row = json!({ "key": key, "item": item });
        if let Some(hit) = canaries.hit_json(place, &row) {
            return Err(format!("{key}: {hit}"));
        }
    }
    Ok(())
}

async fn ground(described: &Description, engine: &Engine) -> (World, Gossip) {
    let world = described.build(engine, || Some(*b"a fixture's bits")).await;
    for slug in described.tenants.keys() {
        world
            .change(&store::Key::tenant(&nouns::tenant_id(slug)), |tenant: &mut domain::Tenant| {
                tenant.name = TENANT.into();
            })
            .await;
    }
    let gossip = Gossip::default();
    let table = gossip.table(engine, world.table().name());
    (world.reached_by(table, engine.mail()), gossip)
}

/// The fixture with secrets at every place where there can be some.
fn planted(fixture: &Fixture) -> (Value, Description, Canaries) {
    let mut canaries = Canaries::default();
    for (kind, text) in [
        (Kind::Address, ADDRESS),
        (Kind::Password, PASSWORD),
        (Kind::TenantName, TENANT),
        (Kind::Attribute, ATTRIBUTE),
        (Kind::Attribute, METADATA),
    ] {
        canaries.add(kind, text);
    }
    let said = |json: &Value| -> Value {
        let text = json.to_string().replace('@', &format!(".{ADDRESS}@"));
        serde_json::from_str(&text).expect("an address stands in a text")
    };
    let (mut event, world) = (said(&fixture.event()), said(&fixture.facts()));
    for pointer in ["/userName", "/request/userAttributes/sub"] {
        if let Some(text) = event.pointer(pointer).and_then(Value::as_str).filter(|text| text.len() >= 12) {
            canaries.add(Kind::Person, text);
        }
    }
    let answer = event.pointer("/request/challengeAnswer").and_then(Value::as_str);
    if let Some(answer) = answer.filter(|answer| answer.len() >= 6) {
        canaries.add(Kind::Code, answer);
    }
    let mut texts = Vec::new();
    for place in ["clientMetadata", "validationData"] {
        leaves(&event["request"][place], &mut texts);
    }
    leaves(&world["invitations"], &mut texts);
    for text in texts.iter().filter(|text| domain::InvitationToken::parse(text).is_ok()) {
        canaries.add(Kind::Invitation, text);
    }
    if let Some(request) = event.get_mut("request").and_then(Value::as_object_mut) {
        request.insert("password".to_owned(), PASSWORD.into());
        for (place, text) in [("userAttributes", ATTRIBUTE), ("clientMetadata", METADATA), ("validationData", METADATA)]
        {
            let member = request.entry(place).or_insert(json!({}));
            if member.is_null() {
                *member = json!({});
            }
            if let Some(member) = member.as_object_mut() {
                member.insert("custom:q7".to_owned(), text.into());
                member.insert("password".to_owned(), PASSWORD.into());
            }
        }
    }
    let described = serde_json::from_value(world).expect("a world");
    (event, described, canaries)
}

/// The code in a mail.
fn codes(mail: &Value) -> Canaries {
    let mut canaries = Canaries::default();
    let mut texts = Vec::new();
    leaves(mail, &mut texts);
    for word in texts.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_digit())) {
        if word.len() == 8 {
            canaries.add(Kind::Code, word);
        }
    }
    canaries
}

fn shaped(event: &Value, shape: Shape) -> Value {
    let mut event = event.clone();
    let request = &mut event["request"];
    match shape {
        Shape::Right => {}
        Shape::Lists => listed(request),
        Shape::Text => *request = request.to_string().into(),
        Shape::Attributes => {
            if let Some(attributes) = request.get_mut("userAttributes") {
                *attributes = json!([attributes]);
            }
        }
    }
    event
}

fn listed(value: &mut Value) {
    match value {
        Value::String(_) => *value = json!([value]),
        Value::Array(list) => list.iter_mut().for_each(listed),
        Value::Object(members) => members.values_mut().for_each(listed),
        _ => {}
    }
}

/// Whether the search would find anything: the SDK's own log, which the functions' log leaves out, has whole requests.
pub(super) async fn would_be_found(tally: &mut Tally) -> Result<(), Failed> {
    let engine = Engine::in_process().await;
    let fixtures = Fixture::all();
    let fixture = fixtures.iter().find(|it| it.trigger == "create-auth-challenge" && it.case == "and-code-new");
    let fixture = fixture.expect("create-auth-challenge/and-code-new");
    let (event, described, mut canaries) = planted(fixture);
    let (world, _) = ground(&described, &engine).await;
    let ear = Ear::default();
    {
        let _listening = ear.listen_to_everything();
        world.ask_text(&fixture.trigger, &event.to_string()).await;
    }
    for mail in engine.mails().sent() {
        canaries.extend(&codes(&mail));
    }
    let heard = ear.heard();
    tally.add("lines of everybody's log", heard.lines().count() as u64);
    match canaries.hit(Place::Log, &heard) {
        Some(_) => Ok(()),
        None => Err(Failed::new("the search finds nothing in a log that has everything", "triggers found")),
    }
}
