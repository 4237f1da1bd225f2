//! The local Lambda, with processes of the real `lambda_runtime`.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use user_pool::Sink;
use user_pool::functions::{Functions, Options};

use crate::kit::{http, random, system_clock};

/// The example `function`, which `cargo test` and nextest build beside the tests.
fn binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().unwrap().parent().unwrap().join("examples/function");
    assert!(path.exists(), "{} is missing: build the examples too (cargo build --examples)", path.display());
    path
}

async fn start(options: Options) -> Functions {
    let functions = Functions::start_with(options, system_clock(), random(), Sink::silent()).await.unwrap();
    functions.add("one", binary(), [("GREETING", "hello")]);
    functions
}

async fn invoke(functions: &Functions, event: Value) -> (u16, Value) {
    let url = format!("{}/2015-03-31/functions/one/invocations", functions.url());
    http(&url, Some(("application/json", event.to_string()))).await
}

fn alive(pid: &Value) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

#[tokio::test]
async fn a_function_sees_what_lambda_sets_and_nothing_else() {
    let functions = start(Options::default()).await;
    let (status, seen) = invoke(&functions, json!({})).await;
    assert_eq!(status, 200);
    let environment = &seen["environment"];
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "one"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/one"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("GREETING", "hello"),
    ] {
        assert_eq!(environment[name], value, "{name}");
    }
    assert_eq!(environment["CARGO_MANIFEST_DIR"], Value::Null, "the caller's own environment stays with the caller");
    let now = system_clock().now().as_millisecond();
    let left = seen["deadline"].as_i64().unwrap() - now;
    assert!((0..=5_000).contains(&left), "{left} ms left");
    assert_eq!(seen["requestId"].as_str().unwrap().len(), 36);
    assert!(seen["traceId"].as_str().unwrap().starts_with("Root=1-"));
    assert_eq!(seen["arn"], "arn:aws:lambda:eu-west-1:000000000000:function:one");
    functions.shutdown().await;
    assert!(!alive(&seen["pid"]), "shutdown leaves no process");
}

#[tokio::test]
async fn one_process_serves_calls_one_after_the_other_and_several_serve_them_side_by_side() {
    let functions = start(Options { processes: 3, ..Options::default() }).await;
    let (_, first) = invoke(&functions, json!({ "do": "sleep", "milliseconds": 0 })).await;
    let (_, second) = invoke(&functions, json!({ "do": "sleep", "milliseconds": 0 })).await;
    assert_eq!(first["pid"], second["pid"]);
    let calls = (0..6).map(|_| invoke(&functions, json!({ "do": "sleep", "milliseconds": 400 })));
    let answers = futures_util::future::join_all(calls).await;
    let pids: std::collections::BTreeSet<u64> = answers.iter().map(|(_, body)| body["pid"].as_u64().unwrap()).collect();
    assert_eq!(pids.len(), 3, "{pids:?}");
    functions.shutdown().await;
}

#[tokio::test]
async fn many_calls_at_once_each_get_their_own_answer() {
    let functions = start(Options::default()).await;
    let calls = (0..64).map(|number| {
        let functions = &functions;
        async move {
            // Every eighth call crashes its process: the others do not notice.
            let what = if number % 8 == 0 { "exit" } else { "echo" };
            let (_, body) = invoke(functions, json!({ "do": what, "number": number })).await;
            if number % 8 == 0 {
                assert_eq!(body["errorType"], "Runtime.ExitError", "{number}");
            } else {
                assert_eq!(body["number"], number);
            }
        }
    });
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
async fn a_failure_is_answered_as_lambda_answers_it() {
    let functions = start(Options::default()).await;
    let (status, body) = invoke(&functions, json!({ "do": "fail", "text": "No. (NO)" })).await;
    assert_eq!((status, body), (200, json!({ "errorType": "Refused", "errorMessage": "No. (NO)" })));
    let (status, body) = http(
        &format!("{}/2015-03-31/functions/two/invocations", functions.url()),
        Some(("application/json", "{}".to_owned())),
    )
    .await;
    assert_eq!(status, 404);
    assert_eq!(body["Message"], "Function not found: two");
}

#[tokio::test]
async fn a_crash_fails_its_call_and_the_next_call_gets_a_new_process() {
    let functions = start(Options::default()).await;
    let (status, body) = invoke(&functions, json!({ "do": "exit" })).await;
    assert_eq!(status, 200);
    assert_eq!(body["errorType"], "Runtime.ExitError");
    assert!(body["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: exit status: 3"), "{body}");
    let (_, body) = invoke(&functions, json!({ "do": "echo", "x": 1 })).await;
    assert_eq!(body["x"], 1);
}

#[tokio::test]
async fn a_binary_that_is_not_there_fails_its_call() {
    let functions = start(Options::default()).await;
    functions.add("one", "/nowhere/bootstrap", [("A", "B")]);
    let (_, body) = invoke(&functions, json!({})).await;
    assert_eq!(body["errorType"], "Runtime.ExitError");
    assert!(body["errorMessage"].as_str().unwrap().contains("/nowhere/bootstrap cannot be started"), "{body}");
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends_its_process() {
    let functions = start(Options { timeout: Duration::from_millis(400), ..Options::default() }).await;
    let (_, before) = invoke(&functions, json!({})).await;
    let (status, body) = invoke(&functions, json!({ "do": "sleep", "milliseconds": 60_000 })).await;
    assert_eq!(status, 200);
    assert_eq!(body["errorType"], "Sandbox.Timedout");
    assert!(body["errorMessage"].as_str().unwrap().ends_with("Task timed out after 0.40 seconds"), "{body}");
    let (_, after) = invoke(&functions, json!({})).await;
    assert_ne!(before["pid"], after["pid"]);
}

#[tokio::test]
async fn lines_of_both_outputs_are_kept() {
    let functions = start(Options::default()).await;
    invoke(&functions, json!({ "do": "say", "text": "one" })).await;
    for _ in 0..50 {
        if functions.logs("one").len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut lines = functions.logs("one");
    lines.sort();
    assert_eq!(lines, ["said one", "warned one"]);
}

#[tokio::test]
async fn dropping_the_local_lambda_ends_its_processes() {
    let functions = start(Options::default()).await;
    let (_, seen) = invoke(&functions, json!({})).await;
    assert!(alive(&seen["pid"]));
    drop(functions);
    for _ in 0..100 {
        if !alive(&seen["pid"]) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("process {} is still there", seen["pid"]);
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let options = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    let refusal = Functions::start_with(options, system_clock(), random(), Sink::silent()).await.unwrap_err();
    assert!(refusal.to_string().contains("loopback only"), "{refusal}");
}
