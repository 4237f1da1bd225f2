//! `--local`: where the stack of this laptop is, from the file that it writes.

use std::path::Path;

use serde::Deserialize;

use crate::Failure;

/// What the file says, as far as it is needed here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Local {
    /// The table's endpoint.
    pub(crate) endpoint: String,
    /// The table.
    pub(crate) table: String,
    /// Its Region.
    pub(crate) region: String,
    /// The pool that names without a pool mean.
    #[serde(default, alias = "pool")]
    pub(crate) user_pool: Option<String>,
}

impl Local {
    /// In this folder or the nearest one above it.
    pub(crate) fn find(folder: Option<&Path>) -> Result<Self, Failure> {
        let file = folder
            .into_iter()
            .flat_map(Path::ancestors)
            .map(|folder| folder.join(".tenantry").join("local.json"))
            .find(|file| file.is_file())
            .ok_or(Failure::NoLocal)?;
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Failure::io(format!("reading {}", file.display()), &error))?;
        let local: Self = serde_json::from_str(&text).map_err(|_| Failure::OddLocal(file.display().to_string()))?;
        // The file only ever speaks of this machine; whatever else it says was not written by the stack.
        let loopback = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
        if loopback.iter().any(|prefix| local.endpoint.starts_with(prefix)) {
            Ok(local)
        } else {
            Err(Failure::OddLocal(file.display().to_string()))
        }
    }
}
