//! Very many whole sign-ins through the local user pool and the triggers' processes: first as it should be, then with a share of the store's
//! calls failing. No token may be another person's or another tenant's, and whoever is refused reads a calm sentence.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::Args;
use laptop::{Outcome, PASSWORD, Programs, Refused, Stack, TRIGGERS, Tokens, Town, World};
use serde_json::{Map, Value};
use tokio::task::JoinSet;
use user_pool::Sink;

use crate::bad_day::BadDay;
use crate::growth::thousands;
use crate::process::Outside;
use crate::report::Machine;
use crate::samples::Samples;
use crate::wave::counts;

/// How much.
#[derive(Debug, Clone, Args)]
pub(crate) struct Arguments {
    /// People, each of whom signs in once
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..))]
    chains: u32,
    /// People who sign in at the same time
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    at_once: u32,
    /// Of a hundred calls to the store so many fail, in the second run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=100))]
    failing: u64,
    /// The folder of the triggers' programs [default: beside this one]
    #[arg(env = "TENANTRY_RELEASE_DIR")]
    pub(crate) programs: Option<PathBuf>,
}

/// How often somebody tries who was refused.
const TRIES: usize = 5;
/// What a person sees without being refused: no mail, and a code that does not count.
const NO_MAIL: &str = "NoMail";
const ASKED_AGAIN: &str = "Challenge";
/// The tenants that ask for a code, by their clients: after a password, and alone.
const HOOLI: &str = "hooli";
const INITECH: &str = "initech";
/// Of so many people one is at the tenant that asks for a code alone, so that tokens of two tenants are made side by side.
const OTHERS: usize = 10;

/// Somebody who signs in.
#[derive(Debug, Clone)]
struct Who {
    client: &'static str,
    address: String,
    sub: String,
    tenant: String,
}

/// Measures and prints; an error if anybody got a wrong token or read what nobody should read.
pub(crate) async fn measure(
    arguments: &Arguments,
    programs: Programs,
    world: World,
    outside: Outside,
) -> Result<(), String> {
    let load = Machine::load();
    let log = Arc::new(Mutex::new(Log::default()));
    let noted = Arc::clone(&log);
    let sink = Sink::new(move |line| lock(&noted).note(&line.text));
    let settings = laptop::Settings { sink, ..laptop::Settings::new(world, programs.clone()) };
    let stack = Arc::new(Stack::start(settings).await.map_err(|fault| fault.to_string())?);
    let measured = runs(arguments, &programs, &stack, &log, outside).await;
    // Every task that held it has ended.
    if let Some(stack) = Arc::into_inner(stack) {
        stack.shutdown().await;
    }
    let runs = measured?;
    let Machine { processor, processors, system, load } = Machine::here([load, Machine::load()]);
    println!(
        "{processors} x {processor}, {system}, load {} to {}; {} at once, a password and a code by mail, one in {OTHERS} a code alone:\n",
        load[0], load[1], arguments.at_once,
    );
    println!(
        "| store | people | tokens | what else people read | sign-in ms p50 | p90 | p99 |\n|---|--:|--:|---|--:|--:|--:|"
    );
    for run in &runs {
        println!("{}", run.row());
    }
    for run in &runs {
        println!(
            "\nStore {}: {} calls to it{}. The triggers' own log:\n",
            run.store,
            thousands(run.calls),
            run.failed()
        );
        println!("| trigger | calls | broken | ms p50 | p99 |\n|---|--:|--:|--:|--:|\n{}", run.triggers);
    }
    let wrong: Vec<String> = runs.iter().flat_map(Run::faults).collect();
    if wrong.is_empty() {
        println!("No wrong token, and every refusal calm.");
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

async fn runs(
    arguments: &Arguments,
    programs: &Programs,
    stack: &Arc<Stack>,
    log: &Arc<Mutex<Log>>,
    outside: Outside,
) -> Result<Vec<Run>, String> {
    let town = Town::settle(stack).await.map_err(|fault| fault.to_string())?;
    let proxy = BadDay::start(&stack.engine().url(), None).await?;
    redirect(stack, programs, proxy.url())?;
    eprintln!("   {} people sign up", arguments.chains);
    let people = Arc::new(settle(arguments, stack, &town).await?);
    let mut runs = Vec::new();
    for failing in [0, arguments.failing] {
        if failing == 0 && !runs.is_empty() {
            break;
        }
        eprintln!("   they sign in, {failing} % of the store's calls fail");
        proxy.fail(failing);
        let (calls, before) = (proxy.calls(), proxy.tally());
        lock(log).clear();
        let signed_in = everybody(arguments, stack, &people, outside).await?;
        let mut failed = proxy.tally();
        for (way, times) in &mut failed {
            *times -= before.get(way).copied().unwrap_or(0);
        }
        runs.push(Run::new(failing, signed_in, proxy.calls() - calls, failed, &mut lock(log)));
    }
    Ok(runs)
}

/// The triggers' processes reach the store through the proxy from now on.
fn redirect(stack: &Stack, programs: &Programs, proxy: &str) -> Result<(), String> {
    let functions = stack.functions().ok_or("the functions are somebody else's")?;
    for name in TRIGGERS {
        let program = programs.find(name).map_err(|fault| fault.to_string())?;
        let store = |(name, value): (String, String)| {
            let value = if name == "AWS_ENDPOINT_URL_DYNAMODB" { proxy.to_owned() } else { value };
            (name, value)
        };
        functions.add(name, program, stack.environment().into_iter().map(store));
    }
    Ok(())
}

/// Everybody signs up and confirms, while nothing fails.
async fn settle(arguments: &Arguments, stack: &Arc<Stack>, town: &Town) -> Result<Vec<Who>, String> {
    let mut invited = BTreeMap::new();
    let people = usize::try_from(arguments.chains).unwrap_or(0);
    for at in (0..people).step_by(OTHERS) {
        let secret = stack.invite(&town.initech, &address(at), "member").await.map_err(|fault| fault.to_string())?;
        invited.insert(at, secret);
    }
    let invited = Arc::new(invited);
    let (hooli, initech) = (town.hooli.id.to_string(), town.initech.id.to_string());
    let joined = at_once(arguments.at_once, people, |at| {
        let (stack, invited) = (Arc::clone(stack), Arc::clone(&invited));
        let (client, tenant) =
            if at.is_multiple_of(OTHERS) { (INITECH, initech.clone()) } else { (HOOLI, hooli.clone()) };
        async move {
            let address = address(at);
            let sub = stack.app(client).sign_up(&address, invited.get(&at).map(String::as_str)).await?;
            stack.app(client).confirm(&address).await?;
            Ok(Who { client, address, sub, tenant })
        }
    })
    .await?;
    joined
        .into_iter()
        .map(|(_, who)| who.map_err(|refused: Refused| format!("somebody could not join: {refused}")))
        .collect()
}

fn address(at: usize) -> String {
    // Whoever is invited has an address of another domain.
    if at.is_multiple_of(OTHERS) { format!("p{at}@freelance.example") } else { format!("p{at}@hooli.example") }
}

/// What came of one person's sign-in.
#[derive(Debug, Default)]
struct SignedIn {
    /// The time of the try that gave tokens, in milliseconds.
    ms: Option<f64>,
    refused: Vec<Refused>,
    wrong: Option<String>,
}

async fn everybody(
    arguments: &Arguments,
    stack: &Arc<Stack>,
    people: &Arc<Vec<Who>>,
    outside: Outside,
) -> Result<Vec<SignedIn>, String> {
    let signed_in = at_once(arguments.at_once, people.len(), |at| {
        let (stack, people) = (Arc::clone(stack), Arc::clone(people));
        async move {
            match people.get(at) {
                Some(who) => sign_in(&stack, who, outside).await,
                None => SignedIn::default(),
            }
        }
    })
    .await?;
    Ok(signed_in.into_iter().map(|(_, one)| one).collect())
}

/// As a person does it: who is refused tries again, and who gets no mail waits for a minute, which is not waited for here.
async fn sign_in(stack: &Stack, who: &Who, outside: Outside) -> SignedIn {
    let mut signed_in = SignedIn::default();
    let mut spent = stack.app(who.client).code_for(&who.address);
    for _ in 0..TRIES {
        let began = (outside.clock)();
        let outcome = chain(stack, who, &mut spent).await;
        let took = (outside.clock)().saturating_duration_since(began);
        match outcome {
            Ok(tokens) => {
                signed_in.ms = Some(took.as_secs_f64() * 1_000.0);
                signed_in.wrong = wrong(&tokens, who);
                break;
            }
            Err(refused) => {
                let waits = refused.kind == NO_MAIL;
                signed_in.refused.push(refused);
                if waits {
                    break;
                }
            }
        }
    }
    signed_in
}

/// One whole sign-in. `spent` is the last code that is of no use any more: whoever reads it in the latest mail has got no new one.
async fn chain(stack: &Stack, who: &Who, spent: &mut String) -> Outcome {
    let app = stack.app(who.client);
    let mut challenge = match who.client {
        INITECH => app.begin_with_code(&who.address).await?,
        _ => app.begin_with_password(&who.address, PASSWORD).await?,
    };
    let code = app.code_for(&who.address);
    if code == *spent {
        return Err(Refused { kind: NO_MAIL.to_owned(), message: "no mail came".to_owned() });
    }
    for _ in 0..2 {
        match app.answer(&challenge, &code).await? {
            Ok(tokens) => return Ok(tokens),
            Err(next) => challenge = next,
        }
    }
    *spent = code;
    Err(Refused { kind: ASKED_AGAIN.to_owned(), message: "the code is asked for again".to_owned() })
}

/// What is wrong with somebody's tokens.
fn wrong(tokens: &Tokens, who: &Who) -> Option<String> {
    let said = [("ID token", tokens.claims()), ("access token", tokens.access_claims())];
    said.iter()
        .find_map(|(token, claims)| wrong_claims(claims, who).map(|why| format!("{}: {token}: {why}", who.address)))
}

fn wrong_claims(claims: &Map<String, Value>, who: &Who) -> Option<String> {
    // Both clients are called as their tenants are.
    [("sub", who.sub.as_str()), ("tenant_id", who.tenant.as_str()), ("tenant_slug", who.client)].into_iter().find_map(
        |(name, expected)| {
            let said = claims.get(name).and_then(Value::as_str);
            (said != Some(expected)).then(|| format!("{name} is {said:?} instead of {expected:?}"))
        },
    )
}

/// A refusal as it is read: its code; no mail, or a code that is asked for again; else what nobody should read.
fn read(refused: &Refused) -> Result<String, String> {
    match refused.refusal() {
        Some(refusal) => Ok(refusal.code().to_owned()),
        None if [NO_MAIL, ASKED_AGAIN].contains(&refused.kind.as_str()) => Ok(refused.message.clone()),
        None => Err(refused.to_string()),
    }
}

/// Does this for each of so many, some of them at a time.
async fn at_once<T, F>(workers: u32, many: usize, one: impl Fn(usize) -> F) -> Result<Vec<(usize, T)>, String>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let next = AtomicUsize::new(0);
    let mut tasks = JoinSet::new();
    let mut done = Vec::new();
    loop {
        while tasks.len() < usize::try_from(workers).unwrap_or(1) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= many {
                break;
            }
            let one = one(at);
            tasks.spawn(async move { (at, one.await) });
        }
        match tasks.join_next().await {
            Some(joined) => done.push(joined.map_err(|error| error.to_string())?),
            None => return Ok(done),
        }
    }
}

/// One run over everybody.
#[derive(Debug)]
struct Run {
    store: String,
    people: usize,
    signed_in: Vec<SignedIn>,
    times: [f64; 3],
    calls: u64,
    failed: BTreeMap<&'static str, u64>,
    /// Rows of a table.
    triggers: String,
    expects_no_refusal: bool,
}

impl Run {
    fn new(
        failing: u64,
        signed_in: Vec<SignedIn>,
        calls: u64,
        failed: BTreeMap<&'static str, u64>,
        log: &mut Log,
    ) -> Self {
        let mut times = Samples::default();
        for ms in signed_in.iter().filter_map(|one| one.ms) {
            times.push(ms);
        }
        Self {
            store: if failing == 0 {
                "as it should be".to_owned()
            } else {
                format!("with {failing} % of its calls failing")
            },
            people: signed_in.len(),
            times: [50, 90, 99].map(|share| times.percentile(share)),
            signed_in,
            calls,
            failed,
            triggers: log.rows(),
            expects_no_refusal: failing == 0,
        }
    }

    fn row(&self) -> String {
        let tokens = self.signed_in.iter().filter(|one| one.ms.is_some()).count();
        let refused = self.signed_in.iter().flat_map(|one| &one.refused);
        let refused = counts(refused.map(|refused| read(refused).unwrap_or_else(|words| words)));
        let [p50, p90, p99] = self.times;
        format!("| {} | {} | {tokens} | {refused} | {p50:.0} | {p90:.0} | {p99:.0} |", self.store, self.people)
    }

    fn failed(&self) -> String {
        let failed: u64 = self.failed.values().sum();
        let ways: Vec<String> = self.failed.iter().map(|(way, times)| format!("{times} {way}")).collect();
        if failed == 0 { String::new() } else { format!(", of which {failed} failed ({})", ways.join(", ")) }
    }

    /// What must not have happened.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for one in &self.signed_in {
            faults.extend(one.wrong.clone());
            for refused in &one.refused {
                match read(refused) {
                    Err(words) => faults.push(format!("somebody read: {words}")),
                    Ok(code) if self.expects_no_refusal => faults.push(format!("refused, and nothing failed: {code}")),
                    Ok(_) => {}
                }
            }
        }
        faults
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the triggers' own lines say: times in milliseconds, and how many ended broken.
#[derive(Debug, Default)]
struct Log(BTreeMap<String, (Samples, usize)>);

impl Log {
    fn note(&mut self, line: &str) {
        let Ok(Value::Object(line)) = serde_json::from_str(line) else { return };
        let Some(trigger) = line.get("trigger").and_then(Value::as_str) else { return };
        let (times, broken) = self.0.entry(trigger.to_owned()).or_default();
        times.push(line.get("ms").and_then(Value::as_f64).unwrap_or(f64::NAN));
        *broken += usize::from(line.get("decision").and_then(Value::as_str) == Some("broken"));
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn rows(&mut self) -> String {
        let row = |(trigger, (times, broken)): (&String, &mut (Samples, usize))| {
            let (p50, p99) = (times.percentile(50), times.percentile(99));
            format!("| {trigger} | {} | {broken} | {p50:.1} | {p99:.1} |\n", times.len())
        };
        self.0.iter_mut().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ann() -> Who {
        Who {
            client: HOOLI,
            address: "ann@hooli.example".to_owned(),
            sub: "4c0ffee0-0000-4000-8000-000000000001".to_owned(),
            tenant: "t_hooli".to_owned(),
        }
    }

    fn claims(of: &Value) -> Map<String, Value> {
        of.as_object().unwrap().clone()
    }

    #[test]
    fn a_token_of_somebody_else_or_of_another_tenant_is_wrong() {
        let right = json!({ "sub": ann().sub, "tenant_id": "t_hooli", "tenant_slug": "hooli", "roles": ["member"] });
        assert_eq!(wrong_claims(&claims(&right), &ann()), None);
        for (name, value) in [
            ("sub", json!("4c0ffee0-0000-4000-8000-000000000002")),
            ("tenant_id", json!("t_initech")),
            ("tenant_slug", json!("initech")),
            ("tenant_id", json!(null)),
            ("tenant_id", json!(["t_hooli"])),
        ] {
            let mut other = claims(&right);
            other.insert(name.to_owned(), value);
            assert!(wrong_claims(&other, &ann()).is_some_and(|why| why.starts_with(name)), "{name}");
            other.remove(name);
            assert!(wrong_claims(&other, &ann()).is_some(), "{name} is missing");
        }
        // What cannot be read says nothing.
        assert!(
            wrong(&Tokens { id: Some("e30.x".to_owned()), access: String::new(), refresh: None }, &ann()).is_some()
        );
    }

    #[test]
    fn a_refusal_is_calm_only_as_a_code_or_as_another_question() {
        let refused = |kind: &str, message: &str| read(&Refused { kind: kind.to_owned(), message: message.to_owned() });
        let said = "DefineAuthChallenge failed with error Something went wrong on our side. Try again in a moment. (TRY_AGAIN).";
        assert_eq!(refused("UserLambdaValidationException", said), Ok("TRY_AGAIN".to_owned()));
        assert!(
            refused(ASKED_AGAIN, "the code is asked for again").is_ok() && refused(NO_MAIL, "no mail came").is_ok()
        );
        for (kind, message) in [
            ("UnexpectedLambdaException", "VerifyAuthChallenge invocation failed due to error Socket timeout."),
            ("UserLambdaValidationException", "DefineAuthChallenge failed with error thread panicked."),
            ("SdkError", "DispatchFailure"),
        ] {
            assert!(refused(kind, message).is_err(), "{kind}");
        }
    }

    #[test]
    fn a_run_finds_fault_with_what_must_not_happen() {
        let run = |failing, one: SignedIn| {
            Run::new(failing, vec![one], 1, BTreeMap::new(), &mut Log::default()).faults().len()
        };
        let refused = |message: &str| Refused { kind: "X".to_owned(), message: message.to_owned() };
        let try_again = || refused(&format!("X failed with error {}.", domain::Refusal::TryAgain.message()));
        let fine = || SignedIn { ms: Some(1.0), ..SignedIn::default() };
        assert_eq!(run(0, fine()), 0);
        assert_eq!(run(0, SignedIn { refused: vec![try_again()], ..fine() }), 1, "nothing failed");
        assert_eq!(run(5, SignedIn { refused: vec![try_again()], ..fine() }), 0);
        assert_eq!(run(5, SignedIn { refused: vec![refused("panicked")], ..fine() }), 1);
        assert_eq!(run(5, SignedIn { wrong: Some("sub".to_owned()), ..fine() }), 1);
    }

    #[tokio::test]
    async fn everybody_has_a_turn_and_no_more_than_so_many_at_once() {
        let now = Arc::new(AtomicUsize::new(0));
        let done = at_once(3, 20, |at| {
            let now = Arc::clone(&now);
            async move {
                let others = now.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                (at, others)
            }
        });
        let mut done = done.await.unwrap();
        done.sort_unstable();
        assert_eq!(done.iter().map(|(at, _)| *at).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
        assert!(done.iter().all(|(at, (same, others))| at == same && *others < 3));
    }

    #[test]
    fn the_triggers_lines_are_counted_by_trigger_and_other_lines_are_not() {
        let mut log = Log::default();
        for line in [
            r#"{"trigger":"a","ms":1.0,"decision":"asks"}"#,
            r#"{"trigger":"a","ms":3.0,"decision":"broken"}"#,
            "started",
            r#"{"level":"info"}"#,
        ] {
            log.note(line);
        }
        assert_eq!(log.rows(), "| a | 2 | 1 | 3.0 | 3.0 |\n");
    }
}
