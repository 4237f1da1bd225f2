//! A day's work of an operator, and everything that can be mistyped.

use std::net::SocketAddr;

use crate::bench::{Laptop, tenantctl, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sets_a_tenant_up_and_looks_after_it() {
    let laptop = Laptop::new().await;
    assert_eq!(laptop.json(&["init"]).await["created"], false);
    let acme = laptop.json(&["tenant", "create", "acme", "--name", "Acme GmbH", "--seat-limit", "2"]).await;
    let id = text(&acme, "/tenant_id").to_owned();
    assert!(laptop.run(&["tenant", "list"]).await.out.contains("Acme GmbH"));
    let client = laptop
        .json(&["client", "bind", "local_Tenantry1:acmeapp", "--tenant", "acme", "--account-scope", "suppress"])
        .await;
    assert_eq!((text(&client, "/tenant_id"), text(&client, "/mode")), (id.as_str(), "enforce"));
    assert_eq!(text(&laptop.json(&["client", "observe", "acmeapp"]).await, "/mode"), "observe");
    let again = laptop.json(&["client", "bind", "acmeapp", "--tenant", "acme", "--groups", "replace"]).await;
    assert_eq!((text(&again, "/mode"), text(&again, "/account_scope")), ("observe", "suppress"));
    assert_eq!(text(&laptop.json(&["client", "enforce", "acmeapp"]).await, "/mode"), "enforce");

    laptop.json(&["domain", "verify", "acme", "acme.example", "--assume-verified", "a test"]).await;
    let whois = laptop.json(&["whois", "bob@acme.example"]).await;
    assert_eq!((text(&whois, "/tenants/0/outcome"), text(&whois, "/tenants/0/route/kind")), ("joins", "domain"));

    let invited = laptop.json(&["invite", "create", "acme", "Eve@partner.example", "--role", "viewer"]).await;
    assert_eq!((text(&invited, "/token").len(), text(&invited, "/email")), (43, "eve@partner.example"));
    assert_eq!(
        laptop.refused(&["invite", "create", "acme", "eve@partner.example"]).await,
        (1, "INVITATION_EXISTS".into())
    );
    let again = laptop.json(&["invite", "resend", "acme", "eve@partner.example", "--expires", "2h"]).await;
    assert_eq!(again["replaced"], invited["invitation_id"]);
    assert_eq!(laptop.json(&["invite", "list", "acme"]).await["invitations"].as_array().unwrap().len(), 1);
    assert_eq!(laptop.json(&["invite", "list", "acme", "--all"]).await["invitations"].as_array().unwrap().len(), 2);
    laptop.json(&["invite", "revoke", "acme", text(&again, "/invitation_id").get(..10).unwrap()]).await;

    let olga = laptop
        .json(&["member", "add", "acme", "local_Tenantry1:olga", "--email", "olga@acme.example", "--role", "owner"])
        .await;
    laptop.json(&["member", "add", "acme", "bob", "--email", "bob@acme.example"]).await;
    assert_eq!(laptop.refused(&["member", "add", "acme", "mia"]).await, (1, "SEATS_FULL".into()));
    assert_eq!(
        laptop.refused(&["member", "remove", "acme", text(&olga, "/member_id")]).await,
        (1, "LAST_OWNER".into())
    );
    assert_eq!(
        text(&laptop.json(&["member", "role", "acme", "bob@acme.example", "admin", "billing"]).await, "/roles/1"),
        "billing"
    );
    laptop.json(&["member", "suspend", "acme", "bob@acme.example", "--reason", "on leave"]).await;
    let whois = laptop.json(&["whois", "bob@acme.example", "--tenant", "acme"]).await;
    assert_eq!(text(&whois, "/tenants/0/code"), "MEMBERSHIP_SUSPENDED");
    laptop.json(&["member", "resume", "acme", "bob@acme.example"]).await;
    laptop.json(&["member", "remove", "acme", "bob@acme.example"]).await;
    laptop.json(&["member", "reinstate", "acme", "bob@acme.example"]).await;
    let bar = ["member", "bar", "acme", "robert@acme.example", "--reason", "where somebody moved who was removed"];
    assert_eq!(laptop.json(&bar).await["bar_set"], true);
    assert_eq!(laptop.json(&bar).await["bar_set"], false);
    let whois = laptop.json(&["whois", "robert@acme.example"]).await;
    assert_eq!(text(&whois, "/tenants/0/code"), "MEMBERSHIP_ENDED");
    assert_eq!(laptop.json(&["member", "reinstate", "acme", "robert@acme.example"]).await["bar_lifted"], true);
    assert_eq!(laptop.refused(&["member", "bar", "acme", "bob@acme.example"]).await, (1, "MEMBER_EXISTS".into()));
    assert_eq!(laptop.json(&["tenant", "show", "acme"]).await["seats"]["used"], 2);

    laptop.json(&["idp", "bind", "local_Tenantry1:Okta", "--tenant", "acme"]).await;
    laptop.json(&["tenant", "policy", "acme", "--sso-required", "true", "--table-only", "--seat-limit", "none"]).await;
    assert_eq!(laptop.json(&["idp", "disable", "okta"]).await["enabled"], false);
    laptop.json(&["role", "set", "billing", "--permission", "invoices:read", "--scope", "api/invoices"]).await;
    assert_eq!(text(&laptop.json(&["role", "list"]).await, "/roles/0/scopes/0"), "api/invoices");

    let export = laptop.json(&["person", "export", "bob"]).await;
    assert_eq!(text(&export, "/memberships/0/email"), "bob@acme.example");
    assert_eq!(text(&export, "/records/0/actor"), "operator:olga");
    assert_eq!(laptop.refused(&["person", "erase", "bob"]).await, (1, "UNCONFIRMED".into()));
    assert_eq!(laptop.json(&["person", "erase", "bob", "--yes"]).await["rows"], 1);
    assert_eq!(laptop.refused(&["person", "export", "bob"]).await, (1, "PERSON_UNKNOWN".into()));

    let doctor = laptop.json(&["doctor"]).await;
    assert!(doctor["findings"].as_array().unwrap().iter().all(|finding| finding["severity"] == "note"), "{doctor}");
    laptop.json(&["tenant", "rename", "acme", "--slug", "acme-new"]).await;
    for (command, status) in
        [("suspend", "suspended"), ("resume", "active"), ("close", "closed"), ("restore", "active")]
    {
        assert_eq!(text(&laptop.json(&["tenant", command, "acme-new"]).await, "/status"), status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_is_proven_by_its_txt_record() {
    let laptop = Laptop::new().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    let claim = laptop.json(&["domain", "claim", "acme", "acme.example"]).await;
    assert_eq!(text(&claim, "/record/name"), "_tenantry-challenge.acme.example");
    let challenge = text(&claim, "/record/value").to_owned();
    let nobody = name_server(None).await.to_string();
    let verify = |server: String| async {
        let server = server;
        laptop.run(&["--json", "domain", "verify", "acme", "acme.example", "--resolver", &server]).await
    };
    let unproven = verify(nobody).await;
    assert_eq!(unproven.code, 1);
    assert!(unproven.err.contains("DOMAIN_UNPROVEN") && unproven.err.contains(&challenge), "{}", unproven.err);
    let proven = verify(name_server(Some(challenge)).await.to_string()).await;
    assert_eq!(proven.code, 0, "{}", proven.err);
    let list = laptop.json(&["domain", "list", "acme"]).await;
    assert_eq!(text(&list, "/domains/0/status"), "verified");
    let looked = laptop.json(&["domain", "release", "acme", "acme.example", "--dry-run"]).await;
    assert_eq!((&looked["dependants"], &looked["done"]), (&0.into(), &false.into()));
    assert_eq!(laptop.json(&["domain", "release", "acme", "acme.example"]).await["done"], true);
    assert_eq!(laptop.refused(&["domain", "claim", "acme", "gmail.com"]).await, (1, "DOMAIN_PUBLIC_MAILBOX".into()));
}

/// A name server for one name: answers every TXT question with this text, or says that there is no such name.
async fn name_server(text: Option<String>) -> SocketAddr {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1_500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let question = buffer.get(..length).unwrap();
            // The question ends with the name's last label, a zero, the type and the class (RFC 1035, 4.1).
            let end = 12 + question.iter().skip(12).position(|byte| *byte == 0).unwrap() + 5;
            let mut answer = question.get(..2).unwrap().to_vec();
            let (code, answers) = if text.is_some() { (0x80, 1) } else { (0x83, 0) };
            answer.extend([0x85, code, 0, 1, 0, answers, 0, 0, 0, 0]);
            answer.extend(question.get(12..end).unwrap());
            if let Some(text) = &text {
                let length = u8::try_from(text.len()).unwrap();
                // A pointer to the question's name, TXT, IN, one minute, the data's length, one character-string.
                answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, length + 1, length]);
                answer.extend(text.as_bytes());
            }
            let _ = socket.send_to(&answer, from).await;
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_ends_with_2_says_what_is_wrong_and_asks_nothing() {
    let laptop = Laptop::without_table().await;
    for arguments in [
        &["tenant", "create", "Acme Inc"][..],
        &["tenant", "create"],
        &["member", "add", "acme", "local_T:x y"],
        &["member", "role", "acme", "m_short", "admin"],
        &["member", "bar", "acme", "m_short"],
        &["invite", "create", "acme", "N <a@acme.example>"],
        &["invite", "create", "acme", "a@acme.example", "--expires", "1w"],
        &["invite", "create", "acme", "a@acme.example", "--role", "Owner"],
        &["domain", "claim", "acme", "acme。com"],
        &["domain", "verify", "acme", "acme.example", "--resolver", "dns"],
        &["domain", "release", "acme", "acme.example", "--keep-members", "--drop-members"],
        &["client", "bind", "local_T:app"],
        &["client", "bind", "local_T:app", "--tenant", "acme", "--shared"],
        &["tenant", "policy", "acme", "--seat-limit", "many"],
        &["tenant", "policy", "acme", "--chain", "sms"],
        &["nonsense"],
    ] {
        let ended = laptop.run(arguments).await;
        assert_eq!(ended.code, 2, "{arguments:?}: {}{}", ended.out, ended.err);
        assert!(ended.err.starts_with("error:"), "{arguments:?}: {}", ended.err);
        assert!(ended.out.is_empty(), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_say_what_went_wrong_and_what_to_do() {
    let laptop = Laptop::new().await;
    let unknown = laptop.run(&["tenant", "show", "nobody"]).await;
    assert_eq!((unknown.code, unknown.out.as_str()), (1, ""));
    assert_eq!(
        unknown.err,
        "error: there is no tenant nobody [TENANT_UNKNOWN]\n\
         help: `tenantctl tenant list` shows every tenant; name it by its slug or its id\n"
    );
    let odd = laptop.run(&["tenant", "show", "\u{1b}[31mred"]).await;
    assert!(!odd.err.contains('\u{1b}'), "{:?}", odd.err);
    let fresh = Laptop::without_table().await;
    assert_eq!(fresh.refused(&["doctor"]).await, (3, "TABLE_MISSING".into()));
    assert_eq!(fresh.refused(&["tenant", "list"]).await, (3, "TABLE_MISSING".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_ends_with_3() {
    let laptop = Laptop::new().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let endpoint = format!("http://{closed}");
    let credentials = [("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")];
    let arguments = ["--endpoint-url", &endpoint, "--region", "eu-central-1", "tenant", "list"];
    let away = tenantctl(laptop.folder.path(), &arguments, &credentials).await;
    assert_eq!(away.code, 3, "{}", away.err);
    assert!(away.err.contains("[STORE_BROKEN]") && !away.err.contains("panicked"), "{}", away.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_endpoint_takes_the_same_words_as_the_laptop() {
    let laptop = Laptop::new().await;
    let endpoint = format!("http://{}", laptop.engine);
    let environment = [
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_REGION", "eu-central-1"),
        ("TENANTRY_TABLE", "other"),
    ];
    let run = |arguments: &'static [&'static str]| {
        let all: Vec<&str> = ["--endpoint-url", &endpoint].into_iter().chain(arguments.iter().copied()).collect();
        let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
        let folder = laptop.folder.path();
        async move { tenantctl(folder, &all.iter().map(String::as_str).collect::<Vec<_>>(), &environment).await }
    };
    assert_eq!(run(&["init"]).await.code, 0);
    assert_eq!(run(&["tenant", "create", "acme"]).await.code, 0);
    assert!(run(&["tenant", "list"]).await.out.contains("acme"));
    assert_eq!(laptop.json(&["tenant", "list"]).await["tenants"].as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_running_stack_local_says_how_to_start_one() {
    let folder = tempfile::tempdir().unwrap();
    let ended = tenantctl(folder.path(), &["--local", "tenant", "list"], &[]).await;
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("[LOCAL_NOT_RUNNING]") && ended.err.contains("cargo xtask demo"), "{}", ended.err);
    std::fs::create_dir(folder.path().join(".tenantry")).unwrap();
    for odd in ["", "{}", r#"{"endpoint":"https://dynamodb.example","table":"t","region":"r"}"#] {
        std::fs::write(folder.path().join(".tenantry/local.json"), odd).unwrap();
        let ended = tenantctl(folder.path(), &["--local", "tenant", "list"], &[]).await;
        assert!(ended.err.contains("[LOCAL_STATE]"), "{odd}: {}", ended.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_who_changes_something_has_a_name() {
    let laptop = Laptop::new().await;
    let nobody = std::process::Command::new(env!("CARGO_BIN_EXE_tenantctl"))
        .args(["--region", "eu-central-1", "tenant", "list"])
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(nobody.status.code(), Some(2));
    assert!(String::from_utf8(nobody.stderr).unwrap().contains("[NO_ACTOR]"));
    laptop.json(&["tenant", "create", "acme"]).await;
    laptop.json(&["--as", "pat", "member", "add", "acme", "bob"]).await;
    assert_eq!(text(&laptop.json(&["person", "export", "bob"]).await, "/records/0/actor"), "operator:pat");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completions_and_help_need_no_table() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ended = tenantctl(folder.path(), &["completions", shell], &[]).await;
        assert_eq!(ended.code, 0);
        assert!(ended.out.contains("tenantctl"));
    }
    let help = tenantctl(folder.path(), &["--help"], &[]).await;
    assert_eq!(help.code, 0);
    assert!(help.out.contains("Exit codes"));
}
