//! Importing members: any format, row by row, told by line, and safe to repeat.

use std::fmt::Write;

use serde_json::json;

use crate::bench::{Laptop, text};

async fn with_file(name: &str, content: &str) -> Laptop {
    let laptop = Laptop::new().await;
    laptop.json(&["tenant", "create", "acme"]).await;
    std::fs::write(laptop.folder.path().join(name), content).unwrap();
    laptop
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csv_rows_become_members_and_repeating_skips_them() {
    let mut file = "\u{feff}sub,tenant,roles,email\nolga,acme,owner,olga@acme.example\n".to_owned();
    for n in 0..100 {
        writeln!(file, "p{n},acme,\"member; billing\",").unwrap();
    }
    let laptop = with_file("members.csv", &file).await;
    let dry = laptop.json(&["member", "import", "members.csv", "--dry-run"]).await;
    assert_eq!((&dry["added"], &dry["failed"]), (&101.into(), &0.into()));
    assert!(laptop.json(&["member", "list", "acme"]).await["members"].as_array().unwrap().is_empty());
    let done = laptop.json(&["member", "import", "members.csv"]).await;
    assert_eq!((&done["added"], &done["already"]), (&101.into(), &0.into()));
    let again = laptop.json(&["member", "import", "members.csv"]).await;
    assert_eq!((&again["added"], &again["already"]), (&0.into(), &101.into()));
    assert_eq!(laptop.json(&["tenant", "show", "acme"]).await["seats"]["used"], 101);
    assert_eq!(laptop.run(&["doctor"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_fail_are_told_by_line_and_the_others_are_imported() {
    let file = r#"{"sub":"olga","tenant":"acme","roles":["owner"],"email":"olga@acme.example"}

{"sub":"bob","tenant":"acme","roles":"member billing"}
{"sub":"bob","tenant":"acme","roles":"viewer"}
{"sub":"x y","tenant":"acme","roles":"member"}
{"sub":"eve","tenant":"nobody","roles":"member"}
{"sub":"eve","tenant":"acme","roles":[]}
{"sub":"eve","tenant":"acme","roles":"member","email":"N <eve@acme.example>"}
{"sub":"eve","tenant":"acme","role":"member"}
nonsense
{"sub":"mia","tenant":"acme","roles":"viewer"}"#;
    let laptop = with_file("members.jsonl", file).await;
    let ended = laptop.run(&["--json", "member", "import", "members.jsonl"]).await;
    assert_eq!(ended.code, 1, "{}", ended.err);
    let summary: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&summary["rows"], &summary["added"], &summary["failed"]), (&10.into(), &3.into(), &7.into()));
    let failures = summary["failures"].as_array().unwrap();
    let told: Vec<_> = failures.iter().map(|one| (one["line"].as_u64().unwrap(), text(one, "/code"))).collect();
    assert_eq!(
        told,
        [
            (4, "MEMBER_EXISTS"),
            (5, "INVALID"),
            (6, "TENANT_UNKNOWN"),
            (7, "INVALID"),
            (8, "INVALID"),
            (9, "INVALID"),
            (10, "INVALID")
        ]
    );
    assert!(ended.err.contains("IMPORT_INCOMPLETE"));
    let people = laptop.run(&["member", "import", "members.jsonl"]).await;
    assert!(people.err.contains("line 6: there is no tenant nobody [TENANT_UNKNOWN]"), "{}", people.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_counts_the_seats_that_are_left() {
    let laptop = with_file("members.csv", "sub,roles\na,member\nb,member\nc,member\n").await;
    laptop.json(&["tenant", "policy", "acme", "--seat-limit", "2"]).await;
    for dry in [true, false] {
        let mut arguments = vec!["--json", "member", "import", "members.csv", "--tenant", "acme"];
        arguments.extend(dry.then_some("--dry-run"));
        let ended = laptop.run(&arguments).await;
        let summary: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!((ended.code, &summary["added"], text(&summary, "/failures/0/code")), (1, &2.into(), "SEATS_FULL"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_reports_what_the_import_reports() {
    let file = "sub,roles,email\nann,member,ann@acme.example\nann,member,ann@acme.example\nann,viewer,\nbob,member,ann@acme.example\n\
                bob,member,\nmia,member,\n";
    let laptop = with_file("members.csv", file).await;
    laptop.json(&["tenant", "policy", "acme", "--seat-limit", "2"]).await;
    let mut reports = Vec::new();
    for more in [&["--dry-run"][..], &[]] {
        let ended =
            laptop.run(&[&["--json", "member", "import", "members.csv", "--tenant", "acme"][..], more].concat()).await;
        let mut report: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        report.as_object_mut().unwrap().remove("dry_run");
        for failure in report["failures"].as_array_mut().unwrap() {
            // It may name a member's id, which only an import makes.
            failure.as_object_mut().unwrap().remove("message");
        }
        reports.push((ended.code, report));
    }
    assert_eq!(reports[0], reports[1]);
    let failures = [(4, "MEMBER_EXISTS"), (5, "MEMBER_EXISTS"), (7, "SEATS_FULL")];
    let failures = failures.map(|(line, code)| json!({ "line": line, "code": code }));
    assert_eq!(
        reports[0],
        (1, json!({ "rows": 6, "added": 2, "already": 1, "failed": 3, "failures": failures, "omitted": 0 }))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_no_row_is_told_by_its_number_and_in_our_words() {
    let jsonl = "\n\"ann@acme.example\"\n{\"sub\":\"ann@acme.example\",\"tenant\":\"acme\",\"roles\":{}}\n\
                 {\"sub\":[\"ann@acme.example\"]}\n{\"ann@acme.example\":1}\nann@acme.example\n{\"sub\":\"ann@acme.example\n";
    let csv = "sub,tenant,roles\r\nann@acme.example\r\n\r\nann@acme.example,acme,member,more\r\n";
    for (name, content, lines) in [
        ("members.jsonl", jsonl, &[2, 3, 4, 5, 6, 7][..]),
        ("members.csv", csv, &[2, 4]),
        ("unnamed.csv", "ann@acme.example,acme\n", &[]),
    ] {
        let laptop = with_file(name, content).await;
        let people = laptop.run(&["member", "import", name]).await;
        let programs = laptop.run(&["--json", "member", "import", name]).await;
        for text in [&people.out, &people.err, &programs.out, &programs.err] {
            for word in ["ann@acme.example", "Raw", "enum", "serde", "struct", "CSV error", "at line 1"] {
                assert!(!text.contains(word), "{name}: {word} in {text}");
            }
        }
        let report: serde_json::Value = serde_json::from_str(&programs.out).unwrap_or_default();
        let told = report["failures"].as_array().cloned().unwrap_or_default();
        assert_eq!(told.iter().filter_map(|one| one["line"].as_u64()).collect::<Vec<_>>(), lines, "{name}: {report}");
        assert_eq!(people.err.matches("[INVALID]").count(), lines.len(), "{name}: {}", people.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_list_of_members_is_refused_as_a_whole() {
    let laptop = Laptop::new().await;
    for (content, code) in
        [("name,role\nbob,admin\n", "IMPORT_FILE"), ("sub,tenant\nbob,acme\n", "IMPORT_FILE"), ("", "IMPORT_FILE")]
    {
        std::fs::write(laptop.folder.path().join("members"), content).unwrap();
        assert_eq!(laptop.refused(&["member", "import", "members"]).await, (2, code.to_owned()), "{content:?}");
    }
    assert_eq!(laptop.refused(&["member", "import", "missing.csv"]).await, (2, "FILE".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_that_are_not_listed_are_counted() {
    let mut file = "sub,tenant,roles\n".to_owned();
    for _ in 0..1_003 {
        file.push_str("x y,acme,member\n");
    }
    let laptop = with_file("members.csv", &file).await;
    let ended = laptop.run(&["--json", "member", "import", "members.csv"]).await;
    let summary: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&summary["failed"], &summary["omitted"]), (&1_003.into(), &3.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_breaks_off_says_how_far_it_came() {
    let row = r#"{"sub":"olga","tenant":"acme","roles":"owner"}"#;
    let laptop = with_file("members.jsonl", &format!("{row}\n{}\n{row}", " ".repeat(70_000))).await;
    let ended = laptop.run(&["--json", "member", "import", "members.jsonl"]).await;
    assert!(ended.err.contains("IMPORT_FILE"), "{}", ended.err);
    let summary: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&summary["rows"], &summary["added"]), (&1.into(), &1.into()));
}
