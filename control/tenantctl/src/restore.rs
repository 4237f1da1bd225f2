//! What a pool was before it was written, in a file of its owner's alone: Cognito keeps no history.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use operations::AttachError;

use crate::attach::word;
use crate::{Context, Failure};

/// A kept pool.
#[derive(Debug)]
pub(crate) struct Restore {
    pub(crate) file: PathBuf,
    command: String,
}

impl Restore {
    /// Keeps an update, in the current folder. Message templates and ids of text message accounts are in it.
    pub(crate) fn keep(pool: &str, update: &str, context: &Context<'_>) -> Result<Self, Failure> {
        let now = (context.world.now)();
        let name = format!("tenantry-{pool}-{}.json", now.strftime("%Y%m%dT%H%M%S.%6fZ"));
        let file = context.world.folder.clone().unwrap_or_default().join(name);
        let failed =
            |error: &std::io::Error| Failure::io(format!("keeping what the pool was in {}", file.display()), error);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut open = options.open(&file).map_err(|error| failed(&error))?;
        open.write_all(update.as_bytes()).and_then(|()| open.sync_all()).map_err(|error| failed(&error))?;
        let region = pool.split_once('_').map_or("", |(region, _)| region);
        let path = word(&format!("file://{}", file.display()));
        let command = format!("aws cognito-idp update-user-pool --region {region} --cli-input-json {path}");
        Ok(Self { file, command })
    }

    /// Where it is, and how it comes back.
    pub(crate) fn told(&self) -> String {
        format!("what the pool was before, slots included, is kept; it comes back with\n  {}", self.command)
    }

    /// An error with the way back in it; a file of what nobody touched goes.
    pub(crate) fn explain(kept: Option<&Self>, error: AttachError) -> AttachError {
        match kept {
            Some(kept) if error.left_the_pool_alone() => {
                // Left behind it harms nobody.
                let _ = std::fs::remove_file(&kept.file);
                error
            }
            Some(kept) => error.with_restore(&kept.command),
            None => error,
        }
    }
}
