//! Pins: what is installed from npm and `PyPI` is named with its hash, everywhere; what a workflow uses is a commit; what we build ourselves
//! is built on the lock file, and released once it passed the tests.

use std::fs;

use cargo_metadata::camino::Utf8Path;
use serde_json::Value;

use crate::failure::Failure;
use crate::house::{House, quietly};

/// Checks every lock file and every list of requirements that git tracks.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    let tracked = quietly(std::process::Command::new("git").current_dir(&house.root).args(["ls-files", "-z"]))?;
    let tracked: Vec<&str> = tracked.split('\0').filter(|name| !name.is_empty()).collect();
    let (mut violations, mut pins) = (Vec::new(), 0);
    for name in &tracked {
        let path = Utf8Path::new(name);
        let Some(kind) = Kind::of(path, &tracked) else { continue };
        let text = fs::read_to_string(house.root.join(name)).map_err(|cause| Failure::because(name, cause))?;
        let (count, wrong) = match kind {
            Kind::PackageJson => (0, without_lock(path, &tracked)),
            Kind::PackageLock => of_npm(&text),
            Kind::Requirements => of_pypi(&text),
            Kind::Aliases => of_aliases(&text),
            Kind::Workflow => {
                let (count, mut wrong) = of_actions(&text);
                wrong.extend(untested(&text));
                (count, wrong)
            }
            Kind::Commands => (0, installs(&text)),
        };
        pins += count;
        violations.extend(wrong.into_iter().map(|wrong| format!("{name}: {wrong}")));
    }
    if pins < 100 {
        violations.push(format!("{pins} pins in all: were the files found?"));
    }
    if violations.is_empty() {
        return Ok(format!("{pins} pins with hashes"));
    }
    Err(Failure::new(format!("not everything is pinned by its hash:\n   - {}", violations.join("\n   - "))))
}

enum Kind {
    PackageJson,
    PackageLock,
    Requirements,
    /// Cargo's configuration, by whose aliases everything is started.
    Aliases,
    Workflow,
    /// A text in which somebody is told, or tells a machine, to install.
    Commands,
}

impl Kind {
    fn of(path: &Utf8Path, tracked: &[&str]) -> Option<Self> {
        let name = path.file_name()?;
        match (name, path.extension()) {
            ("package.json", _) => Some(Self::PackageJson),
            ("package-lock.json", _) => Some(Self::PackageLock),
            ("config.toml", _) if path.starts_with(".cargo") => Some(Self::Aliases),
            (_, Some("yml" | "yaml")) if path.starts_with(".github") => Some(Self::Workflow),
            // What pip-compile makes of `x.in` is `x.txt`.
            (_, Some("txt"))
                if name == "requirements.txt"
                    || path.starts_with("xtask/tools")
                    || tracked.contains(&path.with_extension("in").as_str()) =>
            {
                Some(Self::Requirements)
            }
            (_, Some("md" | "sh")) | ("Dockerfile" | "run", _) => Some(Self::Commands),
            _ => None,
        }
    }
}

type Judged = (usize, Vec<String>);

fn without_lock(path: &Utf8Path, tracked: &[&str]) -> Vec<String> {
    let lock = path.with_file_name("package-lock.json");
    if tracked.contains(&lock.as_str()) { Vec::new() } else { vec!["has no package-lock.json beside it".to_owned()] }
}

fn of_npm(text: &str) -> Judged {
    let Ok(lock) = serde_json::from_str::<Value>(text) else { return (0, vec!["is no JSON".to_owned()]) };
    let mut wrong = Vec::new();
    if lock.get("lockfileVersion").and_then(Value::as_u64).is_none_or(|version| version < 3) {
        wrong.push("is of an old version, which names packages twice".to_owned());
    }
    let packages: Vec<_> = lock
        .get("packages")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(name, _)| !name.is_empty())
        .collect();
    for (name, package) in &packages {
        let hash = package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-"));
        // What is bundled comes inside another package, whose hash covers it.
        let inside = package["inBundle"] == true || package["link"] == true;
        if !hash && !inside {
            wrong.push(format!("{name} has no SHA-512"));
        }
        if package["resolved"].as_str().is_some_and(|from| !from.starts_with("https://registry.npmjs.org/")) {
            wrong.push(format!("{name} comes from {}", package["resolved"]));
        }
    }
    (packages.len(), wrong)
}

fn of_pypi(text: &str) -> Judged {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (mut pins, mut wrong) = (0, Vec::new());
    for line in lines {
        pins += 1;
        let name = line.split(' ').next().unwrap_or_default();
        if line.starts_with('-') || !name.contains("==") {
            wrong.push(format!("{name} is no pinned package"));
        } else if !line.contains("--hash=sha256:") {
            wrong.push(format!("{name} has no hash"));
        }
    }
    (pins, wrong)
}

fn of_actions(text: &str) -> Judged {
    let used = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses:"));
    let (mut pins, mut wrong) = (0, Vec::new());
    for action in used.map(|action| action.split('#').next().unwrap_or_default().trim()) {
        pins += 1;
        let commit = action.rsplit('@').next().unwrap_or_default();
        if commit.len() != 40 || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            wrong.push(format!("{action} is no commit"));
        }
    }
    (pins, wrong)
}

/// Aliases that build something, and would write the lock file anew.
fn of_aliases(text: &str) -> Judged {
    let Ok(config) = text.parse::<toml::Table>() else { return (0, vec!["is no TOML".to_owned()]) };
    let Some(aliases) = config.get("alias").and_then(toml::Value::as_table) else { return (0, Vec::new()) };
    let words = |alias: &toml::Value| match alias {
        toml::Value::Array(words) => words.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect(),
        alias => alias.as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
    };
    // What stands behind `--` is for the program.
    let unlocked =
        |alias: &toml::Value| !words(alias).iter().take_while(|word| *word != "--").any(|word| word == "--locked");
    let wrong = aliases.iter().filter(|(_, alias)| unlocked(alias));
    (aliases.len(), wrong.map(|(name, _)| format!("the alias {name} has no --locked")).collect())
}

/// Jobs of a workflow that may change the repository's contents, a release too, and need none that looks for the commit on main and runs the tests.
fn untested(workflow: &str) -> Vec<String> {
    let jobs = jobs(workflow);
    let tests = |job: &&Job<'_>| {
        let says = |what: &str| job.lines.iter().any(|line| !line.starts_with('#') && line.contains(what));
        says("git merge-base --is-ancestor HEAD origin/main") && (says("run: .ci/run") || says("run: cargo xtask test"))
    };
    let tested: Vec<&str> = jobs.iter().filter(tests).map(|job| job.name).collect();
    let writes = |job: &&Job<'_>| job.lines.iter().any(|line| line.starts_with("contents: write"));
    let waits = |job: &&Job<'_>| {
        let needs = job.lines.iter().filter_map(|line| line.strip_prefix("needs:"));
        needs.flat_map(|needs| needs.split(['[', ']', ',', ' '])).any(|need| tested.contains(&need))
    };
    let wrong = jobs.iter().filter(writes).filter(|job| !waits(job));
    wrong.map(|job| format!("{} needs no job that finds the commit on main and runs the tests", job.name)).collect()
}

struct Job<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
}

/// The jobs of a workflow as ours are written, indented by two spaces.
fn jobs(workflow: &str) -> Vec<Job<'_>> {
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for line in workflow.lines().skip_while(|line| *line != "jobs:").skip(1) {
        let inner = line.strip_prefix("  ").unwrap_or_default();
        match (inner.strip_suffix(':'), jobs.last_mut()) {
            (Some(name), _) if !inner.starts_with([' ', '#']) => jobs.push(Job { name, lines: Vec::new() }),
            (_, Some(job)) => job.lines.push(line.trim().trim_start_matches("- ")),
            (_, None) => {}
        }
    }
    jobs
}

/// Lines that install from a list of ours without looking at its hashes.
fn installs(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let unlocked = |line: &&str| {
        let pip = line.contains("pip install") && line.contains("-r ") && !line.contains("--require-hashes");
        let npm =
            line.contains("npm install") && !line.contains("npm install -g") && line.starts_with(['$', '`', 'n', '-']);
        pip || npm
    };
    lines.filter(unlocked).map(|line| format!("`{line}` looks at no hash")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_a_hash_is_found() {
        let (pins, wrong) =
            of_pypi("# pip-compile\na==1 \\\n    --hash=sha256:ab\nb==2\nc>=1 --hash=sha256:ab\n-e .\n");
        assert_eq!(pins, 4);
        assert_eq!(wrong, ["b==2 has no hash", "c>=1 is no pinned package", "-e is no pinned package"]);
        let lock = serde_json::json!({ "lockfileVersion": 3, "packages": {
            "": {},
            "node_modules/a": { "integrity": "sha512-ab", "resolved": "https://registry.npmjs.org/a.tgz" },
            "node_modules/b": { "resolved": "https://evil.example/b.tgz" },
            "node_modules/c": { "inBundle": true },
        } });
        let (pins, wrong) = of_npm(&lock.to_string());
        assert_eq!((pins, wrong.len()), (3, 2), "{wrong:?}");
        let (pins, wrong) =
            of_actions("  - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7\n  - uses: a/b@v1\n");
        assert_eq!((pins, wrong), (2, vec!["a/b@v1 is no commit".to_owned()]));
        assert_eq!(
            installs("$ pip install -r x.txt\n$ pip install --require-hashes -r x.txt\n$ npm ci\n$ npm install\n")
                .len(),
            2
        );
    }

    #[test]
    fn an_alias_that_could_write_the_lock_file_is_found() {
        for (alias, wrong) in [
            ("\"run --quiet --locked --package x --\"", 0),
            ("[\"run\", \"--locked\"]", 0),
            ("\"run --quiet --package x --\"", 1),
            ("\"run --package x -- --locked\"", 1),
            ("[\"run\"]", 1),
        ] {
            assert_eq!(of_aliases(&format!("[alias]\nx = {alias}\n")).1.len(), wrong, "{alias}");
        }
        assert!(of_aliases(include_str!("../../.cargo/config.toml")).1.is_empty());
    }

    #[test]
    fn a_release_that_waits_for_no_test_of_a_commit_of_main_is_found() {
        const RELEASE: &str = include_str!("../../.github/workflows/release.yml");
        let of = |before: &str, after: &str| {
            assert!(RELEASE.contains(before), "{before}");
            untested(&RELEASE.replace(before, after))
        };
        assert_eq!(of("x", "x"), [""; 0]);
        for (before, after) in [
            ("needs: [test, package]", "needs: package"),
            ("    needs: [test, package]\n", ""),
            ("run: .ci/run", "run: cargo xtask check"),
            ("- run: .ci/run", "# - run: .ci/run"),
            ("git merge-base --is-ancestor HEAD origin/main", "true"),
            ("\n  test:\n", "\n  tests:\n"),
        ] {
            let wrong = of(before, after);
            assert!(matches!(&wrong[..], [one] if one.starts_with("publish needs no job")), "{before}: {wrong:?}");
        }
    }
}
