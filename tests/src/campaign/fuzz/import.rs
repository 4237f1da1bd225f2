//! `tenantctl`'s import files.

use std::path::Path;

use serde_json::json;
use tenantctl::import_rows;

/// Whatever a file holds: every row is a row or has a sentence that says what is wrong with it, and a row that is taken means the same when it is
/// written down again. The first byte says which kind of file it is.
pub(super) fn import_file(bytes: &[u8]) {
    let Some((kind, content)) = bytes.split_first() else { return };
    let name = match kind % 3 {
        0 => "members.csv",
        1 => "members.jsonl",
        _ => "members",
    };
    let Ok(rows) = import_rows(Path::new(name), content.to_vec()) else { return };
    let lines = content.split(|byte| matches!(byte, b'\n' | b'\r')).count();
    let mut last = 0;
    for (line, row) in rows {
        let line = usize::try_from(line).expect("a line of this file");
        assert!(line >= last && line <= lines, "line {line} after {last} of {lines}");
        last = line;
        let row = match row {
            Ok(row) => row,
            Err(words) => {
                assert!(!words.is_empty(), "line {line}");
                continue;
            }
        };
        let written = json!({
            "sub": row.person.sub.as_ref(),
            "pool": row.person.pool.as_ref(),
            "tenant": row.tenant,
            "roles": row.roles.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "email": row.address.as_ref().map(ToString::to_string),
        });
        let again = import_rows(Path::new("members.jsonl"), format!("{written}\n").into_bytes());
        assert_eq!(again.expect("a file"), [(1, Ok(row))], "{written}");
    }
}

pub(super) fn import_files() -> Vec<Vec<u8>> {
    let sub = "00000001-aaaa-4bbb-8ccc-000000000001";
    let (columns, pool) = ("sub,tenant,roles,pool,email", "eu-west-1_Example01");
    let csv = format!("{columns}\n{sub},acme,member admin,{pool},ann@acme.example\n{sub},globex,owner,{pool},\n");
    let quoted = format!("\u{feff}roles,sub\r\n\"member;a|b\",\"{sub}\"\r\n");
    let list = json!({ "sub": sub, "tenant": "acme", "roles": ["member"], "pool": pool, "email": "ann@acme.example" });
    let text = json!({ "sub": sub, "tenant": "acme", "roles": "member admin", "pool": pool });
    let seeds =
        [format!("\0{csv}"), format!("\0{quoted}"), format!("\u{1}{list}\n\n{text}\n"), format!("\u{2}{list}\n")];
    seeds.map(String::into_bytes).to_vec()
}
