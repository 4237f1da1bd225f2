//! `cargo xtask bench`: builds what is measured, ours and the peers, then becomes the bench.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Args;
use serde_json::Value;

use crate::failure::Failure;
use crate::house::{House, show, without_cargo_run};
use crate::{check, functions, package, sizes, tools};

/// What to measure.
#[derive(Args)]
pub(crate) struct Arguments {
    /// What the bench shall be told; `--help` lists it
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Measures.
pub(crate) fn run(house: &House, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Arguments { rest } = arguments;
    let asks = |words: &[&str]| rest.iter().any(|word| words.contains(&word.as_str()));
    check::build(house)?;
    if !asks(&["--help", "-h", "help"]) {
        sizes::build(house)?;
    }
    let mut command = program(house);
    // Other measurements are of ours alone.
    if rest.first().is_none_or(|word| word.starts_with('-')) && !asks(&["--smoke", "--help", "-h"]) {
        let built = folder(house).join("peers");
        let peers = peers(house)?;
        let wanted: Vec<_> = peers.iter().filter(|peer| is_wanted(&peer.name, rest)).collect();
        for peer in &wanted {
            if let Err(failure) = peer.build(house, &built) {
                println!("going on without {}: {failure}", peer.name);
            }
        }
        let zips = folder(house).join("zips");
        zip(house, &wanted, &built, &zips)?;
        command.env("TENANTRY_PEERS_DIR", built).env("TENANTRY_ZIPS_DIR", zips);
    }
    tools::become_it(command.args(rest))
}

/// Calls and round trips of the release build, counted and not timed.
pub(crate) fn smoke(house: &House) -> Result<String, Failure> {
    show(program(house).arg("--smoke"))?;
    Ok("calls and round trips are what they should be".to_owned())
}

fn program(house: &House) -> Command {
    let name = format!("tenantry-bench{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(house.programs("debug").join(name));
    command.current_dir(&house.root).env("TENANTRY_RELEASE_DIR", house.programs("release"));
    command
}

fn folder(house: &House) -> PathBuf {
    house.metadata.target_directory.as_std_path().join("bench")
}

/// Whether `--only` leaves a peer in.
fn is_wanted(name: &str, words: &[String]) -> bool {
    let mut only = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--only" {
            only.extend(words.next().map(String::as_str));
        } else {
            only.extend(word.strip_prefix("--only="));
        }
    }
    only.is_empty() || only.contains(&name)
}

/// What `bench/peers/peers.json` says, as far as it is built and packed here.
#[derive(Debug, PartialEq)]
struct Peer {
    name: String,
    build: Vec<Vec<String>>,
    zip: BTreeMap<String, String>,
}

fn peers(house: &House) -> Result<Vec<Peer>, Failure> {
    let path = house.root.join("bench/peers/peers.json");
    let text = fs::read_to_string(&path).map_err(|cause| Failure::because(path.display(), cause))?;
    read(&text).ok_or_else(|| Failure::new(format!("{} is not as bench/peers/README.md has it", path.display())))
}

fn read(text: &str) -> Option<Vec<Peer>> {
    let text: Value = serde_json::from_str(text).ok()?;
    let word = |word: &Value| word.as_str().map(str::to_owned);
    let peer = |peer: &Value| {
        let command = |words: &Value| words.as_array()?.iter().map(word).collect();
        Some(Peer {
            name: word(peer.get("name")?)?,
            build: peer.get("build")?.as_array()?.iter().map(command).collect::<Option<_>>()?,
            zip: peer
                .get("zip")?
                .as_object()?
                .iter()
                .map(|(name, file)| Some((name.clone(), word(file)?)))
                .collect::<Option<_>>()?,
        })
    };
    text.get("peers")?.as_array()?.iter().map(peer).collect()
}

impl Peer {
    /// Builds it below `built`.
    fn build(&self, house: &House, built: &Path) -> Result<(), Failure> {
        let out = built.join(&self.name);
        fs::create_dir_all(&out).map_err(|cause| Failure::because(out.display(), cause))?;
        for words in &self.build {
            let mut words = words.iter().map(|word| placed(word, &out));
            let Some(program) = words.next() else { continue };
            let mut command = Command::new(program);
            without_cargo_run(&mut command);
            show(command.args(words).current_dir(house.root.join("bench/peers").join(&self.name)))?;
        }
        Ok(())
    }
}

fn placed(word: &str, out: &Path) -> String {
    word.replace("{out}", &out.to_string_lossy())
}

/// What one would upload, of everybody alike. Who was not built has no zip.
fn zip(house: &House, peers: &[&Peer], built: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(|cause| Failure::because(to.display(), cause))?;
    let ours = functions::names(house)
        .into_iter()
        .map(|name| (name, vec![("bootstrap".to_owned(), functions::program_in(&house.programs("release"), name))]));
    let theirs = peers.iter().map(|peer| {
        let out = built.join(&peer.name);
        let files = peer.zip.iter().map(|(name, file)| (name.clone(), PathBuf::from(placed(file, &out))));
        (peer.name.as_str(), files.collect())
    });
    for (name, files) in ours.chain(theirs) {
        let path = to.join(format!("{name}.zip"));
        if files.iter().all(|(_, file)| file.is_file()) {
            package::zip(&files, &path)?;
        } else {
            // One of an earlier run would be taken for this one's.
            let _was_there = fs::remove_file(&path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_what_its_description_says() {
        let text =
            r#"{"peers":[{"name":"node","build":[["node","build.mjs","{out}"]],"zip":{"index.mjs":"{out}/x.mjs"}}]}"#;
        let peer = Peer {
            name: "node".to_owned(),
            build: vec![["node", "build.mjs", "{out}"].map(str::to_owned).into()],
            zip: [("index.mjs".to_owned(), "{out}/x.mjs".to_owned())].into(),
        };
        assert_eq!(read(text), Some(vec![peer]));
        for wrong in ["", "{}", r#"{"peers":[{"name":"node"}]}"#, r#"{"peers":[{"name":"a","build":[[1]],"zip":{}}]}"#]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_those_that_were_named_are_built() {
        for (words, expected) in [
            (&[][..], true),
            (&["--only", "node"], true),
            (&["--only=node"], true),
            (&["--only", "floor", "--only", "node"], true),
            (&["--only", "floor"], false),
            (&["--json", "node", "--only=floor"], false),
        ] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(is_wanted("node", &words), expected, "{words:?}");
        }
    }
}
