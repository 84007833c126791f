//! Without a command: checks everything that can be checked without a cluster, then runs the operator until it is told to stop.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use interpreter::catalog::Catalog;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::{Arguments, Usage};
use crate::config::{self, Config, ConfigError, Document, Places, Vocabulary};
use crate::engine::{self, Options, Reload, Told};
use crate::telemetry::{Phase, Telemetry, server};

/// Runs the operator until it ends, which it does soon after SIGTERM or SIGINT. A second signal ends the process at once.
pub fn run(arguments: &Arguments) -> Result<()> {
    let shelf = arguments.shelf()?;
    let base = shelf.base;
    let source = Source { file: arguments.config.clone(), catalog: Arc::new(shelf.catalog) };
    let config = source.read(&source.catalog, &[])?;
    let (catalogs, manages_definitions) = (arguments.catalog_config_maps.clone(), arguments.manage_crds);
    // A file that was named is all there is; otherwise, what is missing may yet be written into the cluster.
    let objects = source.file.is_none() && may_reach_a_cluster(arguments);
    if !objects {
        source.complete(&config)?;
    }
    runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let telemetry = Arc::<Telemetry>::default();
        let listen = config.operator.listen;
        let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}; see `operator.listen`"))?;
        let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
        tracing::info!(listen = %listener.local_addr()?, version = env!("CARGO_PKG_VERSION"), "starting");
        let (stopping, shutdown) = watch::channel(false);
        let (kubeconfig, namespace) = (arguments.kubeconfig.clone(), variable("POD_NAMESPACE"));
        let identity = variable("POD_NAME").or_else(|| variable("HOSTNAME")).unwrap_or_else(|| "operator".into());
        let reload: Reload = Arc::new(move |catalog, told| source.read(catalog, told));
        let telemetry_of_engine = Arc::clone(&telemetry);
        let options = Options {
            base,
            catalogs,
            manages_definitions,
            config,
            reload,
            objects,
            kubeconfig,
            namespace,
            identity,
            telemetry: telemetry_of_engine,
            shutdown,
        };
        tokio::select! {
            ended = engine::run(options) => ended,
            ended = stop(signals, &telemetry, stopping) => ended,
            failed = server::serve(listener, Arc::clone(&telemetry)) => failed.context("health and metrics can no longer be served"),
        }
    })
}

/// What files and environment tell, without what may stand in the cluster; credentials may be missing.
pub(super) fn configuration(arguments: &Arguments, catalog: &Arc<Catalog>) -> Result<Config> {
    Source { file: arguments.config.clone(), catalog: Arc::clone(catalog) }.read(catalog, &[])
}

/// Whether anything says how to reach a cluster.
fn may_reach_a_cluster(arguments: &Arguments) -> bool {
    let named = ["KUBECONFIG", "KUBERNETES_SERVICE_HOST"].iter().any(|name| variable(name).is_some_and(|value| !value.is_empty()));
    let usual = || variable("HOME").is_some_and(|home| Path::new(&home).join(".kube/config").exists());
    arguments.kubeconfig.is_some() || named || usual()
}

/// Where the configuration comes from, besides the environment.
struct Source {
    file: Option<PathBuf>,
    catalog: Arc<Catalog>,
}

impl Source {
    /// Reads all of it anew, and takes in what objects of the cluster tell.
    fn read(&self, catalog: &Catalog, told: &[Told]) -> Result<Config> {
        let read = || -> Result<Config, ConfigError> {
            let mut documents = config::documents(config::search(self.file.as_deref(), &Places::of(&variable)))?;
            for Told { kind, namespace, text } in told {
                documents.push(Document::of_object(kind, namespace, text)?);
            }
            config::resolve(&documents, &variable, &Vocabulary::of(catalog).growing())
        };
        read().map_err(|error| Usage(error.to_string()).into())
    }

    /// Refuses to begin without any credentials, or with a part of some.
    fn complete(&self, config: &Config) -> Result<()> {
        let unusable = config::unusable(config, &self.catalog);
        let used = |api: &&String| self.catalog.addons.values().any(|addon| addon.api.name == **api);
        let none_at_all = self.catalog.apis.keys().filter(used).all(|api| unusable.contains_key(api));
        for (api, missing) in unusable {
            let begun = config.apis.get(&api).is_some_and(|settings| !settings.credentials.is_empty());
            if begun || none_at_all {
                return Err(Usage(missing.to_string()).into());
            }
            tracing::warn!(api, "its add-ons cannot be managed: {missing}");
        }
        Ok(())
    }
}

/// Says at the first signal that it is time to stop, and ends at the second.
async fn stop(mut signals: [Signal; 2], telemetry: &Telemetry, shutdown: watch::Sender<bool>) -> Result<()> {
    any(&mut signals).await;
    tracing::info!("stopping; another signal ends it at once");
    telemetry.health.phase(Phase::Stopping);
    shutdown.send_replace(true);
    any(&mut signals).await;
    bail!("ended by a second signal, before everything was brought to an end")
}

async fn any([one, other]: &mut [Signal; 2]) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
