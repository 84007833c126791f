//! Binds loopback listeners.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use tokio::net::TcpListener;

/// Binds a TCP listener.
///
/// # Errors
/// Fails if the address is not a loopback address or cannot be bound.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    ensure!(
        address.ip().is_loopback(),
        "{address} is not a loopback address: the sandbox must not be reachable from other machines"
    );
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Returns the URL of a listener, without a trailing slash.
pub(crate) fn url(tcp: &TcpListener) -> Result<String> {
    Ok(format!("http://{}", tcp.local_addr()?))
}
