//! Every committed input of the fuzzers and what dice make of it, always the same, to the same bodies: `cargo xtask fuzz` finds new ones.

use std::fs;
use std::path::Path;

use tests::campaign::fuzz::TARGETS;
use tests::campaign::{Effort, fuzz};

#[test]
fn whatever_bytes_come_nothing_panics_and_nothing_is_taken_for_what_it_is_not() {
    let tally = fuzz::run(&Effort::slice(7)).unwrap_or_else(|failed| panic!("{failed}"));
    for target in TARGETS {
        let what = format!("inputs of {}", target.name);
        assert!(tally.count(&what) > 120, "{what} in\n{tally}");
    }
}

#[test]
fn a_line_that_names_no_target_is_refused() {
    assert!(fuzz::run(&Effort::replaying("nothing 00")).is_err());
}

#[test]
fn every_target_has_a_fuzzer_and_a_corpus() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let names = |folder: &str| {
        let entries = fs::read_dir(fuzz.join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let mut targets: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    targets.sort_unstable();
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for target in targets {
        let file = fs::read_to_string(fuzz.join("fuzz_targets").join(format!("{target}.rs"))).unwrap();
        assert!(file.contains(&format!("begin(\"{target}\")")), "{target}");
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
    }
}
