//! `.tenantry/local.json`: where the running stack is, for `tenantctl --local` and for people.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Fault;

/// The folder, below the one where the stack was started.
const FOLDER: &str = ".tenantry";
const FILE: &str = "local.json";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// `DynamoDB`'s endpoint.
    pub endpoint: String,
    /// The table.
    pub table: String,
    /// Its Region.
    pub region: String,
    /// The user pool API's endpoint.
    pub user_pool_endpoint: String,
    /// The pool's id.
    pub user_pool: String,
    /// Lambda's Invoke endpoint.
    pub lambda_endpoint: String,
    /// The app clients: what they are for, by id.
    pub clients: BTreeMap<String, String>,
    /// The process that wrote this.
    pub process: u32,
}

/// The file of a running stack; removed when this is dropped.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    text: String,
}

impl StateFile {
    /// Writes the file below `folder`. Refuses if the one that is there speaks of a stack that still runs.
    pub(crate) fn write(folder: &Path, state: &State) -> Result<Self, Fault> {
        let folder = folder.join(FOLDER);
        let path = folder.join(FILE);
        if let Some(other) = read(&path)
            && runs(&other)
        {
            return Err(Fault::AlreadyRunning { process: other.process, path });
        }
        let text = serde_json::to_string_pretty(state).unwrap_or_default() + "\n";
        // Beside and renamed, so that a reader never sees half of it.
        let fresh = folder.join(format!("{FILE}.{}", state.process));
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&fresh, &text))
            .and_then(|()| fs::rename(&fresh, &path))
            .map_err(Fault::io("writing .tenantry/local.json"))?;
        Ok(Self { path, text })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        // Only our own: somebody may have started another stack after ours was thought dead.
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _ = fs::remove_file(&self.path);
            if let Some(folder) = self.path.parent() {
                // Only if nothing else is in it.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

fn read(path: &Path) -> Option<State> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

/// A stack that was killed leaves its file; nobody answers at its port then.
fn runs(state: &State) -> bool {
    let address = state.user_pool_endpoint.strip_prefix("http://").and_then(|address| address.parse().ok());
    address.is_some_and(|address: SocketAddr| TcpStream::connect_timeout(&address, Duration::from_millis(300)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(port: u16) -> State {
        State {
            endpoint: "http://127.0.0.1:1".into(),
            table: "tenantry".into(),
            region: "local".into(),
            user_pool_endpoint: format!("http://127.0.0.1:{port}"),
            user_pool: "local_Tenantry1".into(),
            lambda_endpoint: "http://127.0.0.1:2".into(),
            clients: BTreeMap::from([("acme".into(), "Acme's app".into())]),
            process: 1,
        }
    }

    #[test]
    fn is_there_while_the_stack_runs_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let file = StateFile::write(folder.path(), &state(port)).unwrap();
        assert_eq!(read(file.path()), Some(state(port)));

        let second = StateFile::write(folder.path(), &state(port)).unwrap_err().to_string();
        assert!(second.contains("another stack runs"), "{second}");

        drop(listener);
        let third = StateFile::write(folder.path(), &State { process: 2, ..state(port) }).unwrap();
        drop(file);
        assert!(third.path().exists(), "the first one leaves what is no longer its own");
        let path = third.path().to_owned();
        drop(third);
        assert!(!path.exists());
        assert!(!folder.path().join(FOLDER).exists());
    }
}
