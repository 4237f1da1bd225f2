//! The only way this package listens: on loopback, to callers who mean loopback.

use std::io;
use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// Binds `address`, or refuses it if other machines could reach it.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "{address} can be reached from other machines. This is a development tool that shows passwords' codes \
                 and trusts every caller: it listens on loopback only. Use 127.0.0.1:{} or [::1]:{}.",
                address.port(),
                address.port()
            ),
        ));
    }
    TcpListener::bind(address).await
}

/// Refuses a request that names another host: a web page whose name was pointed at this machine (DNS rebinding) would
/// read codes otherwise.
pub(crate) async fn only_local_names(request: Request, next: Next) -> Response {
    let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_local(host) {
        next.run(request).await
    } else {
        (
            StatusCode::MISDIRECTED_REQUEST,
            format!("{host} is not this machine's loopback: use 127.0.0.1 or localhost.\n"),
        )
            .into_response()
    }
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let name = name.to_ascii_lowercase();
    address.is_ok_and(|address| address.is_loopback()) || name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_machines_own_names() {
        for host in ["127.0.0.1:9229", "127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:80", "[::1]", "pool.localhost:1"]
        {
            assert!(is_local(host), "{host}");
        }
        for host in
            ["", "evil.example", "evil.example:9229", "10.0.0.1:1", "127.0.0.1.evil.example", "localhost.evil.example"]
        {
            assert!(!is_local(host), "{host}");
        }
    }
}
