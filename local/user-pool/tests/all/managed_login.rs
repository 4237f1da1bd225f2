//! Managed login's pages and the browser's session.

use jiff::SignedDuration;
use serde_json::{Value, json};
use user_pool::{ClientSettings, IdentityProvider, IssuerStyle, PoolSettings, ProviderKind};

use crate::browser::{Browser, app, asks, callback};
use crate::kit::{ANN, Kit, PASSWORD, POOL, claims};

async fn kit() -> Kit {
    let kit = Kit::start_with(
        |pool| {
            pool.providers.push(IdentityProvider::new("Okta", ProviderKind::Saml).map("email", "mail"));
            pool.clients.extend([app("a"), app("b"), app("okta"), app("both")]);
            let providers = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            pool.clients[3].settings.supported_identity_providers = providers(&["Okta"]);
            pool.clients[4].settings.supported_identity_providers = providers(&["COGNITO", "Okta"]);
        },
        IssuerStyle::Local,
    )
    .await;
    kit.ann().await;
    kit.functions.take();
    kit
}

fn authorize(client: &str, more: &str) -> String {
    format!("/oauth2/authorize?{}", asks(client, more))
}

/// C3.
#[tokio::test]
async fn the_session_of_one_client_signs_the_person_into_every_other_without_a_password() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    let answer = browser.sign_in(&asks("a", ""), ANN).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("cognito="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"), "{cookie}");
    kit.functions.take();

    kit.pass(SignedDuration::from_secs(60));
    let code = browser.get(&authorize("b", "&prompt=none&scope=openid")).await.code();
    let event = &kit.functions.take()[0];
    assert_eq!(event["callerContext"]["clientId"], "b", "the function sees the client that the tokens are for");
    let tokens = browser.exchange("b", &code, &[]).await.json();
    let id = claims(tokens["id_token"].as_str().unwrap());
    let waited = id["iat"].as_i64().unwrap() - id["auth_time"].as_i64().unwrap();
    assert!((60..70).contains(&waited), "the password was typed when the session began: {waited}");

    // What a tenant's function must do about it: it refuses whoever is no member there.
    kit.functions.change("pre-token-generation", |event| {
        if event["callerContext"]["clientId"] == "b" {
            event["refuse"] = json!("You are not a member. (NOT_A_MEMBER)");
        }
    });
    let (address, parameters) = browser.get(&authorize("b", "")).await.redirect();
    assert_eq!((address, parameters["error"].as_str()), (callback("b"), "invalid_request"));
    browser.get(&authorize("a", "")).await.code();

    let asked = browser.get(&authorize("a", "&prompt=login")).await;
    assert!(asked.header("location").starts_with("/login?"), "{asked:?}");
    let page = browser.get(asked.header("location")).await;
    assert_eq!(page.status, 200, "prompt=login asks although there is a session");
    assert!(Browser::at(&kit).get(&authorize("a", "")).await.header("location").starts_with("/login?"));

    kit.pass(SignedDuration::from_secs(3_541));
    let (_, parameters) = browser.get(&authorize("a", "&prompt=none")).await.redirect();
    assert_eq!(parameters["error"], "login_required", "it ends an hour after it began, used or not");
}

#[tokio::test]
async fn the_session_of_one_pool_is_worth_nothing_in_another() {
    let kit = kit().await;
    let mut dedicated = PoolSettings::new("eu-west-1_Local0002");
    dedicated.clients.push(app("z"));
    kit.server.add_pool(dedicated);
    let mut browser = Browser::at(&kit);
    let code = browser.sign_in(&asks("a", ""), ANN).await.code();
    let asked = browser.get(&authorize("z", "")).await;
    assert!(asked.header("location").starts_with("/login?"), "{asked:?}");
    let refused = browser.sign_in(&asks("z", ""), ANN).await;
    assert!(refused.body.contains("Incorrect username or password."), "Ann is not in that pool: {}", refused.body);
    let refused = browser.exchange("z", &code, &[("redirect_uri", &callback("a"))]).await;
    assert_eq!(refused.json(), json!({ "error": "invalid_grant" }));
    assert_eq!(browser.exchange("a", &code, &[]).await.status, 200, "nor can the other pool's app use the code up");
}

#[tokio::test]
async fn logging_out_ends_the_session_and_no_token() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    let code = browser.sign_in(&asks("a", ""), ANN).await.code();
    let tokens = browser.exchange("a", &code, &[]).await.json();
    let session = browser.cookies["cognito"].clone();

    let refused = browser.get("/logout?client_id=a&logout_uri=https%3A%2F%2Fevil.example%2Fout").await;
    assert_eq!((refused.status, refused.header("location")), (400, ""));
    let refused = browser.get("/logout?client_id=a").await;
    assert!(refused.body.contains("redirect_uri&#x27; is not present"), "{}", refused.body);
    browser.get(&authorize("a", "")).await.code();

    let out = browser.get("/logout?client_id=b&logout_uri=https%3A%2F%2Fb.example%2Fout").await;
    assert_eq!((out.status, out.header("location")), (302, "https://b.example/out"));
    assert!(!browser.cookies.contains_key("cognito"));
    browser.cookies.insert("cognito".to_owned(), session);
    assert!(
        browser.get(&authorize("a", "")).await.header("location").starts_with("/login?"),
        "a copy is worth nothing"
    );
    kit.refresh(tokens["refresh_token"].as_str().unwrap()).await.unwrap_err();
    let refresh = [("grant_type", "refresh_token"), ("client_id", "a")];
    let refresh = [&refresh[..], &[("refresh_token", tokens["refresh_token"].as_str().unwrap())]].concat();
    assert_eq!(browser.post("/oauth2/token", &refresh).await.status, 200);

    // The other way out leads to the page of the same request, for somebody else to sign in.
    browser.sign_in(&asks("a", ""), ANN).await.code();
    let again = browser.get(&format!("/logout?{}", asks("a", ""))).await;
    assert_eq!(again.header("location"), format!("/login?{}", asks("a", "")));
    assert_eq!(browser.get(again.header("location")).await.status, 200);
}

#[tokio::test]
async fn the_page_says_what_is_wrong_and_escapes_what_others_wrote() {
    let kit = kit().await;
    let hostile = "\"><script>alert('x')</script>&amp;";
    kit.pool.add_client(user_pool::ClientSeed {
        client_id: Some("h".to_owned()),
        settings: ClientSettings { client_name: hostile.to_owned(), ..app("h").settings },
        ..user_pool::ClientSeed::default()
    });
    let mut browser = Browser::at(&kit);
    let encoded: String = form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
    let request = asks("h", &format!("&state={encoded}&login_hint={encoded}"));
    let page = browser.get(&format!("/login?{request}")).await;
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("; form-action 'self' https://h.example;"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!((page.header("cache-control"), page.header("x-frame-options")), ("no-store", "DENY"));
    assert_eq!(page.header("access-control-allow-origin"), "", "no script of another origin reads it");

    let refused = browser.sign_in(&request, hostile).await;
    for page in [&page, &refused] {
        assert!(!page.body.contains("<script"), "{}", page.body);
        assert!(page.body.contains("&quot;&gt;&lt;script&gt;alert(&#x27;x&#x27;)"), "{}", page.body);
    }
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("<p role=\"alert\">Incorrect username or password.</p>"), "{}", refused.body);
    assert!(!browser.cookies.contains_key("cognito"));
    // The state goes to the app as it came, as one parameter.
    let (_, parameters) = browser.sign_in(&request, ANN).await.redirect();
    assert_eq!(parameters["state"], hostile);
}

#[tokio::test]
async fn a_form_that_another_site_sends_signs_nobody_in() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    let path = format!("/login?{}", asks("a", ""));
    let page = browser.get(&path).await;
    let good = page.hidden("_csrf");
    let cookies = browser.cookies.clone();
    for (kept, sent) in
        [(None, Some(good.as_str())), (Some(&cookies), None), (Some(&cookies), Some("guessed")), (None, None)]
    {
        browser.cookies = kept.cloned().unwrap_or_default();
        let mut fields = vec![("username", ANN), ("password", PASSWORD)];
        fields.extend(sent.map(|sent| ("_csrf", sent)));
        let refused = browser.post(&path, &fields).await;
        assert_eq!((refused.status, refused.header("location"), refused.header("set-cookie")), (400, "", ""));
    }
    assert!(kit.functions.take().is_empty());
    browser.cookies = cookies;
    let second_tab = browser.get(&path).await.hidden("_csrf");
    assert_eq!(second_tab, good, "a second tab does not spoil the first");
    browser.post(&path, &[("_csrf", &good), ("username", ANN), ("password", PASSWORD)]).await.code();
}

#[tokio::test]
async fn a_temporary_password_leads_to_a_page_for_a_new_one() {
    let kit = kit().await;
    let bob = "bob@acme.example";
    let invite = kit.sdk.admin_create_user().user_pool_id(POOL).username(bob).temporary_password(PASSWORD);
    invite.send().await.unwrap();
    kit.functions.take();
    let mut browser = Browser::at(&kit);
    let request = asks("a", "");
    let page = browser.sign_in(&request, bob).await;
    assert!(page.body.contains("Choose a new password"), "{}", page.body);
    assert!(!browser.cookies.contains_key("cognito"));
    let path = format!("/login?{request}");
    let (csrf, session) = (page.hidden("_csrf"), page.hidden("session"));
    let choose = |password| [("_csrf", csrf.as_str()), ("session", session.as_str()), ("new_password", password)];
    let short = browser.post(&path, &choose("short")).await;
    assert!(short.body.contains("Password did not conform with policy: Password not long enough"), "{}", short.body);
    let elsewhere = browser.post(&format!("/login?{}", asks("b", "")), &choose("Battery-staple-2")).await;
    assert!(elsewhere.body.contains("Invalid session for the user."), "{}", elsewhere.body);

    let page = browser.sign_in(&request, bob).await;
    let session = page.hidden("session");
    let choose = [("_csrf", csrf.as_str()), ("session", session.as_str()), ("new_password", "Battery-staple-2")];
    let code = browser.post(&path, &choose).await.code();
    assert_eq!(kit.functions.sources(), ["TokenGeneration_HostedAuth"]);
    assert_eq!(browser.exchange("a", &code, &[]).await.status, 200);
    let again = browser.post(&path, &choose).await;
    assert!(again.body.contains("Invalid session for the user."), "{}", again.body);
    assert!(browser.cookies.contains_key("cognito"));
}

#[tokio::test]
async fn a_provider_is_played_on_a_page_and_begins_no_session() {
    let kit = kit().await;
    let mut browser = Browser::at(&kit);
    let both = browser.get(&format!("/login?{}", asks("both", ""))).await;
    assert!(both.body.contains("name=\"password\"") && both.body.contains("Sign in with Okta"), "{}", both.body);

    for path in [authorize("both", "&identity_provider=Okta"), authorize("okta", "")] {
        let page = browser.get(&path).await;
        assert!(
            page.body.contains("name=\"attribute.mail\"") && !page.body.contains("name=\"password\""),
            "{}",
            page.body
        );
        let (_, request) = path.split_once('?').unwrap();
        let answer = format!("/oauth2/idpresponse?{request}");
        let csrf = page.hidden("_csrf");
        let said = [("_csrf", csrf.as_str()), ("subject", "Ann.1"), ("attribute.mail", ANN)];
        assert_eq!(browser.post(&answer, &said[..1]).await.status, 400, "a provider says who it is");
        let (_, parameters) = browser.post(&answer, &said).await.redirect();
        assert!(parameters.contains_key("code"), "{parameters:?}");
    }
    let sources = ["PreSignUp_ExternalProvider", "PostConfirmation_ConfirmSignUp", "TokenGeneration_HostedAuth"];
    assert_eq!(kit.functions.sources(), [&sources[..], &sources[2..]].concat());
    assert!(!browser.cookies.contains_key("cognito"));

    // No password signs in where COGNITO is missing, and no session of a local user either.
    browser.sign_in(&asks("a", ""), ANN).await.code();
    assert_eq!(browser.get(&authorize("okta", "")).await.status, 200);
    let csrf = browser.cookies["XSRF-TOKEN"].clone();
    let typed = [("_csrf", csrf.as_str()), ("username", ANN), ("password", PASSWORD)];
    let (_, refused) = browser.post(&format!("/login?{}", asks("okta", "")), &typed).await.redirect();
    assert_eq!((refused["error"].as_str(), refused.get("code")), ("invalid_request", None));
    let (_, refused) = browser.get(&authorize("a", "&identity_provider=Okta")).await.redirect();
    assert_eq!(refused["error_description"], "The identity provider Okta is not enabled for the client a.");

    kit.functions.on("pre-sign-up", crate::kit::Act::Fail("Not here. (NO)"));
    let said = [("_csrf", csrf.as_str()), ("subject", "Eve.1"), ("attribute.mail", "eve@evil.example")];
    let (_, refused) = browser.post(&format!("/oauth2/idpresponse?{}", asks("okta", "")), &said).await.redirect();
    let expected: Value = json!({ "error": "invalid_request", "error_description": "PreSignUp failed with error Not here. (NO).", "state": "s 1" });
    assert_eq!(json!(refused), expected);
}
