//! Managed login's pages, the OAuth endpoints and the local shortcuts: whatever stands in a query or a form.

use serde_json::{Value, json};

use super::wire::Caller;
use super::{ground, places, still_serves, with, wrong};
use crate::kit::{ANN, CLIENT, PASSWORD, POOL};

/// Values that somebody else's parser may stumble over, as they stand in a URL or a form.
fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        "%",
        "%z",
        "%zz",
        "%00",
        "%ff%fe",
        "%0d%0aset-cookie:%20a=b",
        "%0a",
        "%1b%5b31m",
        "%e2%80%ae",
        "%3cscript%3ealert(1)%3c/script%3e",
        "%22%3e%3cimg%20src=x%3e",
        "javascript:alert(1)",
        "//evil.example",
        "https://evil.example/in",
        "../../../etc/passwd",
        "'%20or%201=1",
        "a&a",
        "[]",
        "a[]=1",
        "+",
        "%u0041",
        "=",
        "==",
        "\u{e4}",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push("a".repeat(30_000));
    all
}

/// Method, path and parameters.
type Page = (&'static str, &'static str, Vec<(&'static str, &'static str)>);

fn pages() -> Vec<Page> {
    let app = vec![
        ("client_id", CLIENT),
        ("redirect_uri", "https://app.example/in"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", "c"),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("identity_provider", "Okta"),
        ("idp_identifier", "x"),
        ("login_hint", "ann"),
        ("lang", "de"),
    ];
    let form = |more: &[(&'static str, &'static str)]| [app.as_slice(), more].concat();
    vec![
        ("GET", "/oauth2/authorize", app.clone()),
        ("GET", "/login", app.clone()),
        (
            "POST",
            "/login",
            form(&[
                ("username", ANN),
                ("password", PASSWORD),
                ("new_password", PASSWORD),
                ("ticket", "t"),
                ("query", "client_id=webclient"),
                ("_csrf", "x"),
            ]),
        ),
        (
            "POST",
            "/oauth2/idpresponse",
            form(&[
                ("provider", "Okta"),
                ("subject", "1"),
                ("attributes", "{}"),
                ("query", "client_id=webclient"),
                ("_csrf", "x"),
            ]),
        ),
        (
            "GET",
            "/logout",
            vec![
                ("client_id", CLIENT),
                ("logout_uri", "https://app.example/out"),
                ("redirect_uri", "https://app.example/in"),
                ("response_type", "code"),
                ("state", "s"),
                ("scope", "openid"),
            ],
        ),
        (
            "POST",
            "/oauth2/token",
            vec![
                ("grant_type", "refresh_token"),
                ("client_id", CLIENT),
                ("client_secret", "x"),
                ("refresh_token", "x"),
                ("code", "x"),
                ("redirect_uri", "https://app.example/in"),
                ("code_verifier", "v"),
                ("scope", "a/b"),
                ("aws_client_metadata", "{}"),
            ],
        ),
        (
            "POST",
            "/oauth2/token",
            vec![
                ("grant_type", "authorization_code"),
                ("client_id", CLIENT),
                ("code", "x"),
                ("redirect_uri", "https://app.example/in"),
                ("code_verifier", "v"),
            ],
        ),
        (
            "POST",
            "/oauth2/token",
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", CLIENT),
                ("client_secret", "x"),
                ("scope", "a/b"),
                ("aws_client_metadata", "{\"a\":1}"),
            ],
        ),
        ("POST", "/oauth2/revoke", vec![("token", "x"), ("client_id", CLIENT), ("client_secret", "x")]),
    ]
}

fn encoded(parameters: &[(&str, String)]) -> String {
    let one = |(name, value): &(&str, String)| format!("{name}={value}");
    parameters.iter().map(one).collect::<Vec<_>>().join("&")
}

async fn send(caller: &Caller, method: &str, path: &str, text: &str) -> Result<u16, String> {
    let answer = if method == "GET" {
        let wire = format!("GET {path}?{text} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
        caller.bytes(wire.as_bytes()).await
    } else {
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        caller.send(method, path, &kind, text.as_bytes().to_vec()).await
    };
    answer.speaks_plainly()?;
    let (head, body) = (answer.head.to_lowercase(), &answer.body);
    if body.contains("<script>alert") || body.contains("\"><img") {
        return Err(format!("what was sent is markup: {body}"));
    }
    if head.contains("set-cookie: a=b") || head.contains("evil.example") {
        return Err(format!("what was sent is a header: {head}"));
    }
    Ok(answer.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_in_a_query_or_a_form_no_page_breaks() {
    let (_kit, caller, _, _) = ground().await;
    let (mut tried, mut broken) = (0, Vec::new());
    for (method, path, parameters) in pages() {
        for index in 0..parameters.len() {
            let name = parameters[index].0;
            let mut texts: Vec<String> = hostile()
                .into_iter()
                .map(|value| {
                    let given = |(at, (name, right)): (usize, &(&'static str, &str))| {
                        let right = right.replace(' ', "+");
                        (*name, if at == index { value.clone() } else { right })
                    };
                    encoded(&parameters.iter().enumerate().map(given).collect::<Vec<_>>())
                })
                .collect();
            let rest = parameters.iter().filter(|(other, _)| *other != name);
            texts.push(encoded(&rest.map(|(name, right)| (*name, (*right).to_owned())).collect::<Vec<_>>()));
            let whole =
                encoded(&parameters.iter().map(|(name, right)| (*name, (*right).to_owned())).collect::<Vec<_>>());
            texts.push(format!("{whole}&{name}=other&{name}[]=x"));
            for text in texts {
                tried += 1;
                if let Err(why) = send(&caller, method, path, &text).await {
                    let shown: String = text.chars().take(200).collect();
                    broken.push(format!("{method} {path} {shown}: {}", why.chars().take(300).collect::<String>()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{} of {tried}:\n{}", broken.len(), broken.join("\n"));
    assert!(tried > 1_000, "{tried}");
    still_serves(&caller).await;
}

/// What is sent to a shortcut as JSON.
fn shortcuts() -> Vec<(&'static str, Value)> {
    vec![
        (
            "/local/federate",
            json!({ "pool": POOL, "clientId": CLIENT, "provider": "Okta", "subject": "1", "attributes": { "email": ANN }, "scopes": ["openid"] }),
        ),
        (
            "/local/hosted-login",
            json!({ "pool": POOL, "clientId": CLIENT, "username": ANN, "password": PASSWORD, "scopes": ["openid"] }),
        ),
        (
            "/local/providers",
            json!({ "pool": POOL, "name": "Okta", "type": "SAML", "enabled": true, "attributeMapping": { "email": "email" } }),
        ),
        (
            "/v2/email/outbound-emails",
            json!({
                "FromEmailAddress": "no-reply@acme.example", "Destination": { "ToAddresses": [ANN], "CcAddresses": [ANN], "BccAddresses": [ANN] },
                "Content": { "Simple": { "Subject": { "Data": "s", "Charset": "UTF-8" }, "Body": { "Text": { "Data": "t" }, "Html": { "Data": "h" } } } },
                "ConfigurationSetName": "x",
            }),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_to_a_shortcut_is_answered_in_plain_words() {
    let (_kit, caller, _, _) = ground().await;
    let headers = [("content-type", "application/json"), ("authorization", "x")];
    let mut broken = Vec::new();
    for (path, body) in shortcuts() {
        let mut all = Vec::new();
        places(&body, "", &mut all);
        let mut texts: Vec<String> = ["", "{", "null", "[]", "7"].map(str::to_owned).to_vec();
        texts.push("[".repeat(100_000));
        for place in &all {
            texts.extend(wrong().iter().map(|(_, instead)| with(&body, place, instead.as_ref()).to_string()));
        }
        for text in texts {
            let shown: String = text.chars().take(200).collect();
            let answer = caller.send("POST", path, &headers, text.into_bytes()).await;
            if let Err(why) = answer.speaks_plainly() {
                broken.push(format!("{path} {shown}: {}", why.chars().take(300).collect::<String>()));
            }
        }
        for kind in ["", "text/plain", "application/json; charset=utf-16"] {
            let answer = caller.send("POST", path, &[("content-type", kind)], b"{}".to_vec()).await;
            if let Err(why) = answer.speaks_plainly() {
                broken.push(format!("{path} as {kind}: {why}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}:\n{}", broken.len(), broken.join("\n"));
    still_serves(&caller).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bearer_that_is_none_is_refused() {
    let (_kit, caller, access, _) = ground().await;
    let long = format!("Bearer {}", "a".repeat(16_000));
    let dots = format!("Bearer {}", ".".repeat(1_000));
    let half = format!("Bearer {}", access.get(..access.len() / 2).unwrap());
    for value in ["", "Bearer", "Bearer ", "Bearer a.b.c", "Basic !!!!", "Basic Og==", long.as_str(), &dots, &half] {
        for (method, path) in [("GET", "/oauth2/userInfo"), ("POST", "/oauth2/token"), ("POST", "/oauth2/revoke")] {
            let answer = caller.send(method, path, &[("authorization", value)], Vec::new()).await;
            assert!((400..500).contains(&answer.status), "{path} {value}: {answer:?}");
            answer.speaks_plainly().unwrap();
        }
    }
    still_serves(&caller).await;
}
