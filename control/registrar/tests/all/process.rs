//! The program as Lambda runs it: its own process, against a Runtime API made here.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{ask, receiver};

#[tokio::test]
async fn the_program_answers_cloudformation_and_logs_one_line_without_the_address() {
    let runtime = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let engine = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", engine.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(engine, dynoxide::Database::memory().unwrap()));
    let (url, received) = receiver(0).await;
    let mut event =
        ask("Custom::TenantryTenant", "Acme").event("Create", None, &json!({ "Slug": "acme" }), &Value::Null);
    event["ResponseURL"] = url.into();

    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_registrar"))
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime.local_addr().unwrap().to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "registrar"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let path = serve_one(&runtime, &event).await;
    program.kill().await.unwrap();
    let mut log = String::new();
    program.stdout.take().unwrap().read_to_string(&mut log).await.unwrap();

    assert!(path.ends_with("/response"), "{path}");
    let (_, body) = received.lock().unwrap().pop().unwrap();
    // The engine is there, and nobody has made a table in it.
    assert_eq!(body["Status"], "FAILED");
    assert!(body["Reason"].as_str().unwrap().contains("(TABLE_MISSING)"), "{body}");
    let line: Value = serde_json::from_str(log.trim()).unwrap();
    assert_eq!(
        (&line["function"], &line["request"], &line["code"]),
        (&json!("registrar"), &json!("Create Custom::TenantryTenant"), &json!("TABLE_MISSING"))
    );
    assert!(!log.contains("canary") && !log.contains("127.0.0.1"), "{log}");
}

/// Hands the program one event; the path to which it then answers the runtime.
async fn serve_one(runtime: &TcpListener, event: &Value) -> String {
    loop {
        let (mut stream, _) = runtime.accept().await.unwrap();
        while let Some(path) = request(&mut stream).await {
            if !path.ends_with("/invocation/next") {
                return path;
            }
            let body = event.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 7\r\nlambda-runtime-deadline-ms: 600000\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
        }
    }
}

/// The path of the next request on a connection.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8_192];
    while !String::from_utf8_lossy(&bytes).contains("\r\n\r\n") {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&bytes).split(' ').nth(1).map(str::to_owned)
}
