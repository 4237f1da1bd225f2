//! The only way this package listens: on loopback.

use std::io;
use std::net::SocketAddr;

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
