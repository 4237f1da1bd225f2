//! `cargo xtask soak`: the campaigns of the test kit, optimized and for as long as somebody lets them; and whether each of them would find
//! something: `--planted` breaks a copy of the source, and a campaign has to notice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Args;

use crate::failure::Failure;
use crate::house::{House, quietly, show};
use crate::tools;

/// What to try.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Which campaign; all of them in turn, if none is named
    campaign: Option<String>,
    /// For so long
    #[arg(long, conflicts_with = "planted")]
    minutes: Option<u64>,
    /// Where everything random comes from
    #[arg(long, conflicts_with = "planted")]
    seed: Option<u64>,
    /// Only this schedule: the line that a failure printed; of faults also `every PART` and `every PART of SCENARIO`
    #[arg(long, requires = "campaign", conflicts_with = "planted")]
    replay: Option<String>,
    /// Plants a bug in a copy of the source for each campaign, which has to find it
    #[arg(long)]
    planted: bool,
}

/// Runs them.
pub(crate) fn run(house: &House, arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.planted {
        return planted(house, arguments.campaign.as_deref());
    }
    show(&mut house.cargo(&["build", "--locked", "--package", PACKAGE, "--bin", PROGRAM, "--profile", "soak"]))?;
    let mut command = Command::new(house.programs("soak").join(program()));
    command.current_dir(&house.root).args(&arguments.campaign);
    for (name, value) in [
        ("--minutes", arguments.minutes.map(|minutes| minutes.to_string())),
        ("--seed", arguments.seed.map(|seed| seed.to_string())),
        ("--replay", arguments.replay.clone()),
    ] {
        if let Some(value) = value {
            command.arg(name).arg(value);
        }
    }
    tools::become_it(&mut command)
}

const PACKAGE: &str = "tenantry-tests";
const PROGRAM: &str = "soak";
/// A campaign may look for a planted bug for so many minutes; what it finds ends it at once.
const PATIENCE: &str = "10";

fn program() -> String {
    format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX)
}

/// One bug after the other.
fn planted(house: &House, only: Option<&str>) -> Result<ExitCode, Failure> {
    let bugs = bugs(house)?;
    let wanted: Vec<&Bug> = bugs.iter().filter(|bug| only.is_none_or(|only| bug.campaign == only)).collect();
    if wanted.is_empty() {
        return Err(Failure::new(format!("no bug is planted for {}", only.unwrap_or("any campaign"))));
    }
    let mut missed = Vec::new();
    for bug in wanted {
        match bug.plant(house)? {
            Some(words) => println!("{}: found. It said:\n{words}\n", bug.campaign),
            None => missed.push(bug.campaign.as_str()),
        }
    }
    if missed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::new(format!("a planted bug was not found by: {}", missed.join(", "))))
}

/// A bug of `tests/planted/`: a patch whose first lines say what it breaks.
struct Bug {
    campaign: String,
    patch: PathBuf,
    breaks: String,
}

fn bugs(house: &House) -> Result<Vec<Bug>, Failure> {
    let folder = house.root.join("tests").join("planted");
    let entries = fs::read_dir(&folder).map_err(|cause| Failure::because(folder.display(), cause))?;
    let mut bugs = Vec::new();
    for entry in entries {
        let patch = entry.map_err(|cause| Failure::because(folder.display(), cause))?.path();
        if patch.extension().is_none_or(|extension| extension != "patch") {
            continue;
        }
        let campaign = patch.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let text = fs::read_to_string(&patch).map_err(|cause| Failure::because(patch.display(), cause))?;
        bugs.push(Bug { campaign, breaks: preamble(&text), patch });
    }
    bugs.sort_by(|one, other| one.campaign.cmp(&other.campaign));
    Ok(bugs)
}

/// What stands before the first file of a patch.
fn preamble(patch: &str) -> String {
    let lines = patch.lines().take_while(|line| !line.starts_with("diff ") && !line.starts_with("--- "));
    lines.map(|line| line.trim_start_matches('#').trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

impl Bug {
    /// Breaks a copy of the source and lets the campaign look for it. What it said; nothing, if it found nothing.
    fn plant(&self, house: &House) -> Result<Option<String>, Failure> {
        println!("{}: {}", self.campaign, self.breaks);
        let ground = house.metadata.target_directory.as_std_path().join("planted");
        let tree = ground.join("tree");
        copy(house, &tree)?;
        // Inside a repository git would take the patch's paths for the repository's own, and leave the copy alone.
        show(
            Command::new("git")
                .current_dir(&tree)
                .env("GIT_CEILING_DIRECTORIES", &ground)
                .arg("apply")
                .arg(&self.patch),
        )?;
        let build = ground.join("build");
        let mut cargo = house.cargo(&["build", "--locked", "--package", PACKAGE, "--bin", PROGRAM]);
        show(cargo.current_dir(&tree).env("CARGO_TARGET_DIR", &build))?;
        let mut campaign = Command::new(build.join("debug").join(program()));
        campaign.current_dir(&tree).arg(&self.campaign).args(["--minutes", PATIENCE]);
        let ran = campaign.stdin(Stdio::null()).stderr(Stdio::null()).output();
        let ran = ran.map_err(|cause| Failure::because(&self.campaign, cause))?;
        let said = String::from_utf8_lossy(&ran.stdout);
        // A campaign that could not run has found nothing, however it ended.
        let found = said.split_once("BROKEN").filter(|_| !ran.status.success());
        Ok(found.map(|(_, words)| words.lines().skip(1).map(cut).collect::<Vec<_>>().join("\n").trim().to_owned()))
    }
}

/// A line as long as a terminal may want to show.
fn cut(line: &str) -> String {
    line.chars().take(400).collect()
}

/// Makes `tree` what git tracks, and no more. What is there already with the same content stays, so that cargo builds no more than what a bug
/// changes.
fn copy(house: &House, tree: &Path) -> Result<(), Failure> {
    let listed = quietly(Command::new("git").current_dir(&house.root).args(["ls-files", "-z"]))?;
    let names = listed.split('\0').filter(|name| !name.is_empty()).map(Path::new);
    // Deleted, and not committed yet: git still tracks it.
    let tracked: BTreeSet<&Path> = names.filter(|name| house.root.join(name).is_file()).collect();
    fs::create_dir_all(tree).map_err(|cause| Failure::because(tree.display(), cause))?;
    remove_strangers(tree, Path::new(""), &tracked)?;
    for name in tracked {
        let (from, to) = (house.root.join(name), tree.join(name));
        let content = fs::read(&from).map_err(|cause| Failure::because(from.display(), cause))?;
        if fs::read(&to).is_ok_and(|before| before == content) {
            continue;
        }
        let failed = |cause: std::io::Error| Failure::because(to.display(), cause);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(&to, content).map_err(failed)?;
    }
    Ok(())
}

/// A file that moved in the source must not stay where it was in the copy.
fn remove_strangers(tree: &Path, folder: &Path, tracked: &BTreeSet<&Path>) -> Result<(), Failure> {
    let here = tree.join(folder);
    let failed = |cause: std::io::Error| Failure::because(here.display(), cause);
    for entry in fs::read_dir(&here).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = folder.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            remove_strangers(tree, &name, tracked)?;
        } else if !tracked.contains(name.as_path()) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_says_what_it_breaks_before_its_first_file() {
        let patch = "# Unprocessed keys are taken\n# for absent ones.\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n";
        assert_eq!(preamble(patch), "Unprocessed keys are taken for absent ones.");
        assert_eq!(preamble("--- a/x\n+++ b/x\n"), "");
    }

    #[test]
    fn a_copy_keeps_no_file_that_the_source_has_no_more() {
        let tree = std::env::temp_dir().join(format!("tenantry-planted-{}", std::process::id()));
        fs::create_dir_all(tree.join("model")).unwrap();
        for name in ["model/facts.rs", "model/mod.rs", "old.rs"] {
            fs::write(tree.join(name), "").unwrap();
        }
        remove_strangers(&tree, Path::new(""), &BTreeSet::from([Path::new("model/mod.rs")])).unwrap();
        let left = ["model/facts.rs", "model/mod.rs", "old.rs"].map(|name| tree.join(name).exists());
        fs::remove_dir_all(&tree).unwrap();
        assert_eq!(left, [false, true, false]);
    }
}
