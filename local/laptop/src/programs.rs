//! The triggers' programs, as cargo builds them.

use std::path::{Path, PathBuf};

use crate::Fault;

/// The triggers, by the names of their programs, which are the functions' names too.
pub const TRIGGERS: [&str; 6] = [
    "pre-sign-up",
    "post-confirmation",
    "pre-token-generation",
    "define-auth-challenge",
    "create-auth-challenge",
    "verify-auth-challenge",
];

/// A folder of programs, such as `target/debug`.
#[derive(Debug, Clone)]
pub struct Programs(PathBuf);

impl Programs {
    /// This folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder of a program, or of a test beside the programs: cargo puts tests into `deps`.
    pub fn beside(executable: &Path) -> Self {
        let folder = executable.parent().unwrap_or(Path::new("."));
        let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
        Self::at(folder)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// A program, if it was built.
    pub fn find(&self, name: &str) -> Result<PathBuf, Fault> {
        let path = self.0.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        if path.is_file() { Ok(path) } else { Err(Fault::NotBuilt(path)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tests_programs_are_one_folder_up() {
        assert_eq!(Programs::beside(Path::new("/x/target/debug/deps/all-1f")).folder(), Path::new("/x/target/debug"));
        assert_eq!(
            Programs::beside(Path::new("/x/target/debug/tenantry-laptop")).folder(),
            Path::new("/x/target/debug")
        );
    }

    #[test]
    fn a_missing_program_is_named_with_what_builds_it() {
        let said = Programs::at("/nowhere").find("pre-sign-up").unwrap_err().to_string();
        assert!(said.contains("pre-sign-up") && said.contains("cargo build --workspace"), "{said}");
    }
}
