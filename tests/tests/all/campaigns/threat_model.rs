//! The threat model says which test shows what: each of them is there, in the file that it names.

use std::path::Path;

#[test]
fn every_test_that_the_threat_model_names_is_in_a_file_that_it_names_beside() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let text = std::fs::read_to_string(docs.join("threat-model.md")).unwrap();
    let mut named = 0;
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let files: Vec<String> = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(link, _)| link.split('#').next().unwrap())
            .filter(|link| link.contains(".rs") || link.contains(".test.ts"))
            .map(|link| std::fs::read_to_string(docs.join(link)).unwrap_or_else(|_| panic!("{link} is not there")))
            .collect();
        let quoted = line.split('`').skip(1).step_by(2);
        for name in
            quoted.filter(|name| name.contains('_') && !name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        {
            if name == "okta_bob" {
                continue;
            }
            assert!(
                files.iter().any(|file| file.contains(&format!("fn {name}()"))),
                "{name} is in none of the files beside it"
            );
            named += 1;
        }
        let titles = line
            .split('*')
            .skip(1)
            .step_by(2)
            .filter(|title| title.starts_with("each function") || title.starts_with("a table"));
        for title in titles {
            assert!(files.iter().any(|file| file.contains(&format!("test(\"{title}\""))), "{title}");
            named += 1;
        }
    }
    assert!(named > 50, "{named} are named");
}
