//! A table with the triggers over it, in one process.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use create_auth_challenge::{CreateAuthChallenge, Mail, MailSettings, Words};
use define_auth_challenge::DefineAuthChallenge;
use domain::challenge::{CodeKey, CodeKeys, Limits};
use domain::claims::NameMap;
use domain::{Binding, DomainOwner, Email, Mailbox, MailboxKey, Membership, Person, Refusal, TenantId};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use lambda::{Call, Outcome, Trigger};
use post_confirmation::PostConfirmation;
use pre_sign_up::PreSignUp;
use pre_token_generation::PreTokenGeneration;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use store::connect::Trust;
use store::entity::{KeyedMailbox, Seats};
use store::transaction::Condition;
use store::{Commit, Entity, Key, Session, Table, Transaction};
use verify_auth_challenge::VerifyAuthChallenge;

use crate::beside::Clients;
use crate::dump::{Dump, dump};
use crate::proxy::Proxy;
use crate::{Answer, Engine, Event, nouns};

/// Makes the ids of members.
pub type Random = fn() -> Option<[u8; 16]>;

/// Other bits every time, the same in every run of one test.
pub fn counted() -> Option<[u8; 16]> {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    Some((u128::from(COUNT.fetch_add(1, Ordering::Relaxed)) << 64).to_be_bytes())
}

/// Other bytes every time, the same in every run that counts from the same number.
pub(crate) fn fill(count: &AtomicU64, bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        let bits = count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        for (to, from) in chunk.iter_mut().zip(bits) {
            *to = from;
        }
    }
}

/// A table with the triggers over it. Time is [`nouns::now`] unless it is set.
#[derive(Debug)]
pub struct World {
    engine: Engine,
    table: Table,
    scan: aws_sdk_dynamodb::Client,
    mail: Mail,
    names: NameMap,
    random: Random,
    beside: Option<Clients>,
    /// When every event arrives.
    pub now: Timestamp,
    pre_sign_up: PreSignUp,
    post_confirmation: PostConfirmation,
    pre_token_generation: PreTokenGeneration,
    define_auth_challenge: DefineAuthChallenge,
    create_auth_challenge: CreateAuthChallenge,
    verify_auth_challenge: VerifyAuthChallenge,
}

impl World {
    /// An engine of its own, with an empty table.
    pub async fn new() -> Self {
        Self::on(&Engine::start().await, NameMap::default(), counted).await
    }

    /// An empty table on this engine.
    pub async fn on(engine: &Engine, names: NameMap, random: Random) -> Self {
        Self::over(engine.clone(), engine.table().await, names, random)
    }

    /// Over this table of this engine, however it is reached.
    pub fn of_table(engine: &Engine, table: Table) -> Self {
        Self::over(engine.clone(), table, NameMap::default(), counted)
    }

    fn over(engine: Engine, table: Table, names: NameMap, random: Random) -> Self {
        let (scan, mail) = (engine.client(), engine.mail());
        Self::made(engine, table, scan, mail, names, random)
    }

    fn made(
        engine: Engine,
        table: Table,
        scan: aws_sdk_dynamodb::Client,
        mail: Mail,
        names: NameMap,
        random: Random,
    ) -> Self {
        Self {
            now: nouns::now(),
            pre_sign_up: PreSignUp::new(table.clone()),
            post_confirmation: PostConfirmation::new(table.clone(), random),
            pre_token_generation: PreTokenGeneration::new(table.clone(), names.clone(), random),
            define_auth_challenge: DefineAuthChallenge::new(table.clone()),
            create_auth_challenge: CreateAuthChallenge::new(
                table.clone(),
                code_keys(),
                Limits::default(),
                mail.clone(),
                random,
            ),
            verify_auth_challenge: VerifyAuthChallenge::new(table.clone(), code_keys(), Limits::default()),
            scan,
            mail,
            engine,
            table,
            names,
            random,
            beside: None,
        }
    }

    /// With a user pool and functions beside it.
    #[must_use]
    pub fn beside(self, beside: Option<Clients>) -> Self {
        Self { beside, ..self }
    }

    /// What asks the user pool and the functions beside it.
    pub fn clients(&self) -> &Clients {
        self.beside.as_ref().expect("a user pool beside this world")
    }

    /// As [`World::restarted`], over the same connections: nothing is made anew but the triggers, which have guessed nothing yet.
    #[must_use]
    pub fn forgetful(&self) -> Self {
        let (table, scan, mail) = (self.table.clone(), self.scan.clone(), self.mail.clone());
        let made = Self::made(self.engine.clone(), table, scan, mail, self.names.clone(), self.random);
        Self { now: self.now, beside: self.beside.clone(), ..made }
    }

    /// The same table under triggers that just started, reached as this table and this mailer reach theirs.
    #[must_use]
    pub fn reached_by(&self, table: Table, mail: Mail) -> Self {
        let scan = self.scan.clone();
        Self { now: self.now, ..Self::made(self.engine.clone(), table, scan, mail, self.names.clone(), self.random) }
    }

    /// The same table under triggers that just started: they have guessed nothing yet.
    #[must_use]
    pub fn restarted(&self) -> Self {
        self.restarted_with(self.names.clone())
    }

    /// As [`World::restarted`], with other names for the claims.
    #[must_use]
    pub fn restarted_with(&self, names: NameMap) -> Self {
        let table = self.engine.connect(self.table.name());
        Self { now: self.now, ..Self::over(self.engine.clone(), table, names, self.random) }
    }

    /// The same table, as triggers that just started reach it through a proxy.
    #[must_use]
    pub fn through(&self, proxy: &Proxy) -> Self {
        self.at(proxy.endpoint(), || 0)
    }

    /// The same table, as triggers that just started reach it at another address, with a jitter between repeated calls.
    #[must_use]
    pub fn at(&self, endpoint: &str, jitter: fn() -> u64) -> Self {
        let table = Engine::connect_with(endpoint, self.table.name(), jitter);
        Self { now: self.now, ..Self::over(self.engine.clone(), table, self.names.clone(), self.random) }
    }

    /// The table.
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A session without a deadline, as tools have it.
    pub fn session(&self) -> Session {
        self.table.session(None)
    }

    /// Puts an entity, whatever is there.
    pub async fn put<E: Entity>(&self, entity: &E) -> &Self {
        let session = self.session();
        let mut transaction = Transaction::new(&session);
        let always = Condition::new("attribute_exists(#pk) OR attribute_not_exists(#pk)").name("#pk", store::keys::PK);
        transaction.write_if((), entity, always).expect("an item");
        assert_eq!(session.commit(&transaction).await.expect("a commit"), Commit::Done);
        self
    }

    /// What is under a key.
    pub async fn get<E: Entity>(&self, key: &Key) -> Option<E> {
        self.session().get(key).await.expect("an item that can be read")
    }

    /// Changes what is under a key.
    pub async fn change<E: Entity>(&self, key: &Key, change: impl FnOnce(&mut E)) -> &Self {
        let session = self.session();
        let mut entity: E = session.get(key).await.expect("an item").unwrap_or_else(|| panic!("{key:?} is not there"));
        change(&mut entity);
        let mut transaction = Transaction::new(&session);
        transaction.write((), &entity).expect("an item");
        assert_eq!(session.commit(&transaction).await.expect("a commit"), Commit::Done);
        self
    }

    /// Deletes what is under a key.
    pub async fn delete(&self, key: &Key) -> &Self {
        let session = self.session();
        let mut transaction = Transaction::new(&session);
        transaction.delete((), key).expect("a key");
        assert_eq!(session.commit(&transaction).await.expect("a commit"), Commit::Done);
        self
    }

    /// A person's row.
    pub async fn membership(&self, name: &str, tenant: &str) -> Option<Membership> {
        self.get(&Key::membership(&nouns::person(name), &nouns::tenant_id(tenant))).await
    }

    /// What a tenant knows of a mailbox.
    pub async fn mailbox(&self, tenant: &TenantId, address: &Email) -> Mailbox {
        let key = Key::mailbox(tenant, &MailboxKey::of(tenant, address));
        self.get::<KeyedMailbox>(&key).await.map(|keyed| keyed.mailbox).unwrap_or_default()
    }

    /// Changes what a tenant knows of a mailbox.
    pub async fn change_mailbox(&self, tenant: &TenantId, address: &Email, change: impl FnOnce(&mut Mailbox)) {
        let mut mailbox = self.mailbox(tenant, address).await;
        change(&mut mailbox);
        let session = self.session();
        let mut transaction = Transaction::new(&session);
        let keyed = KeyedMailbox::new(tenant, &MailboxKey::of(tenant, address), mailbox);
        transaction.write((), &keyed).expect("an item");
        assert_eq!(session.commit(&transaction).await.expect("a commit"), Commit::Done);
    }

    /// A tenant's counters.
    pub async fn seats(&self, tenant: &str) -> Seats {
        self.get(&Key::seats(&nouns::tenant_id(tenant))).await.expect("seats")
    }

    /// Every row of a person.
    pub async fn memberships(&self, person: &Person) -> Vec<Membership> {
        self.session().memberships(person, 100).await.expect("a list").entities
    }

    /// Every row of a tenant, as the index lists them.
    pub async fn members(&self, tenant: &str) -> Vec<Membership> {
        self.session().list_all(nouns::tenant_id(tenant).as_ref(), "MEMBER#").await.expect("a list")
    }

    /// The whole table.
    pub async fn dump(&self) -> Dump {
        dump(&self.scan, self.table.name()).await
    }

    /// A binding, changed.
    pub async fn bind(&self, client: &str, change: impl FnOnce(&mut Binding)) -> &Self {
        self.change(&Key::binding(&nouns::client(client, domain::ClientKind::Shared).client), change).await
    }

    /// A domain's owner, changed.
    pub async fn own(&self, domain: &str, change: impl FnOnce(&mut DomainOwner)) -> &Self {
        self.change(&Key::domain(&nouns::domain_name(domain)), change).await
    }

    /// Sends an event to the trigger whose source it names.
    pub async fn ask(&self, event: &Event) -> Answer {
        self.ask_raw(&event.0).await
    }

    /// As [`World::ask`], with any JSON. What names no source goes to pre token generation.
    pub async fn ask_raw(&self, event: &Value) -> Answer {
        let (source, text) = (event["triggerSource"].as_str().unwrap_or_default(), event.to_string());
        if source.starts_with("PreSignUp_") {
            self.invoke(&self.pre_sign_up, &text).await
        } else if source.starts_with("PostConfirmation_") {
            self.invoke(&self.post_confirmation, &text).await
        } else if source.starts_with("DefineAuthChallenge_") {
            self.invoke(&self.define_auth_challenge, &text).await
        } else if source.starts_with("CreateAuthChallenge_") {
            self.invoke(&self.create_auth_challenge, &text).await
        } else if source.starts_with("VerifyAuthChallengeResponse_") {
            self.invoke(&self.verify_auth_challenge, &text).await
        } else {
            self.invoke(&self.pre_token_generation, &text).await
        }
    }

    /// Sends an event to the trigger of this folder in `triggers/`, whatever source it names.
    pub async fn ask_trigger(&self, trigger: &str, event: &Value) -> Answer {
        self.ask_text(trigger, &event.to_string()).await
    }

    /// As [`World::ask_trigger`], to the letter: names may be double, and lists deeper than a [`Value`] takes them.
    pub async fn ask_text(&self, trigger: &str, event: &str) -> Answer {
        match trigger {
            "pre-sign-up" => self.invoke(&self.pre_sign_up, event).await,
            "post-confirmation" => self.invoke(&self.post_confirmation, event).await,
            "pre-token-generation" => self.invoke(&self.pre_token_generation, event).await,
            "define-auth-challenge" => self.invoke(&self.define_auth_challenge, event).await,
            "create-auth-challenge" => self.invoke(&self.create_auth_challenge, event).await,
            "verify-auth-challenge" => self.invoke(&self.verify_auth_challenge, event).await,
            other => panic!("there is no trigger {other}"),
        }
    }

    async fn invoke<T: Trigger>(&self, trigger: &T, event: &str) -> Answer {
        let watched = Watched { trigger, said: Mutex::default(), panicked: Mutex::default() };
        let raw = RawValue::from_string(event.to_owned()).expect("JSON");
        let arrived = u64::try_from(self.now.as_millisecond()).expect("after 1970");
        let result = lambda::invoke(&watched, &raw, self.now, arrived + 5_000).await;
        // To the person a panic is something broken like any other; to a test it is not.
        if let Some(panic) = watched.panicked.into_inner().expect("a lock") {
            resume_unwind(panic);
        }
        let said = watched.said.into_inner().expect("a lock").unwrap_or_default();
        let result = match result {
            Ok(reply) => {
                let (event, reply) = (members(&raw), members(&reply));
                assert_echoed(&event, &reply);
                Ok(reply.into_iter().map(|(name, member)| (name, value(&member))).collect())
            }
            Err(diagnostic) => {
                let refusal = Refusal::ALL.into_iter().find(|refusal| refusal.message() == diagnostic.error_message);
                let refusal = refusal.unwrap_or_else(|| panic!("not of the closed list: {}", diagnostic.error_message));
                assert_eq!(diagnostic.error_type, refusal.code());
                Err(refusal)
            }
        };
        let Said { decision, would, tenant, calls } = said;
        Answer { result, decision, would, tenant, calls }
    }
}

/// Whatever a trigger decides, the reply is the event but for `response`.
fn assert_echoed(event: &Members, reply: &Members) {
    let rest = |members: &Members| -> Vec<(String, String)> {
        let rest = members.iter().filter(|(name, _)| *name != "response");
        rest.map(|(name, member)| (name.clone(), member.get().to_owned())).collect()
    };
    assert_eq!(rest(event), rest(reply), "the reply is the event but for its response");
    let response = reply.get("response").map_or("", |response| response.get());
    assert!(response.starts_with('{'), "Cognito fails without a response");
}

/// The members of an object as they are written; of double names the last, as Cognito has it.
type Members = BTreeMap<String, Box<RawValue>>;

fn members(object: &RawValue) -> Members {
    let Pairs(pairs) = serde_json::from_str(object.get()).expect("an object");
    // A name such as `"\ud800"` is no text: it stays as it is written.
    let name = |name: &RawValue| serde_json::from_str(name.get()).unwrap_or_else(|_| name.get().to_owned());
    pairs.into_iter().map(|(key, member)| (name(key), member.to_owned())).collect()
}

/// The members of an object, double ones included.
struct Pairs<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs<'de>;
            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// What is nested deeper than the parser goes is told as nothing at all.
fn value(text: &RawValue) -> Value {
    serde_json::from_str(text.get()).unwrap_or_default()
}

/// A trigger whose outcome is noted on its way out, or its panic.
struct Watched<'a, T> {
    trigger: &'a T,
    said: Mutex<Option<Said>>,
    panicked: Mutex<Option<Box<dyn Any + Send>>>,
}

#[derive(Default)]
struct Said {
    decision: &'static str,
    would: Option<Refusal>,
    tenant: Option<TenantId>,
    calls: Option<u32>,
}

impl<T: Trigger> Trigger for Watched<'_, T> {
    const NAME: &'static str = T::NAME;
    const ANSWERS_WHEN_BROKEN: bool = T::ANSWERS_WHEN_BROKEN;

    async fn handle(&self, event: lambda::Event, call: Call) -> Outcome {
        let handled = AssertUnwindSafe(self.trigger.handle(event, call)).catch_unwind().await;
        let outcome = handled.unwrap_or_else(|panic| {
            *self.panicked.lock().expect("a lock") = Some(panic);
            Outcome::broken("the handler panicked")
        });
        let (decision, tenant, calls) = (outcome.decision, outcome.tenant.clone(), outcome.store_calls);
        *self.said.lock().expect("a lock") = Some(Said { decision, would: outcome.would, tenant, calls });
        outcome
    }
}

/// The keys of every test: a code can be computed where one is needed.
pub fn code_keys() -> CodeKeys {
    CodeKeys::new(CodeKey::parse("dGVzdHMgYXJlIG5vIHBsYWNlIGZvciBhIHNlY3JldCE=").expect("a key"), None)
}

/// A mailer of the tests, with another post office if a test needs one.
pub fn mail(endpoint: &str) -> Mail {
    let keys = ("local".to_owned(), "local".to_owned(), None);
    Mail::connect(MailSettings {
        region: "eu-west-1".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        trust: Trust::Amazon,
        keys,
        from: "Tenantry <no-reply@tenantry.example>".to_owned(),
        nowhere: NOWHERE.to_owned(),
        configuration_set: None,
        words: Words::default(),
    })
    .expect("a client")
}

/// Where mail to nobody goes.
pub const NOWHERE: &str = "nowhere@tenantry.example";
