//! The arrows of the house: which room may know which other, and who may name what. A new arrow deserves a commit of
//! its own, and its row here.

use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, Package};

use crate::failure::Failure;
use crate::house::{House, quietly};
use crate::modules::forgotten;

/// Which rooms a room may depend on, for its tests too. `*` at the end stands for any rest.
const ARROWS: &[(&str, &[&str])] = &[
    // Its tests hold the decisions against the rules written once more.
    ("common/domain", &["tests/reference"]),
    ("tests/reference", &["common/domain"]),
    ("common/store", &["common/domain"]),
    ("common/lambda", &["common/domain"]),
    ("triggers/*", &["common/lambda", "common/store", "common/domain"]),
    // Its tests, like those of the rooms above it, run against the local user pool.
    ("control/pool", &["common/domain", "local/user-pool"]),
    ("control/operations", &["control/pool", "common/store", "common/domain", "local/user-pool"]),
    ("control/tenantctl", &["control/operations", "control/pool", "common/store", "common/domain", "local/user-pool"]),
    // The function behind the templates' custom resources: a thin face over the operations, on the Lambda runtime.
    (
        "control/registrar",
        &["common/lambda", "control/operations", "control/pool", "common/store", "common/domain", "local/user-pool"],
    ),
    // What a service behind the tokens links: it knows the claims' public form alone.
    ("services/tenant-session", &["local/user-pool"]),
    ("local/user-pool", &[]),
    ("local/laptop", &["control/operations", "control/pool", "common/store", "common/domain", "local/user-pool"]),
    // Its worlds and events are those of the tests; its benches decode as the triggers do, and encode by their own hand.
    ("bench", &["tests", "triggers/*", "local/laptop", "local/user-pool", "common/lambda", "common/domain"]),
    ("tests", &["*"]),
    ("examples/*", &[]),
    ("xtask", &[]),
];

/// Who alone may name a crate, with the reason. Dev-dependencies are free: a room's tests may hold it against anything.
const NAMED_BY: &[(&str, &[&str], &str)] = &[
    (
        "aws-sdk-dynamodb",
        &["common/store", "control/tenantctl", "control/registrar", "local/laptop", "tests"],
        "only the store speaks to DynamoDB; tools wire a client for it",
    ),
    (
        "aws-sdk-cognitoidentityprovider",
        &["control/pool", "control/tenantctl", "control/registrar", "local/laptop", "tests"],
        "only control/pool changes user pools; tools wire a client for it",
    ),
    (
        "aws-sdk-lambda",
        &["control/pool", "control/tenantctl", "tests"],
        "only control/pool lets a pool call a function; tools wire a client for it",
    ),
    ("aws-sdk-cloudwatchlogs", &["control/tenantctl"], "only the command line reads logs"),
    ("aws-sdk-sts", &["services/tenant-session"], "only a service's session asks for credentials"),
    ("aws-sdk-sesv2", &["triggers/create-auth-challenge"], "only one trigger sends mail"),
    ("lambda_runtime", &["common/lambda"], "only common/lambda knows the Lambda runtime"),
    ("dynoxide-rs", &["local/laptop", "tests"], "the embedded DynamoDB is for the laptop and the tests"),
];

/// What a room's program must not contain, however deep.
const NEVER_REACHES: &[(&str, &[&str], &str)] = &[
    ("common/domain", &["tokio", "serde_json", "aws-*"], "decisions are synchronous and know neither JSON nor AWS"),
    (
        "triggers/*",
        &[
            "psl",
            "regex",
            "regex-automata",
            "aws-config",
            "dynoxide-rs",
            "aws-lc-*",
            "axum",
            "openssl",
            "openssl-sys",
            "native-tls",
        ],
        "size and CPU are paid for at every sign-in",
    ),
];

/// Whose clock, environment and randomness are their own; everybody else gets them as arguments.
const ENVIRONMENT_LINT: &str = "clippy::disallowed_methods";

/// What is looked at.
#[derive(Default)]
struct Sight {
    rooms: Vec<Room>,
    /// Source files that switch the lint on the environment off, relative to the root.
    exempt_files: Vec<String>,
}

#[derive(Default, Clone)]
struct Room {
    folder: String,
    /// Our own rooms that it depends on, by folder.
    knows: Vec<String>,
    /// What its manifest names for the program itself, by package name.
    names: Vec<String>,
    /// Everything that is linked into it.
    reaches: Vec<String>,
    workspace_lints: bool,
}

/// Checks the house; the failure lists every violation.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    let sight = look(house)?;
    let mut violations = violations(&sight);
    violations.extend(variants(&features(house, "normal,build")?, &features(house, "normal,build,dev")?));
    violations.extend(forgotten(house)?.iter().map(|file| format!("{file} is compiled nowhere: no `mod` names it")));
    if violations.is_empty() {
        return Ok(format!("{} rooms, every arrow as designed", sight.rooms.len()));
    }
    let list = violations.join("\n   - ");
    Err(Failure::new(format!("the house is not as designed (xtask/src/arrows.rs):\n   - {list}")))
}

fn violations(sight: &Sight) -> Vec<String> {
    let mut found = Vec::new();
    for room in &sight.rooms {
        arrows_of(room, &mut found);
        names_of(room, &mut found);
        reach_of(room, &mut found);
        if !room.workspace_lints {
            found.push(format!("{}: its Cargo.toml lacks `[lints] workspace = true`", room.folder));
        }
    }
    for file in &sight.exempt_files {
        let may =
            file.ends_with("/main.rs") || file.split('/').any(|part| matches!(part, "tests" | "examples" | "xtask"));
        if !may {
            found.push(format!(
                "{file} switches {ENVIRONMENT_LINT} off: time, randomness and the environment come as arguments from a main.rs"
            ));
        }
    }
    found
}

fn arrows_of(room: &Room, found: &mut Vec<String>) {
    let Some((_, allowed)) = ARROWS.iter().find(|(pattern, _)| fits(&room.folder, pattern)) else {
        found.push(format!("{}: a room without a row in ARROWS", room.folder));
        return;
    };
    for known in &room.knows {
        if !allowed.iter().any(|pattern| fits(known, pattern)) {
            let allowed = if allowed.is_empty() { "no room of ours".to_owned() } else { allowed.join(", ") };
            found.push(format!("{} depends on {known}; it may know {allowed}", room.folder));
        }
    }
}

fn names_of(room: &Room, found: &mut Vec<String>) {
    for (name, rooms, reason) in NAMED_BY {
        if room.names.iter().any(|dependency| dependency == name) && !rooms.iter().any(|may| fits(&room.folder, may)) {
            found.push(format!("{} depends on {name}: {reason}", room.folder));
        }
    }
}

fn reach_of(room: &Room, found: &mut Vec<String>) {
    for (pattern, banned, reason) in NEVER_REACHES {
        if !fits(&room.folder, pattern) {
            continue;
        }
        for reached in &room.reaches {
            if banned.iter().any(|pattern| fits(reached, pattern)) {
                found.push(format!(
                    "{} links {reached}: {reason} (`cargo tree -e normal -p tenantry-{} -i {reached}` shows the way)",
                    room.folder,
                    room.folder.rsplit('/').next().unwrap_or_default(),
                ));
            }
        }
    }
}

fn fits(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

fn look(house: &House) -> Result<Sight, Failure> {
    let mut sight = Sight::default();
    for package in house.metadata.workspace_packages() {
        sight.rooms.push(room(house, package)?);
        let folder = house.root.join(house.folder(package));
        exempt_files(&house.root, &folder, &mut sight.exempt_files)
            .map_err(|cause| Failure::because(folder.display(), cause))?;
    }
    sight.rooms.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(sight)
}

fn room(house: &House, package: &Package) -> Result<Room, Failure> {
    let ours = house.metadata.workspace_packages();
    let folder = house.folder(package);
    let ours_named = |other: &Package| package.dependencies.iter().any(|dependency| *dependency.name == *other.name);
    let names = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.clone())
        .collect();
    let knows = ours.iter().filter(|other| ours_named(other)).map(|other| house.folder(other)).collect();
    let reaches = if NEVER_REACHES.iter().any(|(pattern, ..)| fits(&folder, pattern)) {
        linked(house, &package.name)?
    } else {
        Vec::new()
    };
    let manifest = fs::read_to_string(&package.manifest_path)
        .map_err(|cause| Failure::because(&package.manifest_path, cause))?
        .parse::<toml::Table>()
        .map_err(|cause| Failure::because(&package.manifest_path, cause))?;
    let workspace_lints =
        manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool).unwrap_or(false);
    Ok(Room { folder, knows, names, reaches, workspace_lints })
}

/// What is linked into a package when it is built by itself, as `cargo build -p` does: `cargo metadata` would add the
/// features that other members ask for.
fn linked(house: &House, package: &str) -> Result<Vec<String>, Failure> {
    let tree = quietly(&mut house.cargo(&[
        "tree",
        "--locked",
        "--edges=normal,no-proc-macro",
        "--prefix=none",
        "--format={p}",
        "--target=x86_64-unknown-linux-gnu",
        "--package",
        package,
    ]))?;
    let mut names: Vec<String> =
        tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Every crate of a build of the whole workspace, with its features.
fn features(house: &House, edges: &str) -> Result<Vec<String>, Failure> {
    let edges = format!("--edges={edges}");
    let tree =
        quietly(&mut house.cargo(&["tree", "--locked", "--workspace", &edges, "--prefix=none", "--format={p} {f}"]))?;
    let mut crates: Vec<String> =
        tree.lines().map(|line| line.trim_end_matches(" (*)").trim_end().to_owned()).collect();
    crates.sort();
    crates.dedup();
    Ok(crates)
}

/// Crates that a plain build compiles otherwise than a test build: then everything above them is compiled twice.
fn variants(plain: &[String], with_tests: &[String]) -> Vec<String> {
    plain
        .iter()
        .filter(|line| !with_tests.contains(line))
        .filter_map(|line| line.split_whitespace().next())
        .map(|name| {
            format!(
                "dev-dependencies ask for features of {name} that a plain build lacks, so it and all above it are built \
                 twice: ask for them in tests/Cargo.toml too"
            )
        })
        .collect()
}

fn exempt_files(root: &Path, folder: &Path, found: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "node_modules" && !name.starts_with("target") && !name.starts_with('.') {
                exempt_files(root, &path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && switches_lint_off(&fs::read_to_string(&path)?)
        {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            found.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

/// Whether a source file names the lint outside a comment.
fn switches_lint_off(source: &str) -> bool {
    source.lines().any(|line| line.contains(ENVIRONMENT_LINT) && !line.trim_start().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(folder: &str) -> Room {
        Room { folder: folder.into(), workspace_lints: true, ..Room::default() }
    }

    fn found(room: Room) -> Vec<String> {
        violations(&Sight { rooms: vec![room], exempt_files: Vec::new() })
    }

    #[test]
    fn finds_each_planted_arrow() {
        for (from, to) in [
            ("common/domain", "common/store"),
            ("common/store", "common/lambda"),
            ("common/lambda", "common/store"),
            ("triggers/pre-sign-up", "triggers/post-confirmation"),
            ("triggers/pre-sign-up", "control/operations"),
            ("control/operations", "control/tenantctl"),
            ("control/operations", "common/lambda"),
            ("control/tenantctl", "local/laptop"),
            ("local/user-pool", "common/domain"),
            ("local/laptop", "triggers/pre-sign-up"),
            ("local/laptop", "common/lambda"),
            ("xtask", "common/domain"),
        ] {
            let found = found(Room { knows: vec![to.into()], ..room(from) });
            assert!(
                found.iter().any(|said| said.starts_with(&format!("{from} depends on {to}"))),
                "{from} -> {to}: {found:?}"
            );
        }
    }

    #[test]
    fn lets_the_designed_arrows_be() {
        for (from, to) in [
            ("triggers/anything-new", "common/store"),
            ("control/tenantctl", "control/operations"),
            ("local/laptop", "local/user-pool"),
            ("tests", "triggers/pre-sign-up"),
        ] {
            assert_eq!(found(Room { knows: vec![to.into()], ..room(from) }), Vec::<String>::new(), "{from} -> {to}");
        }
    }

    #[test]
    fn finds_who_names_what_is_not_theirs() {
        for (folder, name) in [
            ("triggers/pre-sign-up", "aws-sdk-dynamodb"),
            ("control/operations", "aws-sdk-dynamodb"),
            ("common/lambda", "aws-sdk-dynamodb"),
            ("triggers/pre-sign-up", "lambda_runtime"),
            ("tests", "lambda_runtime"),
            ("common/store", "dynoxide-rs"),
        ] {
            let found = found(Room { names: vec![name.into()], ..room(folder) });
            assert!(found.iter().any(|said| said.contains(name)), "{folder} names {name}: {found:?}");
        }
    }

    #[test]
    fn finds_what_is_linked_against_the_rules() {
        for (folder, reached) in [
            ("triggers/pre-sign-up", "psl"),
            ("triggers/pre-sign-up", "regex"),
            ("triggers/pre-sign-up", "aws-lc-sys"),
            ("triggers/pre-sign-up", "aws-config"),
            ("triggers/pre-sign-up", "axum"),
            ("triggers/pre-sign-up", "dynoxide-rs"),
            ("common/domain", "tokio"),
            ("common/domain", "serde_json"),
            ("common/domain", "aws-smithy-types"),
        ] {
            let found = found(Room { reaches: vec![reached.into()], ..room(folder) });
            assert!(found.iter().any(|said| said.contains(&format!("links {reached}:"))), "{folder}: {found:?}");
        }
    }

    #[test]
    fn finds_a_room_without_a_row_and_one_without_lints() {
        assert!(found(room("attic")).iter().any(|said| said.contains("without a row")));
        let found = found(Room { workspace_lints: false, ..room("common/domain") });
        assert!(found.iter().any(|said| said.contains("[lints]")), "{found:?}");
    }

    #[test]
    fn finds_what_would_be_built_twice() {
        let lines = |features: &[&str]| features.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let plain = lines(&["serde v1 std", "tokio v1 rt"]);
        assert!(variants(&plain, &lines(&["proptest v1", "serde v1 std", "tokio v1 rt"])).is_empty());
        let found = variants(&plain, &lines(&["serde v1 std", "tokio v1 rt,test-util"]));
        assert!(matches!(found.as_slice(), [said] if said.contains("tokio")), "{found:?}");
    }

    #[test]
    fn an_example_in_a_comment_switches_nothing_off() {
        assert!(switches_lint_off("#![expect(clippy::disallowed_methods, reason = \"none\")]"));
        assert!(switches_lint_off("    #[allow(\n        clippy::disallowed_methods\n)]"));
        assert!(!switches_lint_off("//! #[expect(clippy::disallowed_methods, reason = \"main.rs\")]"));
    }

    #[test]
    fn only_main_and_tests_read_the_environment() {
        let exempt = |file: &str| violations(&Sight { rooms: Vec::new(), exempt_files: vec![file.into()] }).is_empty();
        for file in
            ["triggers/pre-sign-up/src/main.rs", "xtask/src/demo.rs", "local/user-pool/tests/all.rs", "a/examples/b.rs"]
        {
            assert!(exempt(file), "{file}");
        }
        for file in ["common/lambda/src/deadline.rs", "local/laptop/src/domain.rs", "common/store/src/not_main.rs"] {
            assert!(!exempt(file), "{file}");
        }
    }
}
