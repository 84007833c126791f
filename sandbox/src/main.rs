//! The program `clever-sandbox`: a sandbox until Ctrl-C or SIGTERM.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use clever_sandbox::{Config, DatabaseService, Sandbox};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A stand-in for the Clever Cloud API. Prints one line of JSON, `{"url": …}`, when it is ready.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Loopback address; port 0 chooses one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A second address, for bearer tokens
    #[arg(long)]
    bridge_listen: Option<SocketAddr>,
    /// Take bearer tokens on the first address too
    #[arg(long)]
    bearer: bool,
    /// What is sold, instead of today's offers
    #[arg(long)]
    offers: Option<PathBuf>,
    /// How everything is called, instead of Clever Cloud's names
    #[arg(long)]
    service: Option<PathBuf>,
    /// Who may use it, instead of the demonstration accounts
    #[arg(long)]
    accounts: Option<PathBuf>,
    /// Keep the add-ons here across restarts
    #[arg(long)]
    state: Option<PathBuf>,
    /// Make ids and passwords reproducible
    #[arg(long)]
    seed: Option<String>,
    /// Be nothing but a small service of databases at this loopback address, for a first kind of one's own
    #[arg(long, value_name = "ADDRESS", exclusive = true)]
    databases: Option<SocketAddr>,
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env()).with_writer(std::io::stderr).init();
    let Args { listen, bridge_listen, bearer, offers, service, accounts, state, seed, databases } = Args::parse();
    if let Some(address) = databases {
        let databases = DatabaseService::start(address).await?;
        println!("{}", json!({"url": databases.url()}));
        return shutdown_signal().await;
    }
    let sandbox = Sandbox::start(Config { listen, bridge_listen, bearer, offers, service, accounts, state, seed }).await?;
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
