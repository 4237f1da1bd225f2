//! What no client should send: the pool says no as Cognito does, soon, and goes on serving.

mod pages;
mod requests;
mod wire;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::requests::valid;
use self::wire::Caller;
use crate::kit::{ANN, CLIENT, Kit, PASSWORD, POOL};

/// What stands at a place instead of what belongs there.
fn wrong() -> Vec<(&'static str, Option<Value>)> {
    let deep = (0..100).fold(json!("deep"), |inner, _| json!([inner]));
    vec![
        ("missing", None),
        ("null", Some(Value::Null)),
        ("a number", Some(json!(7))),
        ("a negative number", Some(json!(-7))),
        ("a large number", Some(json!(1e300))),
        ("the largest number", Some(json!(u64::MAX))),
        ("a boolean", Some(json!(true))),
        ("an empty text", Some(json!(""))),
        ("a text", Some(json!("text"))),
        ("a text of control characters", Some(json!("\u{0}\r\n\u{1b}[31m\u{202e}"))),
        ("a huge text", Some(json!("a".repeat(100_000)))),
        ("an empty list", Some(json!([]))),
        ("a list", Some(json!(["text"]))),
        ("a list of nothing", Some(json!([null]))),
        ("an empty object", Some(json!({}))),
        ("an object", Some(json!({ "a": { "b": 1 } }))),
        ("deep", Some(deep)),
    ]
}

/// Every place of a value, as JSON pointers; the whole is not among them.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut step = |name: &str, inner: &Value| {
        let place = format!("{at}/{name}");
        found.push(place.clone());
        places(inner, &place, found);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inner)| step(name, inner)),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, inner)| step(&index.to_string(), inner)),
        _ => {}
    }
}

fn with(value: &Value, place: &str, instead: Option<&Value>) -> Value {
    let mut value = value.clone();
    if let Some(instead) = instead {
        *value.pointer_mut(place).unwrap() = instead.clone();
        return value;
    }
    let (parent, name) = place.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(name)),
        Value::Array(list) => drop(list.remove(name.parse().unwrap())),
        _ => unreachable!("a place is in an object or a list"),
    }
    value
}

async fn ground() -> (Kit, Caller, String, String) {
    let kit = Kit::start().await;
    kit.ann().await;
    let tokens = kit.sign_in().await.unwrap();
    let caller = Caller::new(kit.server.url());
    let (access, refresh) = (tokens.access_token().unwrap().to_owned(), tokens.refresh_token().unwrap().to_owned());
    (kit, caller, access, refresh)
}

/// The server is there, and Ann still gets in.
async fn still_serves(caller: &Caller) {
    let body = json!({
        "ClientId": CLIENT, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": ANN, "PASSWORD": PASSWORD },
    });
    let answer = caller.ask("InitiateAuth", body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn every_operation_has_a_valid_request_here() {
    let source = include_str!("../../../src/api/mod.rs");
    let (_, dispatch) = source.split_once("match operation {").unwrap();
    let (dispatch, _) = dispatch.split_once("_ => Err").unwrap();
    let offered: BTreeSet<&str> =
        dispatch.lines().filter_map(|line| line.trim().strip_prefix('"')?.split('"').next()).collect();
    let tried: BTreeSet<&str> = valid("a", "r").into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(offered, tried);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_at_any_place_of_any_operation_the_answer_is_cognitos() {
    let (_kit, caller, access, refresh) = ground().await;
    let (mut tried, mut refused, mut broken) = (0, 0, Vec::new());
    for (operation, body) in valid(&access, &refresh) {
        let mut all = Vec::new();
        places(&body, "", &mut all);
        for place in &all {
            for (what, instead) in wrong() {
                let answer = caller.ask(operation, with(&body, place, instead.as_ref()).to_string()).await;
                let fine = if answer.status == 200 { Ok(()) } else { answer.is_an_error_of_the_api() };
                refused += u32::from(answer.status == 400);
                tried += 1;
                if let Err(why) = fine {
                    broken.push(format!(
                        "{operation} with {place} {what}: {}",
                        why.chars().take(300).collect::<String>()
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{} of {tried}:\n{}", broken.len(), broken.join("\n"));
    assert!(tried > 3_000 && refused > tried / 2, "{refused} of {tried} refused");
    // The pool's own settings were changed, too: it is there, and says what they are.
    let answer = caller.ask("DescribeUserPool", json!({ "UserPoolId": POOL }).to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_or_none_of_this_operation_is_refused_as_cognito_does() {
    let (_kit, caller, access, refresh) = ground().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_inside = format!("{{\"ClientId\":\"{CLIENT}\",\"Username\":{deep}}}");
    let bodies: [&[u8]; 18] = [
        b"",
        b" ",
        b"null",
        b"7",
        b"true",
        b"\"text\"",
        b"[]",
        b"{",
        b"{}}",
        b"{\"ClientId\":}",
        b"{\"ClientId\":\"web\",}",
        b"{'ClientId':'web'}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"{\"ClientId\":\"\xff\"}",
        b"\0",
        deep.as_bytes(),
        deep_inside.as_bytes(),
    ];
    for (operation, valid) in valid(&access, &refresh) {
        for body in bodies {
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let answer = caller.ask(operation, body).await;
            answer.is_an_error_of_the_api().unwrap_or_else(|why| panic!("{operation} of {shown:?}: {why}"));
        }
        // Twice the same name, and names in other letters: no crash, whatever it means.
        let text = valid.to_string();
        let twice = text.replacen('{', "{\"ClientId\":\"other\",\"UserPoolId\":\"other\",\"AccessToken\":\"x\",", 1);
        for body in [twice, text.to_lowercase()] {
            let answer = caller.ask(operation, body).await;
            answer.speaks_plainly().unwrap_or_else(|why| panic!("{operation}: {why}"));
        }
        // Refused before it is sent: whoever goes on sending may be cut off without having read the answer.
        let large = format!(
            "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: x\r\nx-amz-target: AWSCognitoIdentityProviderService.{operation}\r\n\
             content-length: 2097152\r\n\r\n{{"
        );
        let answer = caller.bytes(large.as_bytes()).await;
        answer.is_an_error_of_the_api().unwrap_or_else(|why| panic!("{operation} of 2 MB: {why}"));
    }
    still_serves(&caller).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_no_client_sends_are_answered_and_the_next_caller_is_served() {
    let (_kit, caller, _, _) = ground().await;
    let target = "AWSCognitoIdentityProviderService.SignUp";
    let (kind, signed) = (("content-type", "application/x-amz-json-1.1"), ("authorization", "x"));
    let long = "a".repeat(16 * 1024);
    for headers in [
        vec![],
        vec![kind, signed],
        vec![kind, signed, ("x-amz-target", "")],
        vec![kind, signed, ("x-amz-target", "SignUp")],
        vec![kind, signed, ("x-amz-target", "AWSCognitoIdentityProviderService.")],
        vec![kind, signed, ("x-amz-target", "AWSCognitoIdentityProviderService.Nothing")],
        vec![kind, signed, ("x-amz-target", "DynamoDB_20120810.GetItem")],
        vec![kind, signed, ("x-amz-target", long.as_str())],
        vec![kind, signed, ("x-amz-target", "AWSCognitoIdentityProviderService.\u{e4}")],
        vec![("content-type", "text/plain"), ("x-amz-target", target)],
        vec![("content-type", "multipart/form-data; boundary=x"), ("x-amz-target", target)],
        vec![("x-amz-target", target), ("content-encoding", "gzip")],
        vec![("x-amz-target", target), ("x-amz-target", "AWSCognitoIdentityProviderService.DeleteUser")],
        vec![kind, ("x-amz-target", "AWSCognitoIdentityProviderService.AdminGetUser")],
    ] {
        let answer = caller.send("POST", "/", &headers, b"{}".to_vec()).await;
        answer.is_an_error_of_the_api().unwrap_or_else(|why| panic!("{headers:?}: {why}"));
    }
    for method in ["GET", "PUT", "DELETE", "PATCH", "HEAD", "TRACE", "NONSENSE"] {
        let answer = caller.send(method, "/", &[], Vec::new()).await;
        assert!((400..500).contains(&answer.status), "{method}: {answer:?}");
    }
    still_serves(&caller).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_break_http_get_an_end_and_the_next_caller_is_served() {
    let (_kit, caller, _, _) = ground().await;
    let head = "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-amz-target: AWSCognitoIdentityProviderService.SignUp\r\n";
    let many = "x-many: y\r\n".repeat(1_000);
    let large = format!("x: {}\r\n", "a".repeat(2 * 1024 * 1024));
    let tricks: Vec<Vec<u8>> = [
        format!("{head}content-length: 100\r\n\r\n{{}}"),
        format!("{head}content-length: 1\r\n\r\n{{}}"),
        format!("{head}content-length: -1\r\n\r\n{{}}"),
        format!("{head}content-length: 2, 2\r\n\r\n{{}}"),
        format!("{head}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"),
        format!("{head}content-length: 99999999999999999999999\r\n\r\n{{}}"),
        format!("{head}content-length: two\r\n\r\n{{}}"),
        format!("{head}transfer-encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"),
        format!("{head}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{{}}"),
        format!("{head}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n"),
        format!("{head}transfer-encoding: chunked, gzip\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"),
        format!("{head}transfer-encoding: identity\r\ncontent-length: 2\r\n\r\n{{}}"),
        format!("{head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\nGET /local/outbox HTTP/1.1\r\n\r\n"),
        format!("{head}transfer-encoding: xchunked\r\n\r\n{{}}"),
        format!("{head}expect: 100-continue\r\ncontent-length: 2\r\n\r\n{{}}"),
        format!("{head}expect: nonsense\r\ncontent-length: 2\r\n\r\n{{}}"),
        format!("{head}upgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
        format!("{head}x: a\0b\r\ncontent-length: 2\r\n\r\n{{}}"),
        format!("{head} folded: x\r\ncontent-length: 2\r\n\r\n{{}}"),
        format!("{head}no colon\r\ncontent-length: 2\r\n\r\n{{}}"),
        format!("{head}{many}content-length: 2\r\n\r\n{{}}"),
        format!("{head}{large}content-length: 2\r\n\r\n{{}}"),
        "POST / HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        "POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        "POST / HTTP/9.9\r\nhost: 127.0.0.1\r\n\r\n".to_owned(),
        "POST /\r\n\r\n".to_owned(),
        "POST http://evil.example/ HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        "GET /../../etc/passwd HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".to_owned(),
        "GET /%00/.well-known/jwks.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".to_owned(),
        "\r\n\r\n\r\n".to_owned(),
        "nonsense".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ]
    .map(String::into_bytes)
    .into_iter()
    .chain([vec![0_u8; 4_096], b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()])
    .collect();
    for bytes in &tricks {
        let answer = caller.bytes(bytes).await;
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        // A connection may be cut without a word; what is said is no failure of ours.
        assert!(answer.status < 500, "{shown:?}: {answer:?}");
        assert!(!answer.body.contains("\"mails\""), "a second request was smuggled in: {shown:?}");
    }
    still_serves(&caller).await;
}
