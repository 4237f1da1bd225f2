//! A sequence of acts, done to the real triggers and operations over a real table, and to the model; whatever one says otherwise than the
//! other ends it.

use std::cell::Cell;
use std::collections::BTreeMap;

use domain::challenge::Recipient;
use domain::claims::NameMap;
use domain::{Actor, Client, ClientKind, InvitationDigest, InvitationToken, MailboxKey, ProviderKind};
use jiff::{SignedDuration, Timestamp};
use operations::{Invite, NewBinding, Operations, PolicyChange, Releasing};
use serde_json::{Value, json};

use reference::model::cast::{ADDRESSES, CLIENTS, DOMAINS, JOINS, PAUSES, PEOPLE, PROVIDERS, ROLES, TENANTS, WAYS_IN};
use reference::model::real::{real_chain, real_join, real_tenant};

use super::acts::{Act, Start, ToClient, ToDomain, ToMember, ToPolicy, ToProvider, ToTenant};
use super::codes::Next;
use super::nouns::{
    Account, Binding, Code, Domain, Identities, InvitationState, Kind, Model, Name, Origin, Provider, Row, Status,
    Tenant, TenantStatus, Time, Typed, Way,
};
use super::operators::No;
use super::rules::{Came, NO_TENANT, Speaks};
use crate::bulk::Bulk;
use crate::dump::Dump;
use crate::{Answer, Engine, Event, World, event, in_process, nouns};

thread_local! {
    static NOW: Cell<Time> = const { Cell::new(0) };
    static BITS: Cell<u64> = const { Cell::new(0) };
}

fn clock() -> Timestamp {
    nouns::now() + SignedDuration::from_secs(NOW.get())
}

/// Bytes that nobody used before in this story.
fn fill(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        let next = BITS.get() + 1;
        BITS.set(next);
        let bits = next.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        for (to, from) in chunk.iter_mut().zip(bits) {
            *to = from;
        }
    }
}

fn random() -> Option<[u8; 16]> {
    let mut bits = [0; 16];
    fill(&mut bits);
    Some(bits)
}

/// How much was done.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// Decisions of triggers that were compared.
    pub decisions: u64,
    /// Operations that were compared.
    pub operations: u64,
    /// Memberships that were compared in the end.
    pub memberships: u64,
    /// How often each refusal was said, delivered or not.
    pub said: BTreeMap<Code, u64>,
}

type Check = Result<(), String>;

/// Somebody's account in the pool.
#[derive(Debug, Clone, Copy)]
struct User {
    /// Which of their names.
    name: usize,
    email: &'static Typed,
    verified: bool,
}

struct Story {
    world: World,
    model: Model,
    users: Vec<User>,
    tokens: Vec<(InvitationToken, InvitationDigest)>,
    /// The ids of memberships, by the model's number.
    members: BTreeMap<usize, String>,
    last: Option<Act>,
    done: Done,
}

/// Does a sequence. `Err` says which act, and who says what.
pub async fn play(engine: &Engine, starts: &[Start], acts: &[Act]) -> Result<Done, String> {
    let mut story = Story::begin(engine, starts).await;
    let mut played = Ok(());
    for (at, act) in acts.iter().enumerate() {
        played = story.act(act).await.map_err(|what| format!("act {at}, {act:?}: {what}"));
        if played.is_err() {
            break;
        }
    }
    if played.is_ok() {
        played = story.compare_table().await;
    }
    let table = json!({ "TableName": story.world.table().name() }).to_string();
    in_process::answer(engine.database(), "DeleteTable", table.as_bytes());
    engine.mails().clear();
    played.map(|()| story.done)
}

impl Story {
    async fn begin(engine: &Engine, starts: &[Start]) -> Self {
        NOW.set(0);
        BITS.set(0);
        let world = World::on(engine, NameMap::default(), random).await;
        let mut model = Model::default();
        let mut bulk = Bulk::default();
        for (name, start) in TENANTS.into_iter().zip(starts) {
            let (chain, sso) = WAYS_IN[start.ways];
            let tenant = Tenant {
                status: TenantStatus::Active,
                join: JOINS[start.join],
                default_role: "member",
                chain,
                sso,
                lookup: start.lookup,
                outlive: start.outlive,
                limit: start.limit,
            };
            bulk.tenant(&real_tenant(name, &tenant), 0, start.limit.map(|limit| limit as u64));
            model.tenants.insert(name, tenant);
            model.clients.insert(name, Binding { kind: Kind::Tenant(name), observe: false });
        }
        for (domain, owner) in DOMAINS {
            let generation = u64::from(owner.is_some());
            model.domains.insert(domain, Domain { owner, generation, join: None });
        }
        bulk.add(&nouns::domain_of("labs.example", "acme"));
        for (name, of) in PROVIDERS.into_iter().take(3) {
            model.providers.insert(name, Provider { of, enabled: true });
            bulk.add(&of.map_or_else(|| nouns::social(name), |of| nouns::provider_of(name, of)));
        }
        model.clients.insert("portal", Binding { kind: Kind::Shared, observe: false });
        model.clients.insert("robot", Binding { kind: Kind::Machine("acme", "viewer"), observe: false });
        model.clients.insert("acmetwo", Binding { kind: Kind::Tenant("acme"), observe: false });
        let machine = ClientKind::Machine { tenant: nouns::tenant_id("acme"), roles: nouns::roles(&["viewer"]) };
        bulk.add(&nouns::client("portal", ClientKind::Shared))
            .add(&nouns::client("robot", machine))
            .add(&nouns::client_of("acmetwo", "acme"));
        engine.load(world.table(), bulk);
        let users = PEOPLE.iter().map(|one| User { name: 0, email: &ADDRESSES[one.address], verified: true }).collect();
        let (tokens, members) = (Vec::new(), BTreeMap::new());
        Self { world, model, users, tokens, members, last: None, done: Done::default() }
    }

    fn operations(&self, actor: Actor) -> Operations {
        Operations::new(self.world.table(), actor, clock, fill)
    }

    fn operator(&self) -> Operations {
        self.operations(Actor::Operator("tests".to_owned()))
    }

    fn name(&self, who: usize) -> Name {
        PEOPLE[who].names[self.users[who].name]
    }

    fn account(&self, who: usize) -> Account {
        let somebody = &PEOPLE[who];
        let user = &self.users[who];
        Account {
            person: self.name(who),
            email: Some(user.email),
            verified: user.verified,
            external: somebody.external,
            identities: somebody.identities,
        }
    }

    /// The event as Cognito sends it of this person.
    fn known(&self, who: usize, event: Event) -> Event {
        let somebody = &PEOPLE[who];
        let name = self.name(who);
        let event = match somebody.identities {
            Identities::One(provider) if somebody.external => event.federated(provider, name),
            Identities::One(provider) => event.attribute("identities", event::identities(&[(provider, name)])),
            Identities::Many => {
                event.attribute("identities", event::identities(&[("acmeidp", name), ("google", name)]))
            }
            Identities::Malformed => event.attribute("identities", "[{"),
            Identities::None => event,
        };
        let event = if somebody.external { event.attribute("cognito:user_status", "EXTERNAL_PROVIDER") } else { event };
        event.attribute("email_verified", if self.users[who].verified { "true" } else { "false" })
    }

    async fn ask(&mut self, event: &Event) -> Result<Answer, String> {
        self.done.decisions += 1;
        let answer = self.world.ask(event).await;
        if let Some(code) = answer.code().or(answer.would_code()) {
            *self.done.said.entry(code).or_default() += 1;
        }
        if answer.decision == "broken" { Err("broken".to_owned()) } else { Ok(answer) }
    }

    /// An operation's outcome beside the model's.
    fn same<T>(
        &mut self,
        real: Result<T, operations::OperationError>,
        model: Result<(), No>,
    ) -> Result<Option<T>, String> {
        self.done.operations += 1;
        match (real, model) {
            (Ok(done), Ok(())) => Ok(Some(done)),
            (Err(error), Err(No)) if error.kind() != operations::ErrorKind::Broken => Ok(None),
            (Ok(_), Err(No)) => Err("the operation was done, and the model refuses it".to_owned()),
            (Err(error), _) => Err(format!("{}: {error}; the model says otherwise", error.code())),
        }
    }

    async fn act(&mut self, act: &Act) -> Check {
        let again = if let Act::Again = act { self.last.clone() } else { Some(act.clone()) };
        self.last.clone_from(&again);
        match again {
            Some(act) => self.once(&act).await,
            None => Ok(()),
        }
    }

    async fn once(&mut self, act: &Act) -> Check {
        NOW.set(NOW.get() + 1);
        self.now();
        match act.clone() {
            Act::SignUp { who, at, token } => self.sign_up(who, at, token).await,
            Act::Confirm { who, at } => self.confirm(who, at).await,
            Act::Token { who, at, way, hint } => self.token(who, at, way, hint).await,
            Act::Machine { at } => {
                let model = self.model.machine(CLIENTS[at]);
                let answer = self.ask(&Event::machine(CLIENTS[at])).await?;
                self.compare_token(CLIENTS[at], &answer, model)
            }
            Act::Challenge { who, at, srp, answers, pause } => self.challenge(who, at, srp, &answers, pause).await,
            Act::Invite { tenant, address, role, by } => self.invite(tenant, address, role, by).await,
            Act::Revoke { tenant, address } => {
                let Some(mailbox) = ADDRESSES[address].mailbox else { return Ok(()) };
                let name = nouns::email(mailbox).into();
                let real = self.operator().revoke_invitation(&nouns::tenant_id(TENANTS[tenant]), &name, None).await;
                let model = self.model.revoke(TENANTS[tenant], mailbox);
                self.same(real, model).map(|_| ())
            }
            Act::Member { tenant, who, what } => self.member(TENANTS[tenant], self.name(who), what).await,
            Act::DeleteUser { who } => {
                let user = &mut self.users[who];
                user.name = (user.name + 1).min(2);
                Ok(())
            }
            Act::Address { who, address } => {
                self.users[who].email = &ADDRESSES[address];
                Ok(())
            }
            Act::Verified { who, verified } => {
                self.users[who].verified = verified;
                Ok(())
            }
            Act::Policy { tenant, what } => self.policy(TENANTS[tenant], what).await,
            Act::Tenant { tenant, what } => self.tenant(TENANTS[tenant], what).await,
            Act::Domain { tenant, domain, what } => self.domain(tenant, DOMAINS[domain].0, what).await,
            Act::Provider { provider, what } => self.provider(PROVIDERS[provider].0, what).await,
            Act::Client { at, what } => self.client(CLIENTS[at], what).await,
            Act::Pool { observe } => {
                let real = self.operator().observe_unbound(&nouns::pool(), observe).await;
                self.model.pool.observe_unbound = observe;
                self.same(real, Ok(())).map(|_| ())
            }
            Act::Pass { pause } => {
                self.pass(PAUSES[pause]);
                Ok(())
            }
            Act::Restart => {
                self.world = self.world.restarted();
                Ok(())
            }
            Act::Again => Ok(()),
        }
    }

    fn now(&mut self) {
        self.model.now = NOW.get();
        self.world.now = clock();
    }

    fn pass(&mut self, seconds: Time) {
        NOW.set(NOW.get() + seconds);
        self.now();
    }

    async fn sign_up(&mut self, who: usize, at: usize, token: Option<usize>) -> Check {
        let (client, account) = (CLIENTS[at], self.account(who));
        let email = self.users[who].email.text;
        let (event, model) = match account.identities {
            Identities::One(provider) if account.external => {
                let event = Event::external_sign_up(client, &format!("{provider}_{}", account.person), email)
                    .attribute("email_verified", if account.verified { "true" } else { "false" });
                (event, self.model.sign_up_by(client, &account, provider))
            }
            _ => {
                let event = Event::sign_up(client, account.person, email);
                let place = token.map(|back| self.tokens.len().checked_sub(back + 1));
                let event = match place {
                    None => event,
                    Some(Some(place)) => event.invited(&self.tokens[place].0),
                    Some(None) => event.invited(&nouns::token(200)),
                };
                let native = Account { external: false, identities: Identities::None, ..account };
                (event, self.model.sign_up(client, &native, place))
            }
        };
        let answer = self.ask(&event).await?;
        self.compare(client, &answer, model)
    }

    /// What only lets pass or refuses.
    fn compare(&self, client: Name, answer: &Answer, model: Result<(), Code>) -> Check {
        let (said, would) = (answer.code(), answer.would_code());
        let model = model.err();
        let expected = if self.model.observes(client) { (None, model) } else { (model, None) };
        if (said, would) == expected { Ok(()) } else { Err(differ(&(said, would), &expected)) }
    }

    async fn confirm(&mut self, who: usize, at: usize) -> Check {
        let (client, account) = (CLIENTS[at], self.account(who));
        let event = self.known(who, Event::confirmed(client, account.person, self.users[who].email.text));
        let had = self.active(account.person);
        let model = self.model.confirm(client, &account);
        let answer = self.ask(&event).await?;
        let observed = self.model.observes(client);
        let expected = match model {
            Err(NO_TENANT) => ("no tenant", None),
            _ if observed => ("observed", model.err()),
            Ok(Came::Joined) if self.active(account.person) == had => ("member", None),
            Ok(Came::Joined) => ("joined", None),
            Ok(Came::Requested) => ("requested", None),
            Err(code) => ("refused", Some(code)),
        };
        let said = (answer.decision, answer.would_code());
        if said == expected { Ok(()) } else { Err(differ(&said, &expected)) }
    }

    fn active(&self, person: Name) -> usize {
        self.model.rows.iter().filter(|((of, _), row)| *of == person && row.status == Status::Active).count()
    }

    async fn token(&mut self, who: usize, at: usize, way: usize, hint: Option<usize>) -> Check {
        const SOURCES: [(Name, Way); 5] = [
            ("Authentication", Way::Authentication),
            ("RefreshTokens", Way::Refresh),
            ("HostedAuth", Way::Hosted),
            ("NewPasswordChallenge", Way::NewPassword),
            ("AuthenticateDevice", Way::Device),
        ];
        let (source, way) = SOURCES[way];
        let (client, account) = (CLIENTS[at], self.account(who));
        let event = Event::token(client, account.person, self.users[who].email.text)
            .source(&format!("TokenGeneration_{source}"));
        let event = self.known(who, event);
        let event = match hint {
            Some(tenant) => event.metadata("tenant_id", nouns::tenant_id(TENANTS[tenant]).as_ref()),
            None => event,
        };
        let model = self.model.token(client, &account, way, hint.map(|tenant| TENANTS[tenant]));
        let answer = self.ask(&event).await?;
        self.compare_token(client, &answer, model)
    }

    fn compare_token(&mut self, client: Name, answer: &Answer, model: Result<Speaks, Code>) -> Check {
        let said = (answer.code(), answer.would_code());
        let would = match model {
            Err(code) | Ok(Speaks::OfNone(Some(code))) => Some(code),
            Ok(_) => None,
        };
        if self.model.observes(client) {
            let unchanged = answer.is_reply() && answer.response()["claimsAndScopeOverrideDetails"].is_null();
            let same = unchanged && said == (None, would);
            return if same { Ok(()) } else { Err(differ(&said, &would)) };
        }
        let speaks = match model {
            Err(code) => {
                return if said == (Some(code), None) { Ok(()) } else { Err(differ(&Self::speech(answer), &code)) };
            }
            Ok(speaks) => speaks,
        };
        if said != (None, would) {
            return Err(differ(&said, &speaks));
        }
        if let Speaks::OfMachine(tenant, role) = speaks {
            let token = answer.access_token();
            let found = (&token["tenant_id"], &token["roles"], token.get("member_id"));
            let same = found == (&json!(nouns::tenant_id(tenant).as_ref()), &json!([role]), None);
            return if same { Ok(()) } else { Err(differ(&token, &speaks)) };
        }
        let tenant = answer.speaks_of();
        let (id, access) = (answer.id_token(), answer.access_token());
        let expected = match speaks {
            Speaks::OfNone(_) | Speaks::OfMachine(..) => (None, None, None),
            Speaks::Of(tenant, _, role) => (Some(tenant), id.get("member_id").cloned(), Some(role)),
        };
        let (of, member, role) = expected;
        let roles = role.map(|role| json!([role]));
        let slug = of.map(|name| json!(name));
        for token in [id, access] {
            let found = (token.get("tenant_slug"), token.get("member_id"), token.get("roles"));
            if tenant != of.map(nouns::tenant_id) || found != (slug.as_ref(), member.as_ref(), roles.as_ref()) {
                return Err(differ(&token, &speaks));
            }
        }
        for other in TENANTS.into_iter().filter(|name| Some(*name) != of) {
            // Neither its id, which begins with its name, nor its slug.
            if answer.response().to_string().contains(other) {
                return Err(format!("a token of {of:?} names {other}"));
            }
        }
        if let (Speaks::Of(_, number, _), member) = (speaks, member) {
            let Some(Value::String(member)) = member else { return Err("a member without an id".to_owned()) };
            self.is_member(number, &member)?;
        }
        Ok(())
    }

    fn speech(answer: &Answer) -> String {
        match answer.code() {
            Some(code) => code.to_owned(),
            None => format!("{:?} {:?}", answer.speaks_of(), answer.would_code()),
        }
    }

    /// The same number, the same id; another number, another id.
    fn is_member(&mut self, number: usize, id: &str) -> Check {
        let known = self.members.entry(number).or_insert_with(|| id.to_owned());
        if known != id {
            return Err(format!("member {number} was {known} and is {id}"));
        }
        let bearers = self.members.values().filter(|known| *known == id).count();
        if bearers == 1 { Ok(()) } else { Err(format!("{bearers} members are {id}")) }
    }

    /// A whole sign-in by challenge, as Cognito goes through it.
    async fn challenge(&mut self, who: usize, at: usize, srp: bool, answers: &[bool], pause: Option<usize>) -> Check {
        let (client, account) = (CLIENTS[at], self.account(who));
        let email = self.users[who].email.text;
        let mut session: Vec<(Name, Option<bool>)> = if srp { vec![("SRP_A", Some(true))] } else { Vec::new() };
        let mut answers = answers.iter();
        loop {
            let steps: Vec<(&str, bool)> =
                session.iter().map(|(name, result)| (*name, *result == Some(true))).collect();
            let event = self.known(who, Event::define(client, account.person, email, &steps));
            let model = self.model.define(client, account.person, &session);
            let answer = self.ask(&event).await?;
            self.compare(client, &answer, model.map(|_| ()))?;
            let Ok(next) = model else { return Ok(()) };
            if self.model.observes(client) {
                return Ok(());
            }
            let response = answer.response();
            let said = match (response["issueTokens"].as_bool(), response["failAuthentication"].as_bool()) {
                (Some(true), Some(false)) => Next::Tokens,
                (Some(false), Some(true)) => Next::Fail,
                _ if response["challengeName"] == "PASSWORD_VERIFIER" => Next::Ask("PASSWORD_VERIFIER"),
                _ => Next::Ask("CUSTOM_CHALLENGE"),
            };
            if said != next {
                return Err(differ(&said, &next));
            }
            match next {
                Next::Tokens | Next::Fail => return Ok(()),
                Next::Ask("PASSWORD_VERIFIER") => session.push(("PASSWORD_VERIFIER", Some(true))),
                Next::Ask(_) => {
                    let Some(right) = answers.next() else { return Ok(()) };
                    let event = self.known(who, Event::create(client, account.person, email, &steps));
                    let model = self.model.create(client, &account, &session);
                    let created = self.ask(&event).await?;
                    self.compare(client, &created, model.map(|_| ()))?;
                    let Ok(new) = model else { return Ok(()) };
                    let is_new = created.decision != "the code was sent before";
                    if is_new != new {
                        return Err(differ(&created.decision, &if new { "a new code" } else { "the same code" }));
                    }
                    if let Some(pause) = pause {
                        self.pass(PAUSES[pause]);
                    }
                    let passed = self.answer(who, at, created.response(), *right).await?;
                    session.push(("CUSTOM_CHALLENGE", Some(passed)));
                }
            }
        }
    }

    async fn answer(&mut self, who: usize, at: usize, created: &Value, right: bool) -> Result<bool, String> {
        let (client, account) = (CLIENTS[at], self.account(who));
        let to = self.model.codes.sent.get(&(account.person, client)).and_then(|sent| sent.to);
        let number = created["privateChallengeParameters"]["issue"].as_str().and_then(|text| text.parse().ok());
        let person = nouns::person(account.person);
        let real_client = Client { pool: nouns::pool(), id: nouns::parse(client) };
        let mailbox = to.map(nouns::email);
        let recipient = Recipient::new(&person, &real_client, mailbox.as_ref());
        let code = crate::world::code_keys().code(&recipient, number.ok_or("no issue")?).reveal();
        let typed =
            if right { code } else { code.chars().rev().map(|digit| if digit == '9' { '0' } else { '9' }).collect() };
        let event = Event::verify(client, account.person, self.users[who].email.text, created, &typed);
        let event = self.known(who, event);
        let model = self.model.verify(client, &account, right);
        let answer = self.ask(&event).await?;
        let said = answer.is_reply().then(|| answer.response()["answerCorrect"].as_bool()).flatten();
        if said == Some(model) { Ok(model) } else { Err(differ(&(said, answer.code()), &model)) }
    }

    async fn invite(&mut self, tenant: usize, address: usize, role: usize, by: Option<usize>) -> Check {
        let Some(mailbox) = ADDRESSES[address].mailbox else { return Ok(()) };
        let inviter = by.map(|who| self.name(who));
        let actor =
            inviter.map_or_else(|| Actor::Operator("tests".to_owned()), |name| Actor::Member(nouns::person(name)));
        let invite = Invite { replaces: true, ..Invite::new(nouns::email(mailbox)) };
        let invite = invite.with_roles(nouns::roles(&[ROLES[role]]));
        let real = self.operations(actor).invite(&nouns::tenant_id(TENANTS[tenant]), &invite).await;
        let model = self.model.invite(TENANTS[tenant], mailbox, ROLES[role], inviter).map(|_| ());
        if let Some(invited) = self.same(real, model)? {
            self.tokens.push((invited.token, invited.invitation.terms.digest));
        }
        Ok(())
    }

    async fn member(&mut self, tenant: Name, person: Name, what: ToMember) -> Check {
        let (id, name) = (nouns::tenant_id(tenant), nouns::person(person).into());
        let operator = self.operator();
        let model = &mut self.model;
        let (real, model) = match what {
            ToMember::Remove => (operator.remove(&id, &name, None).await.map(drop), model.remove(tenant, person)),
            ToMember::Suspend => (operator.suspend(&id, &name, None).await.map(drop), model.suspend(tenant, person)),
            ToMember::Resume => (operator.resume(&id, &name, None).await.map(drop), model.resume(tenant, person)),
            ToMember::Reinstate => {
                (operator.reinstate(&id, &name, None, None).await.map(drop), model.reinstate(tenant, person))
            }
            ToMember::Approve => (operator.approve(&id, &name, None).await.map(drop), model.approve(tenant, person)),
            ToMember::Deny => (operator.deny(&id, &name, None).await.map(drop), model.deny(tenant, person)),
            ToMember::SetRole(role) => {
                let roles = nouns::roles(&[ROLES[role]]);
                (operator.set_roles(&id, &name, &roles).await.map(drop), model.set_role(tenant, person, ROLES[role]))
            }
            ToMember::Unlock => {
                (operator.unlock(&id, &name, &[], None).await.map(drop), model.unlock_at(tenant, person))
            }
        };
        self.same(real, model).map(|_| ())
    }

    async fn policy(&mut self, tenant: Name, what: ToPolicy) -> Check {
        let mut change = PolicyChange::default();
        let mut after = self.model.clone();
        let model = match what {
            ToPolicy::Join(join) => {
                change.join = Some(real_join(JOINS[join]));
                after.set_join(tenant, JOINS[join])
            }
            ToPolicy::Ways(ways) => {
                let (chain, sso) = WAYS_IN[ways];
                (change.chain, change.sso_required) = (Some(real_chain(chain)), Some(sso));
                after.set_ways(tenant, chain, sso)
            }
            ToPolicy::Limit(limit) => {
                change.seat_limit = Some(limit.map(|limit| limit as u64));
                after.set_limit(tenant, limit)
            }
            ToPolicy::Lookup(lookup) => {
                change.invitation_lookup = Some(lookup);
                after.set_policy(tenant, |policy| policy.lookup = lookup)
            }
            ToPolicy::Outlive(outlive) => {
                change.invitations_outlive_inviter = Some(outlive);
                after.set_policy(tenant, |policy| policy.outlive = outlive)
            }
            ToPolicy::Default(role) => {
                change.default_roles = Some(nouns::roles(&[ROLES[role]]));
                after.set_default_role(tenant, ROLES[role])
            }
        };
        let real = self.operator().set_policy(&nouns::tenant_id(tenant), &change).await;
        if model.is_ok() {
            self.model = after;
        }
        self.same(real, model).map(|_| ())
    }

    async fn tenant(&mut self, tenant: Name, what: ToTenant) -> Check {
        use TenantStatus::{Active, Closed, Suspended};
        let (operator, id) = (self.operator(), nouns::tenant_id(tenant));
        let (real, from, to): (_, &[TenantStatus], _) = match what {
            ToTenant::Suspend => (operator.suspend_tenant(&id, None).await, &[Active], Suspended),
            ToTenant::Resume => (operator.resume_tenant(&id, None).await, &[Suspended], Active),
            ToTenant::Close => (operator.close_tenant(&id, None).await, &[Active, Suspended], Closed),
            ToTenant::Restore => (operator.restore_tenant(&id, None).await, &[Closed], Active),
        };
        let model = self.model.set_status(tenant, from, to);
        self.same(real, model).map(|_| ())
    }

    async fn domain(&mut self, tenant: usize, domain: Name, what: ToDomain) -> Check {
        let (own, other) = (TENANTS[tenant], TENANTS[1 - tenant]);
        let (id, other_id, name) = (nouns::tenant_id(own), nouns::tenant_id(other), nouns::domain_name(domain));
        let operator = self.operator();
        let how = |keep: bool| if keep { Releasing::KeepMembers } else { Releasing::DropMembers };
        let (real, model) = match what {
            ToDomain::Release(keep) => {
                (operator.release_domain(&id, &name, how(keep)).await.map(drop), self.model.release(own, domain, keep))
            }
            ToDomain::Transfer(keep) => (
                operator.transfer_domain(&name, &id, &other_id, how(keep), "a test").await.map(drop),
                self.model.transfer(own, domain, other, keep),
            ),
            ToDomain::Assume => {
                (operator.assume_domain(&id, &name, "a test").await.map(drop), self.model.assume(own, domain))
            }
            ToDomain::Join(join) => {
                let join = join.map(|join| JOINS[join]);
                (
                    operator.set_domain_join(&id, &name, join.map(real_join)).await.map(drop),
                    self.model.set_domain_join(own, domain, join),
                )
            }
        };
        self.same(real, model).map(|_| ())
    }

    async fn provider(&mut self, provider: Name, what: ToProvider) -> Check {
        let (operator, pool, name) = (self.operator(), nouns::pool(), nouns::provider_name(provider));
        let (real, model) = match what {
            ToProvider::Enable => {
                (operator.enable_provider(&pool, &name, true).await.map(drop), self.model.enable(provider, true))
            }
            ToProvider::Disable => {
                (operator.enable_provider(&pool, &name, false).await.map(drop), self.model.enable(provider, false))
            }
            ToProvider::Unbind => {
                (operator.unbind_provider(&pool, &name).await.map(drop), self.model.unbind_provider(provider))
            }
            ToProvider::Bind(of) => {
                let of = of.map(|tenant| TENANTS[tenant]);
                let kind = of.map_or(ProviderKind::Social, |of| ProviderKind::Tenant(nouns::tenant_id(of)));
                (operator.bind_provider(&pool, &name, &kind).await.map(drop), self.model.bind_provider(provider, of))
            }
        };
        self.same(real, model).map(|_| ())
    }

    async fn client(&mut self, name: Name, what: ToClient) -> Check {
        let client = Client { pool: nouns::pool(), id: nouns::parse(name) };
        let operator = self.operator();
        let (real, model) = match what {
            ToClient::Observe => {
                (operator.set_client_mode(&client, domain::Mode::Observe).await, self.model.set_mode(name, true))
            }
            ToClient::Enforce => {
                (operator.set_client_mode(&client, domain::Mode::Enforce).await, self.model.set_mode(name, false))
            }
            ToClient::Unbind => (operator.unbind_client(&client).await, self.model.unbind(name)),
            ToClient::Bind(to) => {
                let to = to.map(|tenant| TENANTS[tenant]);
                let kind = to.map_or(ClientKind::Shared, |to| ClientKind::Tenant(nouns::tenant_id(to)));
                let new = NewBinding::new(client, kind);
                (operator.bind_client(&new).await, self.model.bind(name, to.map_or(Kind::Shared, Kind::Tenant)))
            }
        };
        self.same(real, model).map(|_| ())
    }

    /// Memberships, bars, seats and invitations as the table has them, beside the model's.
    async fn compare_table(&mut self) -> Check {
        let dump = self.world.dump().await;
        let mut rows = BTreeMap::new();
        for (key, item) in dump.iter().filter(|(_, item)| item["kind"] == "membership") {
            rows.insert(key.clone(), item.clone());
        }
        let expected = self.model.rows.clone();
        if rows.len() != expected.len() {
            return Err(format!("in the end there are {} memberships, of the model {}", rows.len(), expected.len()));
        }
        for ((person, tenant), row) in expected {
            self.done.memberships += 1;
            let key = format!("PERSON#{}#{} | TENANT#{}", nouns::POOL, nouns::sub(person), nouns::tenant_id(tenant));
            let item = rows.get(&key).ok_or_else(|| format!("in the end {person} has no row at {tenant}: {row:?}"))?;
            let said = said_of_row(item);
            let model = model_of_row(&row);
            if said != model {
                return Err(format!("in the end, of {person} at {tenant}: {}", differ(&said, &model)));
            }
            let member = item["member_id"].as_str().unwrap_or_default().to_owned();
            // A superseded row keeps the id that went over.
            self.is_member(row.member, &member)?;
        }
        self.compare_bars(&dump)?;
        self.compare_invitations(&dump)?;
        for tenant in TENANTS {
            let seats = &dump[&format!("TENANT#{} | SEATS", nouns::tenant_id(tenant))];
            let owner = |row: &Row| row.status == Status::Active && row.role == "owner";
            let owners = self.model.rows.iter().filter(|((_, of), row)| *of == tenant && owner(row)).count();
            let (said, model) = ((&seats["used"], &seats["owners"]), (json!(self.model.seats(tenant)), json!(owners)));
            if said != (&model.0, &model.1) {
                return Err(format!("in the end, seats and owners of {tenant}: {}", differ(&said, &model)));
            }
        }
        Ok(())
    }

    fn compare_bars(&self, dump: &Dump) -> Check {
        let mut said = BTreeMap::new();
        for (key, item) in dump.iter().filter(|(_, item)| item["kind"] == "mailbox" && !item["bar"].is_null()) {
            said.insert(key.clone(), (item["bar"].clone(), item["barred_since"].clone()));
        }
        let mut model = BTreeMap::new();
        for ((tenant, mailbox), bar) in &self.model.bars {
            let id = nouns::tenant_id(tenant);
            let key = MailboxKey::of(&id, &nouns::email(mailbox));
            let reason = if bar.suspended { "suspended" } else { "removed" };
            model.insert(format!("TENANT#{id} | MAILBOX#{}", key.as_ref()), (json!(reason), written(bar.since)));
        }
        if said == model { Ok(()) } else { Err(format!("in the end, bars: {}", differ(&said, &self.model.bars))) }
    }

    fn compare_invitations(&self, dump: &Dump) -> Check {
        for ((_, digest), model) in self.tokens.iter().zip(&self.model.invitations) {
            let item = &dump[&format!("INVITATION#{} | INVITATION", digest.as_ref())];
            let state = match model.state {
                InvitationState::Open => "open",
                InvitationState::Accepted => "accepted",
                InvitationState::Revoked => "revoked",
            };
            if item["state"] != state {
                return Err(format!("in the end, of {model:?}: {}", item["state"]));
            }
        }
        Ok(())
    }
}

fn differ(said: &impl std::fmt::Debug, model: &impl std::fmt::Debug) -> String {
    format!("Tenantry says {said:?}, the model {model:?}")
}

/// As the table writes times.
fn written(time: Time) -> Value {
    json!((nouns::now() + SignedDuration::from_secs(time)).to_string())
}

/// What a row in the table says, in the model's words.
fn said_of_row(item: &Value) -> String {
    format!(
        "{} {} {} {} {} {} {}",
        item["status"].as_str().unwrap_or("?"),
        item["roles"],
        item["origin"].as_str().unwrap_or("?"),
        item["origin_domain"].as_str().unwrap_or("-"),
        item["origin_provider"].as_str().unwrap_or("-"),
        item["address"].as_str().unwrap_or("-"),
        item["since"],
    )
}

fn model_of_row(row: &Row) -> String {
    let status = match row.status {
        Status::Requested => "requested",
        Status::Denied => "denied",
        Status::Active => "active",
        Status::Suspended => "suspended",
        Status::Removed => "removed",
        Status::Superseded => "superseded",
    };
    let (origin, domain, provider) = match row.origin {
        Origin::Domain(domain, _) => ("domain", domain, "-"),
        Origin::Provider(provider) => ("provider", "-", provider),
        Origin::Invitation => ("invitation", "-", "-"),
        Origin::Open => ("open", "-", "-"),
        Origin::Added => ("added", "-", "-"),
    };
    let address = row.address.unwrap_or("-");
    format!("{status} {} {origin} {domain} {provider} {address} {}", json!([row.role]), written(row.since))
}
