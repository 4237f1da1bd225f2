//! The story: look, attach, import, enforce client by client, one step back, detach, attach again.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{DeliveryMediumType, LambdaConfigType, UserPoolType};
use domain::Refusal;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::operator::Operator;
use super::people::{self, Person, State, TENANTS};
use super::sign_ins::{self, Got, Round};
use super::{ATTRIBUTE, CLIENTS, Ground, Place};

/// What our functions do at an app client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// They are not called.
    Away,
    /// It was never bound, and the pool lets it pass.
    NeverBound,
    Observe,
    Enforce,
}

/// What the log has to say of pre token generation at one client.
#[derive(Debug, Default)]
struct Logged {
    answered: u64,
    without_tenant: u64,
    would: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
}

/// What our functions have to say to somebody.
enum Verdict {
    Member(&'static str),
    /// A token without a tenant, as before.
    Nobody,
    Refused(Refusal),
}

struct Story<'a, G> {
    ground: &'a G,
    place: &'a Place,
    operator: Operator,
    everybody: Vec<Person>,
    followed: Vec<Person>,
    /// What each got before anybody attached anything.
    before: Round,
    modes: [Mode; 3],
    logged: [Logged; 3],
    imported: bool,
    tenants: BTreeMap<&'static str, String>,
    sign_ins: usize,
}

/// The whole of it. The pool is there, with its clients, its other functions, and nobody in it; ours are deployed beside it; the table is empty.
pub(crate) async fn comes_over(ground: &impl Ground) {
    let place = ground.place();
    let began = Instant::now();
    let everybody = people::everybody();
    people::settle(place, &everybody).await;
    let mut story = Story {
        ground,
        place,
        operator: Operator::at(place),
        followed: people::followed(&everybody),
        everybody,
        before: Round::new(),
        modes: [Mode::Away; 3],
        logged: Default::default(),
        imported: false,
        tenants: BTreeMap::new(),
        sign_ins: 0,
    };
    story.operator.says(&format!(
        "{}: {} users made in {:.1} s",
        place.name,
        story.everybody.len(),
        began.elapsed().as_secs_f32()
    ));
    story.operator.says(&format!("otherwise than AWS: {}", place.otherwise.because));
    let first = story.was_there_before().await;
    story.looks(&first).await;
    story.attaches(&first).await;
    story.brings_its_users().await;
    story.enforces().await;
    story.goes_back(&first).await;
    story.operator.says(&format!("\n{} sign-ins, {:.0} s in all", story.sign_ins, began.elapsed().as_secs_f32()));
}

impl<G: Ground> Story<'_, G> {
    /// Step one: how the pool was.
    async fn was_there_before(&mut self) -> UserPoolType {
        let round = sign_ins::round(self.place, &self.followed).await;
        for ((who, _), got) in &round {
            let person = &self.followed[*who];
            match got {
                Got::Tokens(_) => {
                    assert!(person.state == State::Ready && !got.speaks_of_a_tenant(), "{person:?} {got:?}");
                }
                Got::Not(_) => assert_ne!(person.state, State::Ready, "{person:?} {got:?}"),
                Got::Refused(refusal) => panic!("{person:?} {refusal:?}"),
            }
        }
        self.before = round;
        self.operator.shows("init", 0);
        self.nobody_is_locked_out("before anything").await;
        self.others_still_fire("before@people.example").await;
        self.pool().await
    }

    /// Step two: a plan changes nothing.
    async fn looks(&mut self, first: &UserPoolType) {
        let plan = format!("attach --pool {} --plan", self.place.pool);
        self.operator.shows(&format!("{plan} --snippets cli"), 0);
        let plan = self.operator.asks(&plan);
        let plan = &plan["plan"];
        let states: Vec<&Value> = plan["slots"].as_array().unwrap().iter().map(|slot| &slot["slot_state"]).collect();
        assert_eq!(states, [&json!("free"); 6], "{plan}");
        let kept: Vec<&str> =
            plan["kept"].as_array().unwrap().iter().map(|slot| slot["slot"].as_str().unwrap()).collect();
        assert_eq!(kept.len(), 2, "{kept:?}");
        assert!(["CustomMessage", "PostAuthentication"].iter().all(|slot| kept.contains(slot)), "{kept:?}");
        assert_eq!(plan["clients"]["never_bound"], json!(3));
        assert_eq!(plan["obstacles"], json!([]));
        let attribute = plan["users"]["attributes"].as_array().unwrap().iter();
        let attribute = attribute.clone().find(|one| one["name"] == format!("custom:{ATTRIBUTE}")).unwrap();
        let (with, values) = (&attribute["users"], &attribute["values"]);
        assert_eq!((with, values), (&json!(1_000 - people::WITHOUT_VALUE), &json!(TENANTS.len() + 1)));
        assert_eq!(self.pool().await, *first, "a plan changes nothing");
        assert!(self.operator.kept_pools().is_empty());
        self.nobody_is_locked_out("after the plan").await;
    }

    /// Step three: attached, and nobody notices.
    async fn attaches(&mut self, first: &UserPoolType) {
        self.operator.shows(&format!("attach --pool {} --apply --yes", self.place.pool), 0);
        self.modes = [Mode::NeverBound; 3];
        self.is_attached(first).await;
        // The way back without us: the pool as it was, and nothing of ours in it.
        let kept = self.operator.kept_pools();
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert!(kept[0].contains("theirs-sign-ins") && !kept[0].contains("tenantry-"), "{kept:?}");
        self.nobody_is_locked_out("after attaching").await;
        self.others_still_fire("meanwhile@people.example").await;
        self.somebody_signs_up("newcomer@people.example").await;
        self.nobody_is_locked_out("after somebody signed up").await;
    }

    /// Step four: tenants, clients that observe, and a thousand users who become members.
    async fn brings_its_users(&mut self) {
        for (slug, _) in TENANTS {
            let tenant = self.operator.asks(&format!("tenant create {slug}"));
            self.tenants.insert(slug, tenant["tenant_id"].as_str().unwrap().to_owned());
        }
        self.reports(1).await;
        for (at, client) in CLIENTS.iter().enumerate() {
            let to = client.tenant.map_or("--shared".to_owned(), |slug| format!("--tenant {slug}"));
            self.operator.shows(&format!("client bind {} {to} --observe", self.client(at)), 0);
            self.modes[at] = Mode::Observe;
        }
        self.nobody_is_locked_out("with every client observing").await;
        self.operator.says("\nWho would be refused before the import:");
        self.reports(1).await;
        self.who_would_be_refused(0);

        let import = format!("member import --from-attribute custom:{ATTRIBUTE} --pool {}", self.place.pool);
        let joining: usize = TENANTS.iter().map(|(_, count)| count).sum();
        self.operator.shows(&format!("{import} --dry-run"), 0);
        let planned = self.operator.asks(&format!("{import} --dry-run"));
        self.is_planned(&planned, joining, 0);
        self.nobody_is_locked_out("after the rehearsal").await;
        let began = Instant::now();
        self.operator.shows(&format!("{import} --yes"), 0);
        self.operator.says(&format!("# {joining} members in {:.1} s", began.elapsed().as_secs_f32()));
        self.imported = true;
        let again = self.operator.asks(&format!("{import} --dry-run"));
        self.is_planned(&again, 0, joining);
        self.nobody_is_locked_out("after the import").await;
        self.operator.says("\nWho would be refused after it:");
        self.reports(1).await;
        self.who_would_be_refused(0);
    }

    /// Step five: client by client, and one step back on the way.
    async fn enforces(&mut self) {
        self.turns(0, Mode::Enforce).await;
        self.turns(0, Mode::Observe).await;
        for at in 0..CLIENTS.len() {
            self.turns(at, Mode::Enforce).await;
        }
        // Every client is bound: those that never were are denied again.
        self.operator.shows(&format!("pool observe-unbound {} --off", self.place.pool), 0);
        self.nobody_is_locked_out("with every client enforced").await;
        self.reports(0).await;
    }

    /// Step six: all the way back, and once more.
    async fn goes_back(&mut self, first: &UserPoolType) {
        self.operator.shows(&format!("detach --pool {} --yes", self.place.pool), 0);
        let enforced = std::mem::replace(&mut self.modes, [Mode::Away; 3]);
        assert_eq!(self.pool().await, *first, "as if we had never been there");
        self.nobody_is_locked_out("after detaching").await;
        self.others_still_fire("afterwards@people.example").await;
        let members = self.operator.asks("member list acme");
        assert_eq!(members["members"].as_array().map(Vec::len), Some(TENANTS[0].1), "the table keeps its members");

        // Who enforces already is named first.
        let attach = format!("attach --pool {} --apply --yes", self.place.pool);
        self.operator.shows(&attach, 1);
        assert_eq!(self.pool().await, *first);
        self.operator.shows(&format!("{attach} --enforced"), 0);
        self.modes = enforced;
        self.is_attached(first).await;
        self.nobody_is_locked_out("after attaching again").await;
    }

    /// A client goes to a mode, and whom the report named is refused, or not any more, and nobody else.
    async fn turns(&mut self, at: usize, mode: Mode) {
        let word = if mode == Mode::Enforce { "enforce" } else { "observe" };
        self.operator.shows(&format!("client {word} {}", self.client(at)), 0);
        self.modes[at] = mode;
        self.nobody_is_locked_out(&format!("with {} on {word}", CLIENTS[at].name)).await;
    }

    /// The same check after every step: everybody who is followed signs in at every client.
    async fn nobody_is_locked_out(&mut self, step: &str) {
        let began = Instant::now();
        let round = sign_ins::round(self.place, &self.followed).await;
        let (mut as_before, mut members, mut refused) = (0, 0, BTreeMap::new());
        for ((who, at), got) in &round {
            let person = &self.followed[*who];
            let before = &self.before[&(*who, *at)];
            let context = || format!("{step}: {person:?} at {}: {got:?}, before {before:?}", CLIENTS[*at].name);
            let verdict = self.verdict(person, *at);
            // Whom the pool itself refuses never comes to us.
            if matches!(before, Got::Not(_)) {
                assert_eq!(got, before, "{}", context());
                as_before += 1;
                continue;
            }
            match (self.modes[*at], &verdict) {
                (Mode::Enforce, Verdict::Member(slug)) => {
                    assert_eq!(got.both_say("tenant_id"), Some(&json!(self.tenants[slug])), "{}", context());
                    assert_eq!(got.both_say("roles"), Some(&json!(["member"])), "{}", context());
                    assert_eq!(got.without_ours(), *before, "{}", context());
                    members += 1;
                }
                (Mode::Enforce, Verdict::Refused(code)) => {
                    assert_eq!(*got, Got::Refused(*code), "{}", context());
                    *refused.entry(code.code()).or_insert(0) += 1;
                }
                _ => {
                    assert_eq!(got, before, "{}", context());
                    as_before += 1;
                }
            }
            self.logs(*at, &verdict);
        }
        self.sign_ins += round.len();
        self.operator.says(&format!(
            "# {step}: {} sign-ins of {} people at {} clients: {as_before} as before, {members} with their tenant, refused {refused:?} \
             ({:.1} s)",
            round.len(),
            self.followed.len(),
            CLIENTS.len(),
            began.elapsed().as_secs_f32()
        ));
    }

    fn verdict(&self, person: &Person, at: usize) -> Verdict {
        if self.modes[at] == Mode::NeverBound {
            return Verdict::Refused(Refusal::ClientNotBound);
        }
        match (person.tenant().filter(|_| self.imported), CLIENTS[at].tenant) {
            (Some(own), None) => Verdict::Member(own),
            (Some(own), Some(bound)) if own == bound => Verdict::Member(own),
            (None, None) => Verdict::Nobody,
            (_, Some(_)) => Verdict::Refused(refusal(person)),
        }
    }

    /// What the functions have to log of a sign-in.
    fn logs(&mut self, at: usize, verdict: &Verdict) {
        let calls = self.place.otherwise.calls_per_sign_in;
        let logged = &mut self.logged[at];
        match (self.modes[at], verdict) {
            (Mode::Away, _) => {}
            (_, Verdict::Member(_)) => logged.answered += calls,
            (_, Verdict::Nobody) => logged.without_tenant += calls,
            // After a refusal nothing more is asked.
            (Mode::Enforce, Verdict::Refused(code)) => *logged.refused.entry(code.code()).or_default() += 1,
            (_, Verdict::Refused(code)) => *logged.would.entry(code.code()).or_default() += calls,
        }
    }

    /// The report says of the tokens at each client what everybody saw there, no more and no less.
    async fn reports(&mut self, status: i32) {
        let logs = self.ground.logs().await.join(" ");
        self.operator.shows(&format!("client report {logs}"), status);
        let report = self.operator.asks(&format!("client report {logs}"));
        let clients = report["clients"].as_array().unwrap();
        for (at, logged) in self.logged.iter().enumerate() {
            let found = clients.iter().find(|client| client["client_id"] == self.place.clients[at]).unwrap();
            // Bound to people, it is told apart what only the missing binding was against.
            let mut would = logged.would.clone();
            let bound = self.modes[at] != Mode::NeverBound;
            let before = if bound { would.remove(Refusal::ClientNotBound.code()) } else { None };
            let wanted = json!({
                "answered": logged.answered, "without_tenant": logged.without_tenant, "without_tenant_because": {},
                "would": would, "before_binding": before.unwrap_or(0), "refused": logged.refused, "broken": 0,
            });
            assert_eq!(found["triggers"]["pre-token-generation"], wanted, "{}: {report}", CLIENTS[at].name);
            // Whom a shared client knows no tenant of is let pass all the same, before and after.
            if self.modes[at] == Mode::Observe && CLIENTS[at].tenant.is_none() {
                let verdict = if logged.answered + logged.without_tenant > 0 { "safe" } else { "unseen" };
                assert_eq!(found["verdict"], verdict, "{report}");
            }
        }
    }

    /// By name, for a client of one tenant: everybody who is nobody's member, with the code that enforcing gives them.
    fn who_would_be_refused(&mut self, at: usize) {
        let nobodys = |person: &&Person| person.state == State::Ready && !(self.imported && person.tenant().is_some());
        let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
        // Whoever signed up meanwhile is of no tenant either.
        let newcomers =
            self.followed.iter().filter(|one| self.everybody.iter().all(|known| known.address != one.address));
        for person in self.everybody.iter().chain(newcomers).filter(nobodys) {
            *refused.entry(refusal(person).code()).or_default() += 1;
        }
        let all: usize = refused.values().sum();
        let line = format!("client report {} --who", self.client(at));
        if !self.imported {
            let who = self.operator.asks(&line);
            assert_eq!((&who["members"], &who["elsewhere"], &who["refused"]), (&json!(0), &json!(0), &json!(refused)));
            assert_eq!(who["refused_users"].as_array().map(Vec::len), Some(all));
            self.operator
                .says(&format!("\n$ tenantctl --json {line}\n# {all} users, by code {refused:?}, each by sub"));
            return;
        }
        let said = self.operator.shows(&line, 1);
        let joined: usize = TENANTS.iter().map(|(_, count)| count).sum();
        let own = TENANTS.iter().find(|(slug, _)| CLIENTS[at].tenant == Some(*slug)).unwrap().1;
        let idle = people::UNCONFIRMED + people::DISABLED;
        for wanted in [
            format!("{own} are members and get in, 0 would join by signing in, {all} are refused\n"),
            format!("and {} are refused here who are members of other tenants", joined - own),
            format!("{idle} are disabled or never confirmed, and sign in nowhere"),
        ] {
            assert!(said.contains(&wanted), "{wanted}: {said}");
        }
        for (code, count) in refused {
            assert_eq!(
                said.lines().filter(|line| line.ends_with(&format!("  {code}"))).count(),
                count,
                "{code}: {said}"
            );
        }
    }

    fn is_planned(&self, plan: &Value, joins: usize, already: usize) {
        let sum = |what: &str| -> u64 {
            plan["tenants"].as_array().unwrap().iter().map(|tenant| tenant[what].as_u64().unwrap()).sum()
        };
        assert_eq!((sum("joins"), sum("already")), (joins as u64, already as u64), "{plan}");
        let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
        for one in plan["skipped"].as_array().unwrap() {
            *skipped.entry(one["code"].as_str().unwrap()).or_default() += 1;
        }
        let wanted = [
            ("NO_VALUE", people::WITHOUT_VALUE + 1),
            ("TENANT_UNKNOWN", people::OF_FORMER),
            ("USER_DISABLED", people::DISABLED),
            ("USER_UNCONFIRMED", people::UNCONFIRMED),
        ];
        assert_eq!(skipped, wanted.into());
        let unverified = self.everybody.iter().filter(|person| person.tenant().is_some() && !person.verified).count();
        assert_eq!(plan["without_address"], json!(if joins == 0 { 0 } else { unverified }), "{plan}");
    }

    /// Our six slots are set; everything else, the other two functions too, is as it was.
    async fn is_attached(&self, first: &UserPoolType) {
        let mut now = self.pool().await;
        let config = now.lambda_config.take().unwrap();
        let mut before = first.clone();
        let others = before.lambda_config.take().unwrap();
        assert_eq!(now, before, "every other setting stays");
        let ours = [
            &config.pre_sign_up,
            &config.post_confirmation,
            &config.pre_token_generation_config.as_ref().map(|config| config.lambda_arn.clone()),
            &config.define_auth_challenge,
            &config.create_auth_challenge,
            &config.verify_auth_challenge_response,
        ];
        for (function, name) in ours.into_iter().zip(laptop::TRIGGERS) {
            let end = format!(":function:tenantry-{name}:live");
            assert!(function.as_ref().is_some_and(|arn| arn.ends_with(&end)), "{name}: {function:?}");
        }
        let kept = |config: &LambdaConfigType| (config.custom_message.clone(), config.post_authentication.clone());
        assert_eq!(kept(&config), kept(&others), "the other two functions stay");
    }

    /// Every setting of the pool, without what another user or the time of day changes.
    async fn pool(&self) -> UserPoolType {
        let asked = self.place.sdk.describe_user_pool().user_pool_id(&self.place.pool).send().await.unwrap();
        let mut pool = asked.user_pool.unwrap();
        pool.last_modified_date = None;
        pool.estimated_number_of_users = 0;
        pool
    }

    /// The two functions that were there before us are still asked.
    async fn others_still_fire(&mut self, address: &str) {
        let otherwise = &self.place.otherwise;
        let create = self.place.sdk.admin_create_user().user_pool_id(&self.place.pool).username(address);
        create.desired_delivery_mediums(DeliveryMediumType::Email).send().await.unwrap();
        let worded = self.ground.is_in_their_words(address).await;
        assert_eq!(worded, otherwise.fires_custom_message, "custom message, {}", otherwise.because);
        // Never in the way of the counts.
        let delete = self.place.sdk.admin_delete_user().user_pool_id(&self.place.pool).username(address);
        delete.send().await.unwrap();
        let heard = self.ground.heard_of().await;
        assert_eq!(heard > 0, otherwise.fires_post_authentication, "post authentication, {}", otherwise.because);
    }

    /// Somebody new signs up at the first client, confirms, and is followed from now on.
    async fn somebody_signs_up(&mut self, address: &str) {
        let (sdk, client) = (&self.place.sdk, &self.place.clients[0]);
        sdk.sign_up().client_id(client).username(address).password(people::PASSWORD).send().await.unwrap();
        let code = self.ground.code(address).await;
        let confirm = sdk.confirm_sign_up().client_id(client).username(address).confirmation_code(code);
        confirm.send().await.unwrap();
        let verified = self.place.otherwise.confirmation_verifies;
        let person = Person { address: address.to_owned(), value: None, state: State::Ready, verified };
        let first = sign_ins::round(self.place, std::slice::from_ref(&person)).await;
        for ((_, at), got) in first {
            assert!(matches!(got, Got::Tokens(_)) && !got.speaks_of_a_tenant(), "{got:?}");
            let verdict = self.verdict(&person, at);
            self.logs(at, &verdict);
            self.before.insert((self.followed.len(), at), got);
        }
        self.followed.push(person);
    }

    fn client(&self, at: usize) -> String {
        format!("{}:{}", self.place.pool, self.place.clients[at])
    }
}

/// What somebody hears who is no member, at a client of a tenant without a domain.
fn refusal(person: &Person) -> Refusal {
    if person.verified { Refusal::InvitationRequired } else { Refusal::EmailNotVerified }
}
