//! The program `clever-sandbox`, which runs a sandbox until SIGINT or SIGTERM.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use clever_sandbox::{Config, DatabaseService, Sandbox};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Run a stand-in for the Clever Cloud API. Prints one line of JSON, `{"url": …}`, when it is ready
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Listen on this loopback address; port 0 selects a free port
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Listen on a second loopback address, which accepts bearer tokens only
    #[arg(long)]
    bridge_listen: Option<SocketAddr>,
    /// Accept bearer tokens on the first address too
    #[arg(long)]
    bearer: bool,
    /// Read the offers from this file instead of the built-in ones
    #[arg(long)]
    offers: Option<PathBuf>,
    /// Read the service description from this file instead of Clever Cloud's
    #[arg(long)]
    service: Option<PathBuf>,
    /// Read the accounts from this file instead of the demo accounts
    #[arg(long)]
    accounts: Option<PathBuf>,
    /// Keep the add-ons in this file across restarts
    #[arg(long)]
    state: Option<PathBuf>,
    /// Generate reproducible ids and passwords from this seed
    #[arg(long)]
    seed: Option<String>,
    /// Run only the example database service of docs/your-first-kind.md, on this loopback address
    #[arg(long, value_name = "ADDRESS", exclusive = true)]
    databases: Option<SocketAddr>,
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let Args { listen, bridge_listen, bearer, offers, service, accounts, state, seed, databases } =
        Args::parse();
    if let Some(address) = databases {
        let databases = DatabaseService::start(address).await?;
        println!("{}", json!({"url": databases.url()}));
        return shutdown_signal().await;
    }
    let sandbox =
        Sandbox::start(Config { listen, bridge_listen, bearer, offers, service, accounts, state, seed })
            .await?;
    println!("{}", json!({"url": sandbox.url(), "bridgeUrl": sandbox.bridge_url()}));
    shutdown_signal().await
}

async fn shutdown_signal() -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    Ok(())
}
