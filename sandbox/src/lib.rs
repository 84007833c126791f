//! A faithful, stateful stand-in for the Clever Cloud API, on loopback: a library for tests, and the program `clever-sandbox`.
//! Its own implementation of everything; shares no code with the operator. What it can be told to do is in `README.md`.

mod accounts;
mod addon;
mod admin;
mod auth;
mod cloud;
mod crud;
mod databases;
mod dispatch;
mod faults;
mod handler;
mod id_generator;
mod listen;
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

/// How a sandbox starts. The default listens on a port of its own choice and forgets everything.
#[derive(Clone, Debug)]
pub struct Config {
    /// A loopback address; port 0 chooses one.
    pub listen: SocketAddr,
    /// A second one, for bearer tokens.
    pub bridge_listen: Option<SocketAddr>,
    /// Takes bearer tokens on the first listener too.
    pub bearer: bool,
    /// What is sold; today's offers if absent.
    pub offers: Option<PathBuf>,
    /// How it is called; Clever Cloud's names if absent.
    pub service: Option<PathBuf>,
    /// Who may use it; two public demonstration accounts if absent.
    pub accounts: Option<PathBuf>,
    /// Where the add-ons are kept across restarts.
    pub state: Option<PathBuf>,
    /// Makes ids and passwords reproducible.
    pub seed: Option<String>,
}

/// A running sandbox. Ends when dropped.
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
    /// Starts on the caller's runtime. It answers as soon as this returns.
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

    /// Where it listens, such as `http://127.0.0.1:4711`; without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens for bearer tokens, if it does.
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
    let service = ServiceDescription::parse(&read_or_default(config.service.as_deref(), include_str!("../data/service.json"))?)
        .context("service description")?;
    let offers = Offers::parse(&read_or_default(config.offers.as_deref(), include_str!("../data/offers.json"))?).context("offers")?;
    let accounts =
        Accounts::parse(&read_or_default(config.accounts.as_deref(), include_str!("../data/accounts.json"))?).context("accounts")?;
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
