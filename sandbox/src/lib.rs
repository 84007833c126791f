//! A stateful stand-in for the Clever Cloud API on loopback: a library for tests, and the program
//! `clever-sandbox`. The sandbox shares no code with the operator. `README.md` documents its settings and
//! faults.

mod accounts;
mod addon;
mod admin;
mod auth;
mod cloud;
mod crud;
mod databases;
mod dispatch;
mod echo;
mod faults;
mod handler;
mod id_generator;
mod listen;
mod network_group;
mod offers;
mod operations;
mod options;
mod rate_limiter;
mod request;
mod request_log;
mod response;
mod routes;
mod server;
mod service;
mod settings;
mod shared;
mod state_file;
mod template;
mod time;
mod views;
mod world;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::task::JoinHandle;

pub use crate::databases::DatabaseService;

use crate::accounts::Accounts;
use crate::cloud::Cloud;
use crate::listen::bind;
use crate::offers::Offers;
use crate::request::Listener;
use crate::service::ServiceDescription;
use crate::shared::{CloudHandle, SharedCloud};
use crate::state_file::StateFile;
use crate::world::World;

/// The configuration of a sandbox. The default listens on a free port and keeps no state across restarts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Loopback address to listen on; port 0 selects a free port.
    pub listen: SocketAddr,
    /// Address of a second listener, which accepts bearer tokens only.
    pub bridge_listen: Option<SocketAddr>,
    /// Accept bearer tokens on the first listener too.
    pub bearer: bool,
    /// File with the offers; the current offers if absent.
    pub offers: Option<PathBuf>,
    /// File with the service description; Clever Cloud's if absent.
    pub service: Option<PathBuf>,
    /// File with the accounts; two public demo accounts if absent.
    pub accounts: Option<PathBuf>,
    /// File that keeps the add-ons across restarts.
    pub state: Option<PathBuf>,
    /// Seed for reproducible ids and passwords; random if absent.
    pub seed: Option<String>,
}

/// A running sandbox. It stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    url: String,
    bridge_url: Option<String>,
    shared: CloudHandle,
    servers: Vec<JoinHandle<()>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            bridge_listen: None,
            bearer: false,
            offers: None,
            service: None,
            accounts: None,
            state: None,
            seed: None,
        }
    }
}

impl Sandbox {
    /// Starts a sandbox on the caller's runtime. It serves requests when this returns.
    ///
    /// # Errors
    /// Fails if an address is not a loopback address or cannot be bound, or if a file cannot be read or
    /// parsed.
    pub async fn start(config: Config) -> Result<Self> {
        let main = bind(config.listen).await?;
        let bridge = match config.bridge_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let store = config.state.as_deref().map(StateFile::at);
        let shared = Arc::new(SharedCloud::new(build_cloud(&config, store.as_ref())?, store));
        let url = listen::url(&main)?;
        let bridge_url = bridge.as_ref().map(listen::url).transpose()?;
        let mut servers = vec![tokio::spawn(server::serve(main, shared.clone(), Listener::Main))];
        servers.extend(bridge.map(|tcp| tokio::spawn(server::serve(tcp, shared.clone(), Listener::Bridge))));
        Ok(Self { url, bridge_url, shared, servers })
    }

    /// Returns the URL of the sandbox, such as `http://127.0.0.1:4711`, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the URL of the listener for bearer tokens, if there is one.
    pub fn bridge_url(&self) -> Option<&str> {
        self.bridge_url.as_deref()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
        self.shared.stop();
    }
}

fn build_cloud(config: &Config, store: Option<&StateFile>) -> Result<Cloud> {
    let service = ServiceDescription::parse(&read_or_default(
        config.service.as_deref(),
        include_str!("../data/service.json"),
    )?)
    .context("cannot read the service description")?;
    let offers =
        Offers::parse(&read_or_default(config.offers.as_deref(), include_str!("../data/offers.json"))?)
            .context("cannot read the offers")?;
    let accounts =
        Accounts::parse(&read_or_default(config.accounts.as_deref(), include_str!("../data/accounts.json"))?)
            .context("cannot read the accounts")?;
    let saved = store.map(StateFile::load).transpose()?.flatten();
    let world = saved.unwrap_or_else(|| World::new(config.seed.clone()));
    let settings = settings::CloudSettings { bearer: config.bearer, ..Default::default() };
    Cloud::new(service, offers, accounts, settings, world)
}

fn read_or_default(path: Option<&Path>, default: &str) -> Result<String> {
    match path {
        Some(path) => fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display())),
        None => Ok(default.to_owned()),
    }
}
