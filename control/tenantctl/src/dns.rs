//! TXT records by hickory: the system's name servers, or the one that the operator names.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use operations::{DnsFailure, TxtRecords};

/// `ADDRESS` or `ADDRESS:PORT`.
pub(crate) fn server(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(address);
    }
    let ip: IpAddr = text.parse().map_err(|_| "an IP address, perhaps with :PORT, for example 9.9.9.9".to_owned())?;
    Ok(SocketAddr::new(ip, 53))
}

/// Looks records up, afresh at every call.
pub(crate) struct Dns(TokioResolver);

impl Dns {
    /// By this name server, or by the system's.
    pub(crate) fn new(server: Option<SocketAddr>) -> Result<Self, DnsFailure> {
        let mut builder = match server {
            None => TokioResolver::builder_tokio().map_err(|error| DnsFailure(error.to_string()))?,
            Some(server) => {
                let connection = |mut connection: ConnectionConfig| {
                    connection.port = server.port();
                    connection
                };
                let connections = vec![connection(ConnectionConfig::udp()), connection(ConnectionConfig::tcp())];
                let server = NameServerConfig::new(server.ip(), true, connections);
                let config = ResolverConfig::from_name_servers(vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        options.timeout = Duration::from_secs(3);
        options.attempts = 2;
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        builder.build().map(Self).map_err(|error| DnsFailure(error.to_string()))
    }
}

impl TxtRecords for Dns {
    async fn texts(&self, name: &str) -> Result<Vec<String>, DnsFailure> {
        // The dot at the end keeps the search domains of the operator's machine out.
        match self.0.txt_lookup(format!("{name}.")).await {
            Ok(lookup) => Ok(lookup
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::TXT(text) => Some(text.txt_data.concat()),
                    _ => None,
                })
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(DnsFailure(error.to_string())),
        }
    }
}
