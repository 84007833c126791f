//! Without a command: checks everything that can be checked without a cluster, then runs the operator until it is told to stop.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use interpreter::catalog::{Catalog, Severity};
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::{Arguments, Shelf, Usage};
use crate::config::{self, Config};
use crate::engine::{self, Options};
use crate::telemetry::{Phase, Telemetry, server};

/// Runs the operator until it ends, which it does soon after SIGTERM or SIGINT. A second signal ends the process at once.
pub fn run(arguments: &Arguments) -> Result<()> {
    let shelf = arguments.shelf()?;
    complain(&shelf);
    let (catalog, config) = configured(arguments, shelf.catalog)?;
    runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let telemetry = Arc::<Telemetry>::default();
        let listen = config.operator.listen;
        let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}; see `operator.listen`"))?;
        let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
        tracing::info!(listen = %listener.local_addr()?, version = env!("CARGO_PKG_VERSION"), "starting");
        let (stopping, shutdown) = watch::channel(false);
        let (kubeconfig, namespace) = (arguments.kubeconfig.clone(), variable("POD_NAMESPACE"));
        let identity = variable("POD_NAME").or_else(|| variable("HOSTNAME")).unwrap_or_else(|| "operator".into());
        let options = Options { catalog, config, kubeconfig, namespace, identity, telemetry: Arc::clone(&telemetry), shutdown };
        tokio::select! {
            ended = engine::run(options) => ended,
            ended = stop(signals, &telemetry, stopping) => ended,
            failed = server::serve(listener, Arc::clone(&telemetry)) => failed.context("health and metrics can no longer be served"),
        }
    })
}

/// One bad entry never takes another down: what is wrong is said, and the rest is served.
fn complain(shelf: &Shelf) {
    for problem in &shelf.problems {
        let (place, help) = (format!("{}:{}:{}", problem.file, problem.line, problem.column), problem.help.as_deref().unwrap_or_default());
        match problem.severity {
            Severity::Error => tracing::error!(place, help, "catalog: {}", problem.message),
            Severity::Warning => tracing::warn!(place, help, "catalog: {}", problem.message),
        }
    }
}

/// What is told, and the part of the catalog that is managed by it.
fn configured(arguments: &Arguments, catalog: Catalog) -> Result<(Catalog, Config)> {
    let config = config::load(arguments.config.as_deref(), &variable, &catalog).map_err(|error| Usage(error.to_string()))?;
    let catalog = catalog.switched(&config.operator.switches);
    let used: Vec<_> = catalog.apis.values().filter(|api| catalog.addons.values().any(|addon| addon.api.name == api.name)).collect();
    let missing: Vec<_> = used.iter().filter_map(|api| Some((api, config::missing(config.apis.get(&api.name)?, api)?))).collect();
    let none_at_all = missing.len() == used.len();
    for (api, missing) in missing {
        let begun = config.apis.get(&api.name).is_some_and(|settings| !settings.credentials.is_empty());
        if begun || none_at_all {
            return Err(Usage(missing.to_string()).into());
        }
        tracing::warn!(api = api.name, "its add-ons cannot be managed: {missing}");
    }
    Ok((catalog, config))
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
