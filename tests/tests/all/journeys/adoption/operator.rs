//! An operator at a terminal: runs the real command line, and what is seen there is kept.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use super::Place;
use crate::journeys::program;

pub(super) struct Operator {
    environment: Vec<(&'static str, String)>,
    kept: PathBuf,
    transcript: String,
    /// Where the operator is: attaching keeps a file there.
    folder: TempDir,
}

impl Operator {
    pub(super) fn at(place: &Place) -> Self {
        let kept =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("adoption-{}.txt", place.name.replace(' ', "-")));
        let folder = tempfile::tempdir().unwrap();
        Self { environment: place.environment.clone(), kept, transcript: String::new(), folder }
    }

    /// Adds to what is kept, and to what `--nocapture` shows.
    pub(super) fn says(&mut self, text: &str) {
        println!("{text}");
        self.transcript.push_str(text);
        self.transcript.push('\n');
        std::fs::write(&self.kept, &self.transcript).unwrap();
    }

    /// A command of words without spaces, as it is seen at a terminal; it has to end with this status. What it said.
    #[track_caller]
    pub(super) fn shows(&mut self, line: &str, status: i32) -> String {
        let line = line.trim_end();
        let ran = self.run(&[], line);
        let [out, error] = [&ran.stdout, &ran.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        self.says(&format!("\n$ tenantctl {line}\n{}{}", out.trim_end(), indented(&error)));
        assert_eq!(ran.status.code(), Some(status), "tenantctl {line}: {out}{error}");
        out
    }

    /// The same for machines, unseen: its JSON, whatever the status.
    #[track_caller]
    pub(super) fn asks(&self, line: &str) -> Value {
        let ran = self.run(&["--json"], line);
        let error = String::from_utf8_lossy(&ran.stderr);
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("tenantctl --json {line}: {error}"))
    }

    /// What attaching kept of the pools as they were, one text for each time.
    pub(super) fn kept_pools(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    fn run(&self, before: &[&str], line: &str) -> Output {
        let mut command = std::process::Command::new(program("tenantctl"));
        command.args(before).args(line.split_whitespace());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local").env("USER", "ops");
        command.current_dir(self.folder.path()).stdin(std::process::Stdio::null()).output().unwrap()
    }
}

fn indented(error: &str) -> String {
    if error.is_empty() { String::new() } else { format!("\n{}", error.trim_end()) }
}
