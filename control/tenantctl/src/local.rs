//! `--local`: where the stack of this laptop is, from the file that it writes.

use std::path::Path;

use serde::Deserialize;
use url::{Host, Url};

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
    /// The user pools' endpoint.
    #[serde(default)]
    pub(crate) user_pool_endpoint: Option<String>,
    /// Lambda's endpoint.
    #[serde(default)]
    pub(crate) lambda_endpoint: Option<String>,
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
        let mut local: Self = serde_json::from_str(&text).map_err(|_| Failure::OddLocal(file.display().to_string()))?;
        // The file only ever speaks of this machine; whatever else it says was not written by the stack.
        let odd = || Failure::OddLocal(file.display().to_string());
        local.endpoint = loopback(&local.endpoint).ok_or_else(odd)?;
        if let Some(endpoint) = local.user_pool_endpoint {
            local.user_pool_endpoint = Some(loopback(&endpoint).ok_or_else(odd)?);
        }
        if let Some(endpoint) = local.lambda_endpoint {
            local.lambda_endpoint = Some(loopback(&endpoint).ok_or_else(odd)?);
        }
        Ok(local)
    }
}

/// The origin of an endpoint on this machine: what is checked here is what is connected to, however else the text could be read.
fn loopback(endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok()?;
    let here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let anonymous = url.username().is_empty() && url.password().is_none();
    (url.scheme() == "http" && here && anonymous).then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for here in ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"] {
            assert_eq!(loopback(here).as_deref(), Some(here));
            assert_eq!(loopback(&format!("{here}/")).as_deref(), Some(here));
        }
        for elsewhere in [
            "http://127.0.0.1:80@evil.example/",
            "http://localhost:x@evil.example",
            "http://olga@127.0.0.1:8000",
            "http://127.0.0.1.evil.example:8000",
            "http://10.0.0.1:8000",
            "https://127.0.0.1:8000",
            "127.0.0.1:8000",
        ] {
            assert_eq!(loopback(elsewhere), None, "{elsewhere}");
        }
    }
}
