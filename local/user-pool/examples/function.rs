//! A function for the tests of the local Lambda, over the real `lambda_runtime`: it does what the event asks.

use std::time::Duration;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_runtime::run(service_fn(handle)).await
}

#[expect(clippy::disallowed_methods, reason = "an example that shows what a process of the local Lambda sees")]
async fn handle(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let LambdaEvent { payload, context } = event;
    let text = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match text("do").as_str() {
        "echo" => Ok(payload),
        "say" => {
            println!("said {}", text("text"));
            eprintln!("warned {}", text("text"));
            Ok(json!(null))
        }
        "fail" => Err(Diagnostic { error_type: "Refused".to_owned(), error_message: text("text") }),
        "exit" => std::process::exit(3),
        "sleep" => {
            let milliseconds = payload.get("milliseconds").and_then(Value::as_u64).unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok(json!({ "pid": std::process::id() }))
        }
        _ => Ok(json!({
            "pid": std::process::id(),
            "deadline": context.deadline,
            "requestId": context.request_id,
            "traceId": context.xray_trace_id,
            "arn": context.invoked_function_arn,
            "environment": std::env::vars().collect::<std::collections::BTreeMap<_, _>>(),
        })),
    }
}
