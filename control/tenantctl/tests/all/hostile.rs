//! What somebody may put into a name, a reason or a file to deceive whoever reads it later: it is refused, or shown written out.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use serde_json::{Value, json};
use user_pool::{ClientSeed, ClientSettings};

use crate::attach::{POOL, Stack};
use crate::bench::{Ended, Laptop};

/// Rearranges a terminal, or what is read there.
const HOSTILE: [&str; 16] = [
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]8;;https://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}]0;title\u{7}",
    "\u{1b}[2J\u{1b}[H",
    "\u{9b}31mred",
    "\u{9d}8;;https://evil.example\u{9c}",
    "a\u{202e}gpj.exe",
    "a\u{2066}b\u{2069}",
    "a\u{200b}b\u{feff}",
    "a\nerror: forged [FAKE]",
    "a\rerror: forged",
    "a\tb",
    "\u{8}\u{8}\u{8}hidden\u{7f}",
    "a\u{61c}b\u{ad}",
    "a\u{e0041}\u{e007f}b",
    "=HYPERLINK(\"https://evil.example\")",
];

/// No command takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

fn rearranges(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

impl Laptop {
    /// Runs it for people and for programs. Whatever is shown is safe to look at, and JSON where JSON was asked for.
    async fn both(&self, arguments: &[&str]) -> [Ended; 2] {
        let run = |more: &'static [&'static str]| async move {
            let all: Vec<&str> = more.iter().chain(arguments).copied().collect();
            let ended = tokio::time::timeout(PATIENCE, self.run(&all)).await;
            let ended = ended.unwrap();
            assert!([0, 1, 2, 3].contains(&ended.code), "{all:?} ended with {}: {}", ended.code, ended.err);
            assert!(!ended.err.contains("panicked"), "{all:?}: {}", ended.err);
            ended
        };
        let people = run(&[]).await;
        assert!(!people.err.lines().any(|line| line.starts_with("error: forged")), "{arguments:?}: {}", people.err);
        let programs = run(&["--json"]).await;
        for text in [&people.out, &people.err, &programs.out, &programs.err] {
            assert!(!text.contains(rearranges), "{arguments:?} shows {text:?}");
        }
        if !programs.out.is_empty() {
            assert!(serde_json::from_str::<Value>(&programs.out).is_ok(), "{arguments:?}: {}", programs.out);
        }
        // What the command line itself is not is told in clap's words, whoever asks.
        if let Some(last) = programs.err.lines().last().filter(|_| programs.code != 2) {
            let error: Value = serde_json::from_str(last).unwrap_or_default();
            let told = ["code", "message", "help"]
                .iter()
                .all(|name| error.pointer(&format!("/error/{name}")).is_some_and(Value::is_string));
            assert!(told, "{arguments:?}: {}", programs.err);
        }
        for ended in [&people, &programs] {
            assert!(ended.code == 0 || !ended.err.trim().is_empty(), "{arguments:?} fails without a word");
        }
        [people, programs]
    }

    /// Every item of the table, under its key.
    async fn dump(&self) -> BTreeMap<String, String> {
        let endpoint = format!("http://{}", self.engine);
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("local"))
            .endpoint_url(&endpoint)
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(store::connect::http_client(Some(&endpoint), &store::connect::Trust::Amazon).unwrap())
            .build();
        let scan = aws_sdk_dynamodb::Client::from_conf(config).scan().table_name("tenantry").consistent_read(true);
        let page = scan.send().await.unwrap();
        assert!(page.last_evaluated_key.is_none(), "one page is enough here");
        let attribute = |name: &str, item: &std::collections::HashMap<String, _>| format!("{:?}", item.get(name));
        let items = page.items.unwrap_or_default();
        items
            .into_iter()
            .map(|item| {
                let sorted: BTreeMap<_, _> = item.iter().collect();
                (format!("{} {}", attribute("pk", &item), attribute("sk", &item)), format!("{sorted:?}"))
            })
            .collect()
    }
}

/// Every list and every card.
async fn look_at_everything(laptop: &Laptop) {
    for arguments in [
        &["tenant", "list"][..],
        &["tenant", "show", "acme"],
        &["client", "list"],
        &["pool", "list"],
        &["domain", "list", "acme"],
        &["invite", "list", "acme", "--all"],
        &["member", "list", "acme"],
        &["idp", "list"],
        &["role", "list"],
        &["person", "export", "bob"],
        &["whois", "bob@acme.example"],
        &["doctor"],
    ] {
        let [people, programs] = laptop.both(arguments).await;
        // Somebody may have bound a provider that the pool does not have; the doctor says so.
        let fine = if arguments == ["doctor"] { 0..=1 } else { 0..=0 };
        assert!(fine.contains(&people.code) && fine.contains(&programs.code), "{arguments:?}: {}", people.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_name_or_reason_is_refused_or_shown_written_out() {
    let laptop = Laptop::new().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    laptop.json(&["member", "add", "acme", "bob", "--email", "bob@acme.example"]).await;
    for hostile in HOSTILE {
        let all: [&[&str]; 12] = [
            &["tenant", "rename", "acme", "--name", hostile],
            &["tenant", "create", hostile],
            &["tenant", "show", hostile],
            &["tenant", "policy", "acme", "--tier", hostile],
            &["domain", "verify", "acme", "acme.example", "--assume-verified", hostile],
            &["domain", "claim", "acme", hostile],
            &["member", "role", "acme", "bob@acme.example", hostile],
            &["invite", "create", "acme", hostile],
            &["role", "set", "billing", "--permission", hostile],
            &["idp", "bind", &format!("local_Tenantry1:{hostile}"), "--tenant", "acme"],
            &["client", "bind", hostile, "--tenant", "acme"],
            &["--as", hostile, "person", "export", "bob"],
        ];
        for arguments in all {
            laptop.both(arguments).await;
        }
        laptop.both(&["--as", hostile, "tenant", "rename", "acme", "--name", "Acme"]).await;
        for change in ["suspend", "resume"] {
            for ended in laptop.both(&["member", change, "acme", "bob@acme.example", "--reason", hostile]).await {
                assert_eq!(ended.code, 0, "{change} because of {hostile:?}: {}", ended.err);
            }
        }
    }
    look_at_everything(&laptop).await;
    // What is written out for a terminal is still what was said.
    let export = laptop.json(&["person", "export", "bob"]).await;
    let said: Vec<_> = export["records"].as_array().unwrap().iter().filter_map(|one| one["reason"].as_str()).collect();
    for hostile in HOSTILE {
        assert!(said.contains(&hostile), "{hostile:?} is not among {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arguments_of_a_wrong_kind_are_refused_and_nothing_is_written() {
    let laptop = Laptop::new().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    let before = laptop.dump().await;
    let long = "a".repeat(100_000);
    for wrong in
        ["", " ", "-1", "1e9", "99999999999999999999999999", "NaN", "null", "{}", "../x", "a b", "\u{fffd}", &long]
    {
        let all: [&[&str]; 14] = [
            &["tenant", "policy", "acme", "--seat-limit", wrong],
            &["tenant", "policy", "acme", "--chain", wrong],
            &["tenant", "policy", "acme", "--join", wrong],
            &["tenant", "policy", "acme", "--sso-required", wrong],
            &["invite", "create", "acme", "eve@acme.example", "--expires", wrong],
            &["invite", "revoke", "acme", wrong],
            &["member", "remove", "acme", wrong],
            &["member", "bar", "acme", wrong],
            &["client", "enforce", wrong],
            &["pool", "dedicate", wrong, "--to", "acme"],
            &["domain", "verify", "acme", "acme.example", "--resolver", wrong],
            &["client", "report", "--since", wrong],
            &["person", "erase", wrong, "--yes"],
            &["doctor", "--pool", wrong],
        ];
        for arguments in all {
            let [people, _] = laptop.both(arguments).await;
            // An operator may name any number of seats, and erase somebody of whom nothing is known.
            assert_ne!(
                people.code,
                0,
                "{:?}: {}",
                arguments.iter().map(|a| a.get(..40).unwrap_or(a)).collect::<Vec<_>>(),
                people.out
            );
        }
    }
    assert_eq!(laptop.dump().await, before);
}

/// Name, content, the exit code, and how many rows became members.
type File = (&'static str, Vec<u8>, i32, u64);

fn files() -> Vec<File> {
    let text = |text: &str| text.as_bytes().to_vec();
    let utf16 = |text: &str| [b"\xff\xfe".to_vec(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    let million = format!("sub,tenant,roles{}\n", ",x".repeat(1_000_000));
    let escapes = "sub,tenant,roles\n\u{1b}[31mbob,acme,member\nbob,\u{1b}]8;;https://evil.example\u{7}acme,member\nbob,acme,\u{202e}member\n";
    vec![
        ("right.csv", text("sub,tenant,roles\nann,acme,member\n"), 0, 1),
        ("with-mark.csv", text("\u{feff}sub,tenant,roles\nann,acme,member\n"), 0, 1),
        ("crlf.csv", text("sub,tenant,roles\r\nann,acme,member\r\n"), 0, 1),
        ("old-mac.csv", text("sub,tenant,roles\rann,acme,member\r"), 0, 1),
        ("crlf.jsonl", text("{\"sub\":\"ann\",\"tenant\":\"acme\",\"roles\":\"member\"}\r\n\r\n"), 0, 1),
        ("utf16.csv", utf16("sub,tenant,roles\nann,acme,member\n"), 2, 0),
        ("utf16.jsonl", utf16("{\"sub\":\"ann\",\"tenant\":\"acme\",\"roles\":\"member\"}\n"), 1, 0),
        ("not-utf8.csv", b"sub,tenant,roles\n\xff\xfe,acme,member\nann,acme,member\n".to_vec(), 1, 1),
        ("not-utf8-header.csv", b"sub,tenant,roles,\xff\nann,acme,member,\n".to_vec(), 2, 0),
        ("not-utf8.jsonl", b"{\"sub\":\"\xff\",\"tenant\":\"acme\",\"roles\":\"member\"}\n".to_vec(), 1, 0),
        ("nul.csv", b"sub,tenant,roles\na\0nn,acme,member\nann,acme\0,member\nann,acme,mem\0ber\n".to_vec(), 1, 0),
        ("nul.jsonl", b"\0\0\0\0\n".to_vec(), 1, 0),
        ("unclosed.csv", text("sub,tenant,roles\n\"ann,acme,member\nbob,acme,member\n"), 1, 0),
        (
            "formula.csv",
            text(
                "sub,tenant,roles,email\n=cmd|'/C calc'!A0,acme,member,\nann,=1+1,member,\nann,acme,@SUM(A1),\nann,acme,member,=a@acme.example\n",
            ),
            1,
            0,
        ),
        ("escapes.csv", text(escapes), 1, 0),
        ("escapes-header.csv", text("sub,tenant,roles,\u{1b}[31mred\u{202e}\nann,acme,member,x\n"), 2, 0),
        ("twice.csv", text("sub,sub,tenant,roles\nann,bob,acme,member\n"), 2, 0),
        ("twice.jsonl", text("{\"sub\":\"ann\",\"sub\":\"bob\",\"tenant\":\"acme\",\"roles\":\"member\"}\n"), 1, 0),
        ("missing.csv", text("sub,tenant\nann,acme\n"), 2, 0),
        ("no-header.csv", text("ann,acme,member\n"), 2, 0),
        ("short-row.csv", text("sub,tenant,roles\nann\n"), 1, 0),
        ("long-row.csv", text("sub,tenant,roles\nann,acme,member,more\n"), 1, 0),
        ("empty.csv", Vec::new(), 2, 0),
        ("columns.csv", million.into_bytes(), 2, 0),
        ("huge-line.csv", format!("sub,tenant,roles\n{},acme,member\n", "a".repeat(5_000_000)).into_bytes(), 2, 0),
        ("huge-line.jsonl", format!("{{\"sub\":\"{}\"}}\n", "a".repeat(5_000_000)).into_bytes(), 2, 0),
        ("deep.jsonl", format!("{}\n", "[".repeat(60_000)).into_bytes(), 1, 0),
        (
            "types.jsonl",
            text(
                "{\"sub\":7,\"tenant\":\"acme\",\"roles\":\"member\"}\n{\"sub\":\"ann\",\"tenant\":null,\"roles\":\"member\"}\n{\"sub\":\"ann\",\"tenant\":\"acme\",\"roles\":{}}\n7\nnull\n[]\n",
            ),
            1,
            0,
        ),
        ("binary.csv", (0..=255).cycle().take(20_000).collect(), 2, 0),
    ]
}

async fn with_acme() -> Laptop {
    let laptop = Laptop::new().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    laptop
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_file_is_refused_or_told_row_by_row_and_nothing_else_is_written() {
    let mut laptop = with_acme().await;
    let mut before = laptop.dump().await;
    for (name, content, code, members) in files() {
        std::fs::write(laptop.folder.path().join(name), &content).unwrap();
        for dry in [true, false] {
            let mut arguments = vec!["member", "import", name];
            arguments.extend(dry.then_some("--dry-run"));
            let [people, programs] = laptop.both(&arguments).await;
            assert_eq!((people.code, programs.code), (code, code), "{name}: {}{}", people.out, people.err);
            assert_eq!(code == 2, people.err.contains("[IMPORT_FILE]"), "{name}: {}", people.err);
            assert_eq!(code == 1, people.err.contains("[IMPORT_INCOMPLETE]"), "{name}: {}", people.err);
            if dry || members == 0 {
                assert_eq!(laptop.dump().await, before, "{name}: {}", people.err);
            }
        }
        if members > 0 {
            let listed = laptop.json(&["member", "list", "acme"]).await;
            let listed = listed["members"].as_array().unwrap();
            assert_eq!(listed.len() as u64, members, "{name}: {listed:?}");
            assert!(listed.iter().all(|member| member["sub"] == "ann"), "{name}: {listed:?}");
            laptop = with_acme().await;
            before = laptop.dump().await;
        }
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_without_an_end_or_that_is_none_is_refused() {
    let laptop = Laptop::new().await;
    for (arguments, code) in [
        (&["member", "import", "/dev/zero"][..], "[IMPORT_FILE]"),
        (&["member", "import", "/dev/zero", "--format", "jsonl"], "[IMPORT_FILE]"),
        (&["member", "import", "/dev/null"], "[IMPORT_FILE]"),
        (&["member", "import", "/"], "[FILE]"),
        (&["member", "import", "\u{1b}[31mred.csv"], "[FILE]"),
    ] {
        let [people, _] = laptop.both(arguments).await;
        assert_eq!(people.code, 2, "{arguments:?}: {}", people.err);
        assert!(people.err.contains(code), "{arguments:?}: {}", people.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_pool_calls_its_things_is_shown_written_out() {
    let stack = Stack::new(|pool| {
        for (index, hostile) in HOSTILE.into_iter().enumerate() {
            pool.clients.push(ClientSeed {
                client_id: Some(format!("app{index}")),
                settings: ClientSettings::for_passwords(hostile),
                ..ClientSeed::default()
            });
        }
        pool.name = HOSTILE[0].to_owned();
        pool.shown.insert("LambdaConfig".to_owned(), json!({ "CustomMessage": HOSTILE[1] }));
    })
    .await;
    let laptop = &stack.laptop;
    laptop.json(&["tenant", "create", "acme"]).await;
    laptop.both(&["attach", "--pool", POOL]).await;
    for index in 0..HOSTILE.len() {
        laptop.both(&["client", "bind", &format!("{POOL}:app{index}"), "--tenant", "acme", "--observe"]).await;
    }
    laptop.both(&["doctor", "--pool"]).await;
    laptop.both(&["tenant", "policy", "acme", "--chain", "code", "--dry-run"]).await;
    laptop.both(&["client", "list"]).await;
    let mut log = String::new();
    for hostile in HOSTILE {
        for line in [
            json!({ "trigger": hostile, "client": "app0", "decision": "observed", "would": hostile, "source": hostile }),
            json!({ "trigger": "pre-token-generation", "client": hostile, "decision": hostile, "tenant": hostile }),
        ] {
            log.extend([line.to_string().as_str(), "\n", hostile, "\n"]);
        }
    }
    std::fs::write(laptop.folder.path().join("log"), log).unwrap();
    std::fs::write(laptop.folder.path().join("binary"), (0..=255).cycle().take(100_000).collect::<Vec<u8>>()).unwrap();
    for file in ["log", "binary", "/dev/null", "missing"] {
        laptop.both(&["client", "report", "--logs", file]).await;
    }
    stack.server.shutdown().await;
    stack.functions.shutdown().await;
}
