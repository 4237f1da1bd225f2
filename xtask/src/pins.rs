//! Pins: what is installed from npm and `PyPI` is named with its hash, everywhere; what a workflow uses is a commit.

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
            Kind::Workflow => of_actions(&text),
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
}
