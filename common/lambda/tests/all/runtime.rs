//! A trigger as Lambda runs it: `invoke` by itself, and a real process against a Runtime API made here.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    time::Duration,
};

use domain::Refusal;
use jiff::Timestamp;
use lambda::{Call, Diagnostic, Event, LONGEST, Outcome, Trigger, invoke};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::samples::{ALL, raw, sample};

/// A trigger that does what the event's client metadata says.
struct Obedient;

impl Trigger for Obedient {
    const NAME: &'static str = "obedient";

    async fn handle(&self, event: Event, call: Call) -> Outcome {
        match event.client_metadata("do") {
            Some("refuse") => Outcome::fail(Refusal::InvitationRequired).after(2),
            Some("break") => Outcome::broken("mira@acme.example was not expected").after(1),
            Some("sleep") => {
                tokio::time::sleep_until(call.deadline + Duration::from_mins(1)).await;
                Outcome::reply(event.unchanged(), "too late")
            }
            Some("observe") => Outcome::reply(event.unchanged(), "observed").would(Refusal::SeatsFull).after(1),
            Some("answer") => Outcome::reply(event.respond("autoConfirmUser", &true), "answered").after(1),
            Some("unwritable") => {
                let unwritable = std::collections::BTreeMap::from([(vec![1], 1)]);
                Outcome::reply(event.respond("k", &unwritable), "answered")
            }
            Some("panic") => panic!("canary"),
            _ if event.source().is_none() => Outcome::fail(Refusal::UnsupportedEvent),
            _ => Outcome::reply(event.unchanged(), "let through").after(0),
        }
    }
}

/// The same, guarding nothing.
struct Open;

impl Trigger for Open {
    const NAME: &'static str = "open";
    const ANSWERS_WHEN_BROKEN: bool = true;

    async fn handle(&self, event: Event, call: Call) -> Outcome {
        Obedient.handle(event, call).await
    }
}

fn doing(what: &str) -> Value {
    let mut event = sample("pre-sign-up.sign-up");
    event["request"]["clientMetadata"] = json!({ "do": what });
    event
}

async fn answer<T: Trigger>(trigger: T, event: &str) -> Result<Value, Diagnostic> {
    let answer = invoke(&trigger, &raw(event), Timestamp::UNIX_EPOCH, 0).await?;
    Ok(serde_json::from_str(answer.get()).unwrap())
}

fn refused(refusal: Refusal) -> Result<Value, Diagnostic> {
    Err(Diagnostic { error_type: refusal.code().to_owned(), error_message: refusal.message() })
}

#[tokio::test]
async fn an_answer_comes_back_with_its_event() {
    let mut expected = doing("answer");
    expected["response"]["autoConfirmUser"] = json!(true);
    assert_eq!(answer(Obedient, &doing("answer").to_string()).await, Ok(expected));
    for (name, text) in ALL {
        assert_eq!(answer(Obedient, text).await, Ok(sample(name)), "{name}");
    }
    assert_eq!(answer(Obedient, &doing("observe").to_string()).await, Ok(doing("observe")));
}

#[tokio::test(start_paused = true)]
async fn c16_whatever_happens_the_person_reads_a_sentence_of_the_list() {
    for (what, expected) in [
        (doing("refuse"), Refusal::InvitationRequired),
        (doing("break"), Refusal::TryAgain),
        (doing("unwritable"), Refusal::TryAgain),
        (doing("sleep"), Refusal::TryAgain),
        (doing("panic"), Refusal::TryAgain),
        (json!([]), Refusal::UnsupportedEvent),
        (json!({}), Refusal::UnsupportedEvent),
        (json!({ "triggerSource": "PreSignUp_Telepathy" }), Refusal::UnsupportedEvent),
        (json!({ "triggerSource": "PreSignUp_SignUp", "request": "canary" }), Refusal::UnsupportedEvent),
    ] {
        assert_eq!(answer(Obedient, &what.to_string()).await, refused(expected), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trigger_that_guards_nothing_lets_through_what_broke() {
    for what in ["break", "sleep", "unwritable"] {
        assert_eq!(answer(Open, &doing(what).to_string()).await, Ok(doing(what)), "{what}");
    }
    assert_eq!(answer(Open, &doing("refuse").to_string()).await, refused(Refusal::InvitationRequired));
    assert_eq!(answer(Open, "{}").await, refused(Refusal::UnsupportedEvent));
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_abandoned_at_its_deadline() {
    let now: Timestamp = "2026-11-21T06:00:00Z".parse().unwrap();
    let at = u64::try_from(now.as_millisecond()).unwrap();
    for (deadline_ms, expected) in [
        (600_000, LONGEST),
        (at + 5_000, LONGEST),
        (at + 2_000, Duration::from_millis(1_700)),
        (at + 100, Duration::ZERO),
    ] {
        let began = Instant::now();
        let answer = invoke(&Obedient, &raw(&doing("sleep").to_string()), now, deadline_ms).await;
        assert_eq!(answer.unwrap_err().error_type, "TRY_AGAIN");
        assert!(began.elapsed().abs_diff(expected) < Duration::from_millis(5), "{deadline_ms}: {:?}", began.elapsed());
    }
}

/// What one process answered and logged.
struct Served {
    /// `response` or `error`, and the body.
    answers: Vec<(String, String)>,
    log: Vec<Value>,
}

/// Runs [`a_trigger_serves_the_runtime_api`] in a process of its own, as its `mode`, and hands it these payloads.
fn serve(mode: &str, variables: &[(&str, &str)], payloads: &[&[u8]]) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "runtime::a_trigger_serves_the_runtime_api", "--nocapture"])
        .env_clear()
        .env("TRIGGER_OF_THIS_TEST", mode)
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "trigger")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut waiting = payloads.iter();
    let mut answers = Vec::new();
    'connections: for stream in listener.incoming() {
        let stream = stream.unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some((path, body)) = request(&mut reader) {
            if path.ends_with("/invocation/next") {
                let Some(payload) = waiting.next() else { break 'connections };
                respond(&stream, "200 OK", payload);
            } else {
                let kind = path.rsplit('/').next().unwrap().to_owned();
                answers.push((kind, String::from_utf8(body).unwrap()));
                respond(&stream, "202 Accepted", b"{}");
            }
        }
    }
    child.kill().unwrap();
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    child.wait().unwrap();
    // The test harness of the child says a few words of its own; its first line has no end before ours.
    let log = output.lines().filter_map(|line| serde_json::from_str(line.get(line.find('{')?..)?).ok()).collect();
    Served { answers, log }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim().to_ascii_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}

fn respond(mut stream: &TcpStream, status: &str, body: &[u8]) {
    let mut head = format!("HTTP/1.1 {status}\r\n");
    // What `cargo lambda watch` sends: a date in 1970.
    head.push_str("lambda-runtime-aws-request-id: 7\r\nlambda-runtime-deadline-ms: 600000\r\n");
    write!(head, "content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len()).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
}

const LOCAL: [(&str, &str); 1] = [("AWS_ENDPOINT_URL", "http://127.0.0.1:8000")];

/// Both sides of the same test: with `TRIGGER_OF_THIS_TEST` this process is the trigger.
#[test]
#[expect(clippy::disallowed_methods, reason = "as in a main.rs")]
fn a_trigger_serves_the_runtime_api() {
    if let Ok(mode) = std::env::var("TRIGGER_OF_THIS_TEST") {
        let variable = |name: &str| std::env::var(name).ok();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let run = async {
            if mode == "open" {
                lambda::run(variable, Timestamp::now, async |_| Ok(Open)).await
            } else {
                lambda::run(variable, Timestamp::now, async |_| Ok(Obedient)).await
            }
        };
        return runtime.block_on(run).unwrap();
    }
    let deep = format!(
        r#"{{"triggerSource":"PreSignUp_SignUp","deep":{}{},"number":1e4000,"text":"\ud800","response":{{}}}}"#,
        "[".repeat(512),
        "]".repeat(512)
    );
    let payloads = ["nothing", "refuse", "break", "panic"].map(|what| doing(what).to_string());
    let [nothing, refuse, broken, panic] = payloads.each_ref().map(String::as_str);
    let served = serve(
        "obedient",
        &LOCAL,
        &[
            nothing.as_bytes(),
            refuse.as_bytes(),
            broken.as_bytes(),
            panic.as_bytes(),
            b"\"canary\"",
            b"{canary",
            b"{\"triggerSource\":\"PreSignUp_SignUp\",\"canary\":\"\xff\"}",
            deep.as_bytes(),
            nothing.as_bytes(),
        ],
    );
    assert_eq!(
        served.answers,
        [
            passed(nothing),
            error(Refusal::InvitationRequired),
            error(Refusal::TryAgain),
            error(Refusal::TryAgain),
            error(Refusal::UnsupportedEvent),
            error(Refusal::UnsupportedEvent),
            error(Refusal::UnsupportedEvent),
            passed(&deep),
            passed(nothing),
        ]
    );
    let (panicked, lines): (Vec<_>, Vec<_>) = served.log.iter().partition(|line| line["message"] == "panicked");
    assert!(panicked.len() == 1 && panicked[0]["at"].as_str().unwrap().contains("runtime.rs:"), "{panicked:?}");
    let said: Vec<_> = lines.iter().map(|line| (line["level"].clone(), line["decision"].clone())).collect();
    let expected = [
        ("INFO", "let through"),
        ("INFO", "refused"),
        ("WARN", "broken"),
        ("WARN", "broken"),
        ("WARN", "unreadable"),
        ("WARN", "unreadable"),
        ("WARN", "unreadable"),
        ("INFO", "let through"),
        ("INFO", "let through"),
    ];
    assert_eq!(said, expected.map(|(level, decision)| (json!(level), json!(decision))));
    assert_eq!(lines.first().map(|line| &line["client"]), Some(&json!("1example23456789acme")));
    for line in &served.log {
        assert!(!line.to_string().contains("canary") && !line.to_string().contains("acme.example"), "{line}");
        assert!(line.to_string().len() <= 250, "{line}");
    }
}

fn passed(event: &str) -> (String, String) {
    ("response".to_owned(), event.to_owned())
}

fn error(refusal: Refusal) -> (String, String) {
    let diagnostic = Diagnostic { error_type: refusal.code().to_owned(), error_message: refusal.message() };
    ("error".to_owned(), serde_json::to_string(&diagnostic).unwrap())
}

#[test]
fn a_setting_that_is_missing_is_logged_and_nobody_sees_a_crash() {
    let event = doing("nothing").to_string();
    let served = serve("obedient", &[], &[event.as_bytes(), event.as_bytes()]);
    assert_eq!(served.answers, [error(Refusal::TryAgain), error(Refusal::TryAgain)]);
    assert_eq!(served.log.len(), 2);
    for line in served.log {
        assert_eq!(line["cause"], "AWS_REGION is not set. Put the table's Region, such as eu-west-1, there.");
    }
    assert_eq!(serve("open", &[], &[event.as_bytes()]).answers, [passed(&event)]);
}
