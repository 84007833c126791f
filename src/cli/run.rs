//! The operator itself: validates all that needs no cluster, then runs until it is stopped.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::cli::config_source::{ConfigSource, misspelt_variables, variable};
use crate::cli::options::GlobalOptions;
use crate::config::KnownKeys;
use crate::engine::{self, Reload};
use crate::telemetry::{Phase, Telemetry, server};

/// Runs the operator until SIGTERM or SIGINT, and then stops it cleanly. A second signal ends the process at
/// once.
pub(crate) fn run(options: &GlobalOptions) -> Result<()> {
    let loaded = options.load_catalog()?;
    let base = loaded.base;
    let source = ConfigSource { file: options.config.clone(), catalog: Arc::new(loaded.catalog) };
    let config = source.read(&source.catalog, &[])?;
    for (variable, meant) in misspelt_variables(&KnownKeys::of(&source.catalog)) {
        tracing::warn!(variable, "unknown variable, which has no effect; did you mean {meant}?");
    }
    let (catalogs, manages_definitions) = (options.catalog_config_maps.clone(), options.manage_crds);
    // A named file is the only source; otherwise, missing credentials may still be added in the cluster.
    let reads_objects = source.file.is_none() && has_cluster_access(options);
    if !reads_objects {
        source.check_usable(&config)?;
    }
    runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let telemetry = Arc::<Telemetry>::default();
        let listen = config.operator.listen;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}; set another address in `operator.listen`"))?;
        let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
        tracing::info!(listen = %listener.local_addr()?, version = env!("CARGO_PKG_VERSION"), "starting operator");
        let (stopping, shutdown) = watch::channel(false);
        let (cluster, namespace) = (options.cluster(), variable("POD_NAMESPACE"));
        let identity = variable("POD_NAME").or_else(|| variable("HOSTNAME")).unwrap_or_else(|| "operator".into());
        let reload: Reload = Arc::new(move |catalog, objects| source.read(catalog, objects));
        let telemetry_of_engine = Arc::clone(&telemetry);
        let options = engine::Options {
            base,
            catalogs,
            manages_definitions,
            config,
            reload,
            objects: reads_objects,
            cluster,
            namespace,
            identity,
            telemetry: telemetry_of_engine,
            shutdown,
        };
        tokio::select! {
            ended = engine::run(options) => ended,
            ended = stop(signals, &telemetry, stopping) => ended,
            failed = server::serve(listener, Arc::clone(&telemetry)) => failed.context("the server for health and metrics failed"),
        }
    })
}

/// Returns whether there is any configuration of a cluster.
fn has_cluster_access(options: &GlobalOptions) -> bool {
    let named = ["KUBECONFIG", "KUBERNETES_SERVICE_HOST"]
        .iter()
        .any(|name| variable(name).is_some_and(|value| !value.is_empty()));
    let default = || variable("HOME").is_some_and(|home| Path::new(&home).join(".kube/config").exists());
    options.kubeconfig.is_some() || options.context.is_some() || named || default()
}

/// Starts the shutdown at the first signal, and returns an error at the second.
async fn stop(mut signals: [Signal; 2], telemetry: &Telemetry, shutdown: watch::Sender<bool>) -> Result<()> {
    next_signal(&mut signals).await;
    tracing::info!("shutting down; a second signal stops at once");
    telemetry.health.phase(Phase::Stopping);
    shutdown.send_replace(true);
    next_signal(&mut signals).await;
    bail!("stopped by a second signal before the shutdown was complete")
}

async fn next_signal([one, other]: &mut [Signal; 2]) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
