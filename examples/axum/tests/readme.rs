//! What `examples/README.md` shows is what the examples do: each snippet is the marked region of its file.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "the helpers of tests fail as the tests do"
)]

use std::fs;
use std::path::{Path, PathBuf};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The lines between `snippet:start` and `snippet:end`.
fn region(file: &str) -> String {
    let source = fs::read_to_string(examples().join(file)).unwrap();
    let lines: Vec<&str> = source.lines().collect();
    let at = |mark: &str| {
        let found: Vec<usize> =
            (0..lines.len()).filter(|&line| lines[line].trim_start_matches(['/', '#', ' ']) == mark).collect();
        assert_eq!(found.len(), 1, "{file} has {} lines `{mark}`", found.len());
        found[0]
    };
    lines[at("snippet:start") + 1..at("snippet:end")].join("\n")
}

/// The fenced blocks of this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    page.split(&format!("```{language}\n")).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_snippet_is_its_files_marked_region() {
    for page in ["README.md", "../README.md"] {
        compare(&examples().join(page));
    }
}

fn compare(path: &Path) {
    let mut page = fs::read_to_string(path).unwrap();
    for (language, file) in
        [("rust", "axum/src/tenant.rs"), ("python", "fastapi/app.py"), ("js", "api-gateway/handler.mjs")]
    {
        let shown = blocks(&page, language);
        assert_eq!(shown.len(), 1, "{} has {} blocks of {language}", path.display(), shown.len());
        let region = region(file);
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            let fenced = |code: &str| format!("```{language}\n{code}\n```");
            page = page.replace(&fenced(&shown[0]), &fenced(&region));
            fs::write(path, &page).unwrap();
        } else {
            assert_eq!(shown[0], region, "{} is not {file}: UPDATE_FIXTURES=1 copies it", path.display());
        }
    }
}
