//! The authorize endpoint: codes with PKCE, and what an app hears instead of one.

use aws_sdk_cognitoidentityprovider as cognito;
use serde_json::{Value, json};
use user_pool::{ClientSeed, IssuerStyle};

use crate::browser::{Browser, VERIFIER, app, asks, basic, callback, form, verified};
use crate::kit::{ANN, Act, Kit, POOL, claims};

/// Ann, and three apps: a and b are public, c has a secret.
async fn kit() -> Kit {
    let kit = Kit::start_with(
        |pool| {
            pool.clients.extend([app("a"), app("b")]);
            pool.clients.push(ClientSeed { client_secret: Some("s3cret".to_owned()), ..app("c") });
        },
        IssuerStyle::Local,
    )
    .await;
    kit.ann().await;
    kit.functions.take();
    kit
}

#[tokio::test]
async fn a_person_signs_in_with_a_code_and_the_tokens_verify() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    let discovery = browser.get(&format!("/{POOL}/.well-known/openid-configuration")).await.json();
    let path = |name: &str| discovery[name].as_str().unwrap().strip_prefix(kit.server.url()).unwrap().to_owned();

    let request = asks("a", "&nonce=n-1&scope=openid+email");
    let begun = browser.get(&format!("{}?{request}", path("authorization_endpoint"))).await;
    assert_eq!((begun.status, begun.header("location")), (302, format!("/login?{request}").as_str()));
    let answer = browser.sign_in(&request, ANN).await;
    let (address, parameters) = answer.redirect();
    assert_eq!((address, parameters["state"].as_str()), (callback("a"), "s 1"));
    let events = kit.functions.take();
    assert_eq!(events.len(), 1, "the function is asked before the code is there");
    assert_eq!(events[0]["triggerSource"], "TokenGeneration_HostedAuth");
    assert_eq!(events[0]["callerContext"]["clientId"], "a");
    assert_eq!(events[0]["request"]["scopes"], json!(["openid", "email"]));

    // The token endpoint is the app's: it has none of the browser's cookies.
    let mut server = Browser::at(&kit);
    let exchanged = server.exchange("a", &parameters["code"], &[]).await;
    assert_eq!((exchanged.status, exchanged.header("cache-control")), (200, "no-store"), "{}", exchanged.body);
    assert!(kit.functions.take().is_empty());
    let tokens = exchanged.json();
    let id = verified(&mut server, &discovery, tokens["id_token"].as_str().unwrap()).await;
    let access = verified(&mut server, &discovery, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!((&id["nonce"], &id["aud"], &id["iss"]), (&json!("n-1"), &json!("a"), &discovery["issuer"]));
    assert_eq!((&id["email"], &id["token_use"]), (&json!(ANN), &json!("id")));
    assert_eq!(
        (&access["scope"], &access["client_id"], &access["version"]),
        (&json!("openid email"), &json!("a"), &json!(2))
    );
    assert_eq!(access.get("nonce"), None);

    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let person = server.send("GET", &path("userinfo_endpoint"), &[("authorization", &bearer)], String::new()).await;
    let shown = json!({ "sub": id["sub"], "email": ANN, "email_verified": "true", "username": id["cognito:username"] });
    assert_eq!(person.json(), shown);

    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let refresh = [("grant_type", "refresh_token"), ("client_id", "a"), ("refresh_token", refresh_token)];
    let fresh = server.post(&path("token_endpoint").clone(), &refresh).await.json();
    assert_eq!(claims(fresh["id_token"].as_str().unwrap()).get("nonce"), None);
    assert_eq!(kit.functions.sources(), ["TokenGeneration_RefreshTokens"]);

    let revoked = server.post(&path("revocation_endpoint"), &[("client_id", "a"), ("token", refresh_token)]).await;
    assert_eq!((revoked.status, revoked.body.as_str()), (200, ""));
    assert_eq!(server.post("/oauth2/token", &refresh).await.json(), json!({ "error": "invalid_grant" }));
    let person = server.send("GET", "/oauth2/userInfo", &[("authorization", &bearer)], String::new()).await;
    assert_eq!((person.status, &person.json()["error"]), (401, &json!("invalid_token")));
    assert!(person.header("www-authenticate").contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_own_request_alone() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    browser.sign_in(&asks("a", ""), ANN).await.code();
    for (case, changes) in [
        ("a wrong verifier", &[("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl")][..]),
        ("no verifier", &[("code_verifier", "")]),
        ("another redirect_uri", &[("redirect_uri", "https://a.example/in/")]),
        ("a foreign client", &[("client_id", "b")]),
    ] {
        let code = browser.get(&format!("/oauth2/authorize?{}", asks("a", ""))).await.code();
        let refused = browser.exchange("a", &code, changes).await;
        assert_eq!((refused.status, refused.json()), (400, json!({ "error": "invalid_grant" })), "{case}");
        let again = browser.exchange("a", &code, &[]).await;
        assert_eq!(again.json(), json!({ "error": "invalid_grant" }), "{case} uses the code up");
    }

    let code = browser.get(&format!("/oauth2/authorize?{}", asks("a", ""))).await.code();
    assert_eq!(browser.exchange("a", &code, &[]).await.status, 200);
    assert_eq!(browser.exchange("a", &code, &[]).await.json(), json!({ "error": "invalid_grant" }), "replayed");

    let code = browser.get(&format!("/oauth2/authorize?{}", asks("a", ""))).await.code();
    kit.pass(jiff::SignedDuration::from_secs(301));
    assert_eq!(browser.exchange("a", &code, &[]).await.json(), json!({ "error": "invalid_grant" }), "too late");

    let code = browser.get(&format!("/oauth2/authorize?{}", asks("a", ""))).await.code();
    kit.sdk.admin_disable_user().user_pool_id(POOL).username(ANN).send().await.unwrap();
    assert_eq!(browser.exchange("a", &code, &[]).await.json(), json!({ "error": "invalid_grant" }), "disabled");
    let page = browser.get(&format!("/login?{}", asks("a", ""))).await;
    assert_eq!(page.status, 200, "nor does the session of a disabled person answer");
}

#[tokio::test]
async fn a_code_without_pkce_takes_no_verifier_and_a_client_with_a_secret_shows_it() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    let request = form(&[("response_type", "code"), ("client_id", "c"), ("redirect_uri", &callback("c"))]);
    let (address, parameters) = browser.sign_in(&request, ANN).await.redirect();
    assert_eq!((address, parameters.get("state")), (callback("c"), None));
    let exchange = |code: &str, more: &[(&str, &str)]| {
        let callback = callback("c");
        let mut fields = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &callback)];
        fields.extend(more);
        form(&fields)
    };
    for (secret, status) in [("wrong", 400), ("s3cret", 200)] {
        let body = exchange(&parameters["code"], &[]);
        let header = basic("c", secret);
        let answer = browser.send("POST", "/oauth2/token", &[("authorization", &header)], body).await;
        assert_eq!(answer.status, status, "{secret}: {}", answer.body);
    }
    let code = browser.get(&format!("/oauth2/authorize?{request}")).await.code();
    let body = exchange(&code, &[("client_id", "c"), ("client_secret", "s3cret"), ("code_verifier", VERIFIER)]);
    let answer = browser.send("POST", "/oauth2/token", &[], body).await;
    assert_eq!(answer.json(), json!({ "error": "invalid_grant" }), "a verifier whose challenge was removed");
    let wrong = [("authorization", basic("c", "wrong"))].map(|(name, value)| (name, value.leak() as &str));
    let answer = browser.send("POST", "/oauth2/revoke", &wrong, "token=t".to_owned()).await;
    assert_eq!((answer.status, answer.json()), (401, json!({ "error": "invalid_client" })));
}

#[tokio::test]
async fn an_address_that_is_not_the_clients_is_shown_and_not_followed() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    browser.sign_in(&asks("a", ""), ANN).await.code();
    for request in [
        asks("a", "&redirect_uri=https%3A%2F%2Fb.example%2Fin"),
        asks("a", "&redirect_uri=https%3A%2F%2Fevil.example%2F%22%3E%3Cscript%3E"),
        asks("a", "&redirect_uri="),
        asks("nobody%22%3E%3Cscript%3E", ""),
        asks("nobody", "&client_id=%22%3E%3Cscript%3E"),
        "response_type=code&client_id=a".to_owned(),
        String::new(),
    ] {
        for endpoint in ["/oauth2/authorize", "/login", "/logout"] {
            let answer = browser.get(&format!("{endpoint}?{request}")).await;
            assert_eq!((answer.status, answer.header("location")), (400, ""), "{endpoint} {request}");
            assert!(!answer.body.contains("<script"), "{}", answer.body);
        }
        let sent = browser.post(&format!("/login?{request}"), &[("username", ANN)]).await;
        assert_eq!((sent.status, sent.header("location")), (400, ""), "{request}");
    }
}

#[tokio::test]
async fn other_errors_go_to_the_app_in_cognitos_words() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    kit.pool.add_client(ClientSeed {
        client_id: Some("d".to_owned()),
        settings: user_pool::ClientSettings { allowed_oauth_flows_user_pool_client: None, ..app("d").settings },
        ..ClientSeed::default()
    });
    for (request, error) in [
        (asks("a", "&response_type=none"), "invalid_request"),
        (asks("a", "&response_type=token"), "unauthorized_client"),
        (asks("d", ""), "unauthorized_client"),
        (asks("a", "&code_challenge_method=plain"), "invalid_request"),
        (asks("a", "&scope=openid+phone"), "invalid_scope"),
        (asks("a", "&prompt=none"), "login_required"),
    ] {
        let (address, parameters) = browser.get(&format!("/oauth2/authorize?{request}")).await.redirect();
        let client = if request.contains("client_id=d") { "d" } else { "a" };
        assert_eq!(address, callback(client), "{request}");
        let parameters: Vec<(&str, &str)> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(parameters, [("error", error), ("state", "s 1")], "{request}");
    }
    let refused = browser.exchange("d", "made-up", &[]).await;
    assert_eq!(refused.json(), json!({ "error": "unauthorized_client" }));
}

#[tokio::test]
async fn a_refusing_function_speaks_to_the_app_and_leaves_no_session() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    kit.functions.on("pre-token-generation", Act::Fail("You are not a member. (NOT_A_MEMBER)"));
    let (address, parameters) = browser.sign_in(&asks("a", ""), ANN).await.redirect();
    let description = "PreTokenGenerationV2_0 failed with error You are not a member. (NOT_A_MEMBER).";
    assert_eq!(address, callback("a"));
    assert_eq!(
        json!(parameters),
        json!({ "error": "invalid_request", "error_description": description, "state": "s 1" })
    );
    assert!(!browser.cookies.contains_key("cognito"));
    let shortcut = json!({ "pool": POOL, "clientId": "a", "username": ANN, "password": crate::kit::PASSWORD });
    let (_, said) = kit.post("/local/hosted-login", "application/json", shortcut.to_string()).await;
    assert_eq!(said, json!({ "error": "invalid_request", "error_description": description }));
}

#[tokio::test]
async fn the_implicit_flow_answers_in_the_fragment_and_without_a_refresh_token() {
    let kit = kit().await;
    kit.pool.add_client(ClientSeed {
        client_id: Some("i".to_owned()),
        settings: user_pool::ClientSettings { allowed_oauth_flows: vec!["implicit".to_owned()], ..app("i").settings },
        ..ClientSeed::default()
    });
    let mut browser = Browser::at(&kit);
    let answer = browser.sign_in(&asks("i", "&response_type=token&nonce=n"), ANN).await;
    assert!(answer.header("location").starts_with("https://i.example/in#id_token="), "{answer:?}");
    let (_, parameters) = answer.redirect();
    let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
    assert_eq!(names, ["access_token", "expires_in", "id_token", "state", "token_type"]);
    assert_eq!(claims(&parameters["id_token"])["nonce"], Value::from("n"));
}

#[tokio::test]
async fn the_scopes_decide_which_attributes_the_id_token_carries() {
    let kit = kit().await;
    let named = cognito::types::AttributeType::builder().name("name").value("Ann").build().unwrap();
    let update = kit.sdk.admin_update_user_attributes().user_pool_id(POOL).username(ANN).user_attributes(named);
    update.send().await.unwrap();
    let mut browser = Browser::at(&kit);
    browser.sign_in(&asks("a", ""), ANN).await.code();
    for (scope, email, name) in [
        ("openid", true, true),
        ("openid+email", true, false),
        ("openid+profile", false, true),
        ("openid+email+profile", true, true),
    ] {
        let code = browser.get(&format!("/oauth2/authorize?{}", asks("a", &format!("&scope={scope}")))).await.code();
        let tokens = browser.exchange("a", &code, &[]).await.json();
        let id = claims(tokens["id_token"].as_str().unwrap());
        assert_eq!((id.get("email").is_some(), id.get("name").is_some()), (email, name), "{scope}");
        assert_eq!(id.get("email_verified").is_some(), email, "{scope}");
        assert!(id["cognito:username"].is_string(), "{scope}");
    }
}
