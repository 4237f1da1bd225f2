//! C10, C11, C12, M16: guessing, asking and listening at sign-in by challenge. (C13, the chain itself, is `common/domain/tests/all/challenge.rs`.)

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::challenge::{Recipient, nobody};
use domain::{Chain, Client, Person, TenantStatus};
use serde_json::{Value, json};
use store::Key;
use store::entity::{Hour, Issued};
use tests::event::{PASSWORD, identities};
use tests::nouns::{POOL, client, client_of, email, member, parse, person, roles, tenant, tenant_id};
use tests::proxy::Fault;
use tests::world::{NOWHERE, code_keys};
use tests::{Answer, Event, World};
use tokio::task::JoinSet;

const ANN: &str = "ann@acme.example";
/// Shown as Ann is, and nobody's.
const AMY: &str = "amy@acme.example";

async fn world(chain: Chain) -> World {
    let world = World::new().await;
    world.with("acme").await.tenant("acme", |acme| acme.policy.chain = chain).await;
    world.with_member(&member("ann", "acme")).await;
    world
}

const fn both() -> Chain {
    Chain::PasswordAndCode { of: None }
}

fn app(id: &str) -> Client {
    Client { pool: parse(POOL), id: parse(id) }
}

/// The code that a create trigger's answer stands for.
fn code_of(person: &Person, app_client: &str, created: &Answer) -> String {
    code_in(person, app_client, Some(ANN), created)
}

/// As [`code_of`], sent to another mailbox than Ann's, or to nowhere.
fn code_in(person: &Person, app_client: &str, mailbox: Option<&str>, created: &Answer) -> String {
    let number = created.response()["privateChallengeParameters"]["issue"].as_str().unwrap().parse().unwrap();
    let mailbox = mailbox.map(email);
    code_keys().code(&Recipient::new(person, &app(app_client), mailbox.as_ref()), number).reveal()
}

/// Eight digits that are not the code.
fn wrong(code: &str) -> String {
    let rest = code.strip_prefix('0').map_or_else(|| format!("0{}", code.split_at(1).1), |rest| format!("1{rest}"));
    assert_ne!(rest, code);
    rest
}

async fn ask_code(world: &World, session: &[(&str, bool)]) -> Answer {
    world.ask(&Event::create("acme", "ann", ANN, session)).await
}

async fn answer(world: &World, created: &Answer, typed: &str) -> Answer {
    world.ask(&Event::verify("acme", "ann", ANN, created.response(), typed)).await
}

fn is_right(answer: &Answer) -> bool {
    answer.response()["answerCorrect"] == json!(true)
}

/// What was posted since.
fn posted(world: &World, since: usize) -> Vec<user_pool::Mail> {
    world.engine().post().outbox().mails().split_off(since)
}

/// Everything about an answer that somebody outside, or a clock beside the store, could tell.
#[derive(Debug, PartialEq)]
struct Outside {
    define: Value,
    public: Value,
    private: Vec<(String, usize)>,
    metadata: usize,
    mails: usize,
    wrong: Value,
    calls: Vec<Option<u32>>,
    /// The attributes of the items that were written, with the lengths of their values.
    items: BTreeSet<Vec<(String, usize)>>,
}

/// A sign-in with a code alone: twice asked, once answered wrong, once asked again.
async fn from_outside(world: &World, define: &Event, create: &Event, verify: impl Fn(&Value) -> Event) -> Outside {
    let before = world.dump().await;
    let since = world.engine().post().outbox().mails().len();
    let defined = world.ask(define).await;
    let created = world.ask(create).await;
    let again = world.ask(create).await;
    let wrong = world.ask(&verify(created.response())).await;
    let response = created.response();
    let lengths = |value: &Value| {
        let members = value.as_object().unwrap().iter();
        members.map(|(name, value)| (name.clone(), value.to_string().len())).collect::<Vec<_>>()
    };
    assert_eq!(again.response()["publicChallengeParameters"], response["publicChallengeParameters"]);
    Outside {
        define: defined.response().clone(),
        public: response["publicChallengeParameters"].clone(),
        private: lengths(&response["privateChallengeParameters"]),
        metadata: response["challengeMetadata"].as_str().unwrap().len(),
        mails: posted(world, since).len(),
        wrong: wrong.response().clone(),
        calls: vec![defined.calls, created.calls, again.calls, wrong.calls],
        items: tests::dump::changes(&before, &world.dump().await).values().map(lengths).collect(),
    }
}

/// What makes an event one of somebody whom no code can go to.
type Change = fn(Event) -> Event;

#[tokio::test]
async fn c10_whom_no_code_can_go_to_looks_from_outside_like_everybody_else() {
    let world = world(Chain::Code).await;
    // The function is warm.
    world.ask(&Event::define("acme", "zed", "zed@acme.example", &[])).await;
    world.ask(&Event::create("acme", "zed", "zed@acme.example", &[])).await;
    let known = from_outside(
        &world,
        &Event::define("acme", "ann", ANN, &[]),
        &Event::create("acme", "ann", ANN, &[]),
        |created| Event::verify("acme", "ann", ANN, created, "00000000"),
    )
    .await;
    assert_eq!(known.define["challengeName"], "CUSTOM_CHALLENGE");
    assert_eq!(known.public["destination"], "***@***");
    assert_eq!((known.mails, &known.wrong), (1, &json!({ "answerCorrect": false })));
    assert_eq!(known.items.len(), 2, "{:?}", known.items);

    let change: [(&str, Change); 6] = [
        ("unknown", |event| event.of_nobody(AMY)),
        ("unverified", |event| event.attribute("email_verified", "false")),
        ("linked", |event| event.attribute("identities", identities(&[("okta", "1")]))),
        ("federated", |event| event.attribute("cognito:user_status", "EXTERNAL_PROVIDER")),
        ("unknown, by a name that Cognito made up", |event| event.of_nobody("03670b97-8dee-3875-a1b2-000000000000")),
        ("whose address we do not take", |event| event.attribute("email", "ann@\u{e4}cme.example")),
    ];
    for (at, (what, change)) in change.into_iter().enumerate() {
        let name = format!("an{at}");
        let other = from_outside(
            &world,
            &change(Event::define("acme", &name, AMY, &[])),
            &change(Event::create("acme", &name, AMY, &[])),
            |created| change(Event::verify("acme", &name, AMY, created, "00000000")),
        )
        .await;
        assert_eq!(other, known, "{what}");
    }
    let to: Vec<String> = posted(&world, 0).into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, [&["zed@acme.example", ANN][..], &[NOWHERE; 6]].concat());
}

#[tokio::test]
async fn c10_the_right_code_of_nobody_is_wrong_and_nobodys_session_gets_no_tokens() {
    let world = world(Chain::Code).await;
    let created = world.ask(&Event::create("acme", "amy", AMY, &[]).of_nobody(AMY)).await;
    let stand_in = nobody(&parse(POOL), &parse(AMY)).unwrap();
    let right = code_in(&stand_in, "acme", None, &created);
    let verify = |name: &str| Event::verify("acme", name, AMY, created.response(), &right);
    assert!(!is_right(&world.ask(&verify("amy").of_nobody(AMY)).await));
    // Nor for somebody who signed up meanwhile, whose sub is another.
    assert!(!is_right(&world.ask(&verify("amy")).await));
    for session in [&[("CUSTOM_CHALLENGE", true)][..], &[("CUSTOM_CHALLENGE", false), ("CUSTOM_CHALLENGE", true)]] {
        let end = world.ask(&Event::define("acme", "amy", AMY, session).of_nobody(AMY)).await;
        assert_eq!(end.response()["issueTokens"], json!(false));
        assert_eq!(end.response()["failAuthentication"], json!(true));
    }
}

#[tokio::test]
async fn c10_limits_are_the_same_for_nobody() {
    let mut world = world(Chain::Code).await;
    let mut said = Vec::new();
    for of in [None, Some(AMY)] {
        world.now = tests::nouns::now();
        let mut answers = Vec::new();
        for _ in 0..12 {
            let event = Event::create("acme", "ann", ANN, &[]);
            let event = of.map_or_else(|| event.clone(), |typed| event.clone().of_nobody(typed));
            answers.push(world.ask(&event).await.code());
            world.now += jiff::SignedDuration::from_secs(61);
        }
        said.push(answers);
    }
    assert_eq!(said[0], said[1]);
    assert!(said[0].iter().all(Option::is_none), "the last code serves while it lives");
    world.now += jiff::SignedDuration::from_mins(5);
    let limited = world.ask(&Event::create("acme", "ann", ANN, &[]).of_nobody(AMY)).await;
    assert_eq!(limited.code(), Some("TOO_MANY_CODES"));
    assert_eq!(ask_code(&world, &[]).await.code(), Some("TOO_MANY_CODES"));
}

#[tokio::test]
async fn c11_the_code_is_in_the_mail_alone() {
    let world = world(both()).await;
    let created = ask_code(&world, PASSWORD).await;
    let code = code_of(&person("ann"), "acme", &created);
    assert_eq!(created.response()["publicChallengeParameters"]["destination"], "a***@a***.example");
    let [mail] = posted(&world, 0).try_into().unwrap();
    assert!(mail.body.contains(&code) && mail.html.as_ref().unwrap().contains(&code));
    assert!(!mail.subject.contains(&code), "{}", mail.subject);
    let answered = answer(&world, &created, &wrong(&code)).await;
    for (what, said) in [
        ("the create trigger's answer", format!("{created:?}")),
        ("the verify trigger's answer", format!("{:?}", answered.response())),
        ("the table", format!("{:?}", world.dump().await)),
    ] {
        assert!(!said.contains(&code), "{what} holds the code");
    }
    // Metadata says which issue it is, and nothing else.
    assert_eq!(created.response()["challengeMetadata"], created.response()["privateChallengeParameters"]["issue"]);
    let private: Vec<&String> = created.response()["privateChallengeParameters"].as_object().unwrap().keys().collect();
    assert_eq!(private, ["issue", "ticket"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_codes_that_are_asked_for_anew_between_guesses_buy_none() {
    let mut world = world(both()).await;
    let mut compared = 0;
    let mut racers = JoinSet::new();
    for round in 0..10 {
        let created = ask_code(&world, PASSWORD).await;
        if created.is_reply() {
            let guess = wrong(&code_of(&person("ann"), "acme", &created));
            for _ in 0..4 {
                let event = Event::verify("acme", "ann", ANN, created.response(), &guess);
                let at = world.restarted();
                racers.spawn(async move { at.ask(&event).await });
            }
            // The next code is asked for while these are on their way.
            if round % 2 == 0 {
                tokio::task::yield_now().await;
            }
        }
        world.now += jiff::SignedDuration::from_secs(20);
        while let Some(answer) = if round % 3 == 0 { racers.join_next().await } else { racers.try_join_next() } {
            compared += usize::from(answer.unwrap().decision == "the code is wrong");
        }
    }
    compared += racers.join_all().await.iter().filter(|answer| answer.decision == "the code is wrong").count();
    assert!((1..=5).contains(&compared), "{compared} were compared");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_a_code_signs_in_one_session_however_many_answer_right_at_once() {
    let world = world(both()).await;
    let mut shown = Vec::new();
    for _ in 0..5 {
        shown.push(ask_code(&world, PASSWORD).await);
    }
    let right = code_of(&person("ann"), "acme", &shown[0]);
    let mut racers = JoinSet::new();
    for created in &shown {
        let (world, event) = (world.restarted(), Event::verify("acme", "ann", ANN, created.response(), &right));
        racers.spawn(async move { world.ask(&event).await });
    }
    let answers = racers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_reply() && is_right(answer)).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_cognito_repeats_sends_one_mail_and_gets_one_answer() {
    let world = world(both()).await;
    let mut deliveries = JoinSet::new();
    for _ in 0..3 {
        let world = world.restarted();
        deliveries.spawn(async move { ask_code(&world, PASSWORD).await });
    }
    let created = deliveries.join_all().await;
    let issues: BTreeSet<String> =
        created.iter().map(|answer| answer.response()["challengeMetadata"].to_string()).collect();
    assert_eq!((issues.len(), posted(&world, 0).len()), (1, 1));

    let right = code_of(&person("ann"), "acme", &created[0]);
    let mut deliveries = JoinSet::new();
    for _ in 0..3 {
        let (world, created, right) = (world.restarted(), created[0].clone(), right.clone());
        deliveries.spawn(async move { answer(&world, &created, &right).await });
    }
    assert!(deliveries.join_all().await.iter().all(is_right));
    assert!(is_right(&answer(&world, &created[0], &right).await), "and later too");
    assert!(!is_right(&answer(&world, &created[0], &wrong(&right)).await));
    assert!(!is_right(&answer(&world, &created[1], &right).await), "another showing of the same code is used up");
}

#[tokio::test]
async fn a_code_counts_at_its_own_client_for_its_own_person_and_five_minutes() {
    let mut world = world(Chain::Code).await;
    world.with("globex").await.tenant("globex", |globex| globex.policy.chain = Chain::Code).await;
    let created = ask_code(&world, &[]).await;
    let right = code_of(&person("ann"), "acme", &created);
    let there = world.ask(&Event::create("globex", "ann", ANN, &[])).await;
    for (what, event) in [
        ("another client", Event::verify("globex", "ann", ANN, created.response(), &right)),
        ("another client, by its own issue", Event::verify("globex", "ann", ANN, there.response(), &right)),
        ("another person", Event::verify("acme", "eve", "eve@acme.example", created.response(), &right)),
        (
            "another pool",
            Event::verify("acme", "ann", ANN, created.response(), &right)
                .with("/userPoolId", json!("eu-west-1_Foreign")),
        ),
        (
            "an address that is not verified any more",
            Event::verify("acme", "ann", ANN, created.response(), &right).attribute("email_verified", "false"),
        ),
        (
            "an address that was changed meanwhile",
            Event::verify("acme", "ann", "ann@globex.example", created.response(), &right),
        ),
    ] {
        assert!(!is_right(&world.ask(&event).await), "{what}");
    }
    world.now += jiff::SignedDuration::from_secs(299);
    assert!(is_right(&answer(&world, &created, &right).await));
    let next = ask_code(&world, &[]).await;
    let right = code_of(&person("ann"), "acme", &next);
    world.now += jiff::SignedDuration::from_secs(300);
    let late = answer(&world, &next, &right).await;
    assert_eq!((late.decision, is_right(&late)), ("not compared", false));
}

#[tokio::test]
async fn m16_a_stranger_costs_nothing_to_whom_a_password_protects() {
    let world = world(both()).await;
    world.with("globex").await.tenant("globex", |globex| globex.policy.chain = Chain::Code).await;
    let before = world.dump().await;
    // Without the password no code is asked for, and nothing is written, whoever is asked for.
    for session in
        [&[][..], &[("SRP_A", true)], &[("SRP_A", true), ("PASSWORD_VERIFIER", false)], &[("CUSTOM_CHALLENGE", false)]]
    {
        for event in
            [Event::define("acme", "ann", ANN, session), Event::define("acme", "amy", AMY, session).of_nobody(AMY)]
        {
            let next = world.ask(&event).await;
            assert_ne!(next.response()["challengeName"], "CUSTOM_CHALLENGE", "{session:?}");
            assert_eq!(next.response()["issueTokens"], json!(false), "{session:?}");
        }
        assert_eq!(ask_code(&world, session).await.code(), Some("SIGN_IN_AGAIN"), "{session:?}");
    }
    assert_eq!(world.dump().await, before);
    assert_eq!(posted(&world, 0).len(), 0);

    // At a client that asks for a code alone, a stranger may spend Ann's budget there; at Acme she signs in as ever.
    let mut world = world;
    loop {
        let created = world.ask(&Event::create("globex", "ann", ANN, &[])).await;
        if created.code() == Some("SIGN_IN_LOCKED") {
            break;
        }
        if created.is_reply() {
            let guess = wrong(&code_of(&person("ann"), "globex", &created));
            for _ in 0..5 {
                world.ask(&Event::verify("globex", "ann", ANN, created.response(), &guess)).await;
            }
        }
        world.now += jiff::SignedDuration::from_mins(6);
        assert!(world.now < tests::nouns::minutes(60), "twenty wrong answers lock");
    }
    let created = ask_code(&world, PASSWORD).await;
    assert!(is_right(&answer(&world, &created, &code_of(&person("ann"), "acme", &created)).await));

    // An operator opens Globex's door at once.
    let name: domain::Email = email(ANN);
    world.with_member(&domain::Membership { address: Some(name.clone()), ..member("ann", "globex") }).await;
    let unlocked = world.operations().unlock(&tenant_id("globex"), &name.into(), &[], Some("she called")).await;
    assert_eq!(unlocked.unwrap().clients, 1);
    let created = world.ask(&Event::create("globex", "ann", ANN, &[])).await;
    let right = code_of(&person("ann"), "globex", &created);
    assert!(is_right(&world.ask(&Event::verify("globex", "ann", ANN, created.response(), &right)).await));
}

#[tokio::test]
async fn m7_no_step_that_cognito_adds_stands_for_the_code() {
    let world = world(both()).await;
    for added in
        ["NEW_PASSWORD_REQUIRED", "SMS_MFA", "SOFTWARE_TOKEN_MFA", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]
    {
        let session = [PASSWORD, &[(added, true)]].concat();
        let next = world.ask(&Event::define("acme", "ann", ANN, &session)).await;
        assert_eq!(next.response()["challengeName"], "CUSTOM_CHALLENGE", "{added}");
    }
    for source in
        ["TokenGeneration_NewPasswordChallenge", "TokenGeneration_HostedAuth", "TokenGeneration_AuthenticateDevice"]
    {
        let refused = world.ask(&Event::token("acme", "ann", ANN).source(source)).await;
        assert_eq!(refused.code(), Some("SIGN_IN_AGAIN"), "{source}");
    }
}

#[tokio::test]
async fn a_code_of_some_roles_is_asked_of_newcomers_whatever_their_metadata_says() {
    let admins = Chain::PasswordAndCode { of: Some(roles(&["owner", "admin"])) };
    let world = world(admins).await;
    world.with_member(&domain::Membership { roles: roles(&["admin"]), ..member("ada", "acme") }).await;
    let asks = async |name: &str, change: fn(Event) -> Event| {
        let event = Event::define("acme", name, &format!("{name}@acme.example"), PASSWORD);
        world.ask(&change(event)).await.response()["challengeName"] == "CUSTOM_CHALLENGE"
    };
    assert!(!asks("ann", |event| event).await, "a member");
    assert!(asks("ada", |event| event).await, "an admin");
    assert!(asks("new", |event| event).await, "somebody who may be about to become anything");
    assert!(asks("ada", |event| event.metadata("roles", "member").attribute("custom:role", "member")).await);
}

#[tokio::test]
async fn c20_no_client_but_a_tenants_asks_for_codes() {
    let world = world(both()).await;
    world.put(&client("shared", domain::ClientKind::Shared)).await;
    world.put(&client("gone", domain::ClientKind::Unbound)).await;
    let machine = domain::ClientKind::Machine { tenant: tenant_id("acme"), roles: roles(&["viewer"]) };
    world.put(&client("robot", machine)).await;
    world.put(&client_of("lost", "nowhere")).await;
    for name in ["shared", "gone", "robot", "lost", "unheard"] {
        let created = world.ask(&Event::create(name, "ann", ANN, PASSWORD)).await;
        assert_eq!(created.code(), Some("CLIENT_NOT_BOUND"), "{name}");
        let defined = world.ask(&Event::define(name, "ann", ANN, PASSWORD)).await;
        if name == "shared" {
            assert_eq!(defined.response()["issueTokens"], json!(true), "a shared client asks for a password alone");
        } else {
            assert_eq!(defined.code(), Some("CLIENT_NOT_BOUND"), "{name}");
        }
    }
    world.tenant("acme", |acme| acme.status = TenantStatus::Suspended).await;
    assert_eq!(ask_code(&world, PASSWORD).await.code(), Some("TENANT_SUSPENDED"));
    assert_eq!(world.ask(&Event::define("acme", "ann", ANN, PASSWORD)).await.code(), Some("TENANT_SUSPENDED"));
    assert_eq!(posted(&world, 0).len(), 0);
}

#[tokio::test]
async fn an_issue_whose_commit_was_not_confirmed_is_sent_all_the_same() {
    let world = world(both()).await;
    // The transaction is done, and its answer is lost on the way.
    let lose: Fault = {
        let first = std::sync::atomic::AtomicBool::new(true);
        Arc::new(move |operation, _, answer| {
            if operation == "TransactWriteItems" && first.swap(false, std::sync::atomic::Ordering::SeqCst) {
                *answer = json!("garbled");
            }
        })
    };
    let proxy = tests::proxy::Proxy::start(world.engine(), lose).await;
    let created = ask_code(&world.through(&proxy), PASSWORD).await;
    assert_eq!((created.decision, posted(&world, 0).len()), ("a code was sent", 1));
    assert!(is_right(&answer(&world, &created, &code_of(&person("ann"), "acme", &created)).await));
}

#[tokio::test]
async fn m7_a_refresh_from_before_the_chain_and_a_way_around_it_are_refused_until_a_code_was_answered() {
    let mut world = world(Chain::Password).await;
    let token = Event::token("acme", "ann", ANN);
    let refresh = Event::refresh("acme", "ann", ANN);
    assert!(world.ask(&refresh).await.is_reply());
    // Acme hardens its chain, or makes Ann one of those whom it asks: what she holds from before does not go on.
    world.tenant("acme", |acme| acme.policy.chain = both()).await;
    for event in [&token, &refresh] {
        assert_eq!(world.ask(event).await.code(), Some("SIGN_IN_AGAIN"));
    }
    let created = ask_code(&world, PASSWORD).await;
    assert_eq!(world.ask(&token).await.code(), Some("SIGN_IN_AGAIN"), "asked, not answered");
    assert!(is_right(&answer(&world, &created, &code_of(&person("ann"), "acme", &created)).await));
    for event in [&token, &refresh] {
        assert!(world.ask(event).await.is_reply());
    }
    // It stays known while she is locked, unlocked, and asked anew; and it is of this client alone.
    world.operations().unlock(&tenant_id("acme"), &email(ANN).into(), &[], Some("she called")).await.unwrap();
    world.now += jiff::SignedDuration::from_hours(24 * 30);
    assert!(ask_code(&world, PASSWORD).await.is_reply());
    assert!(world.ask(&refresh).await.is_reply());
    world.put(&client_of("mobile", "acme")).await;
    assert_eq!(world.ask(&Event::refresh("mobile", "ann", ANN)).await.code(), Some("SIGN_IN_AGAIN"));
}

#[tokio::test]
async fn a_mail_that_does_not_go_out_is_said_and_the_next_call_sends_another() {
    let world = world(both()).await;
    let outbox = world.engine().post().outbox();
    outbox.fail_ses(1, user_pool::SesFault::Broken);
    assert_eq!(ask_code(&world, PASSWORD).await.code(), Some("TRY_AGAIN"));
    let key = Key::issued(&person("ann"), &app("acme").id);
    assert!(world.get::<Issued>(&key).await.unwrap().issue.unsent);
    let created = ask_code(&world, PASSWORD).await;
    assert_eq!(posted(&world, 0).len(), 1);
    assert!(is_right(&answer(&world, &created, &code_of(&person("ann"), "acme", &created)).await));
    // The mails that SES did not take are none of the ten.
    let hour: Hour = world.get(&Key::hour(&person("ann"), true)).await.unwrap();
    assert_eq!(hour.tally.hour.times, 1);
    // Throttled once, SES is asked once more.
    outbox.fail_ses(1, user_pool::SesFault::Throttled);
    assert!(ask_code(&world, PASSWORD).await.is_reply());
    assert_eq!(posted(&world, 0).len(), 2);
}

#[tokio::test]
async fn a_mail_service_that_does_not_answer_ends_in_a_calm_sentence_in_time() {
    let world = world(both()).await;
    world.engine().post().outbox().fail_ses(1, user_pool::SesFault::Late(std::time::Duration::from_secs(30)));
    let began = tokio::time::Instant::now();
    assert_eq!(ask_code(&world, PASSWORD).await.code(), Some("TRY_AGAIN"));
    // Cognito's limit, not a measurement.
    assert!(began.elapsed() < std::time::Duration::from_millis(4_500));
    // Whether that mail went out nobody knows: the next call sends another.
    let created = ask_code(&world, PASSWORD).await;
    assert_eq!(created.decision, "a code was sent");
}

#[tokio::test]
async fn a_hostile_tenants_name_stays_text_in_the_mail() {
    let world = World::new().await;
    let name = r#"<a href="https://evil.example">{code}</a>"#;
    let acme = domain::Tenant { name: name.to_owned(), ..tenant("acme") };
    world.with_tenant(acme).await.tenant("acme", |acme| acme.policy.chain = Chain::Code).await;
    let created = ask_code(&world, &[]).await;
    let [mail] = posted(&world, 0).try_into().unwrap();
    let html = mail.html.unwrap();
    assert!(!html.contains("<a "), "{html}");
    assert_eq!(html.matches(&code_of(&person("ann"), "acme", &created)).count(), 1);
}
