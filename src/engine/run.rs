//! Set-up of the operator, the main loop, and an orderly shutdown.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::{StreamExt, stream};
use kube::api::{DynamicObject, PartialObjectMeta};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cluster::events::Events;
use crate::cluster::lease::store::ClusterLease;
use crate::cluster::lease::{self, Leadership, LeaseState};
use crate::cluster::namespace::Namespaces;
use crate::cluster::watch::{Changes, watch_metadata};
use crate::cluster::{Cluster, Key, Kind, connect};
use crate::config::{Config, LeaseSettings};
use crate::engine::annotations;
use crate::engine::catalog::state::{CatalogSources, CatalogState};
use crate::engine::clock::Clock;
use crate::engine::cloud_api::account_cache::Accounts;
use crate::engine::config_objects::first_texts;
use crate::engine::config_objects::{ConfigText, Objects, Reload};
use crate::engine::context::Engine;
use crate::engine::credentials::connect::Connector;
use crate::engine::credentials::service::{ChangedSecrets, CredentialsService};
use crate::engine::kind::controller::{Controller, watch_state};
use crate::engine::kind::unlisted::Unlisted;
use crate::engine::scope::Bounds;
use crate::telemetry::{Lease, Phase, Telemetry, Topic, Watch};

/// Interval of health updates.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);
/// Name of the lease in the operator's namespace.
const LEASE_NAME: &str = "clever-operator";

/// Options of the operator.
pub struct Options {
    /// The catalog's sources other than ConfigMaps.
    pub base: CatalogSources,
    /// Names of ConfigMaps in the operator's namespace that extend the catalog, in addition to those with the
    /// label.
    pub catalogs: Vec<String>,
    /// True when the operator creates and updates the CRDs itself.
    pub manages_definitions: bool,
    /// The configuration from files and variables.
    pub config: Config,
    /// Reads the configuration again, with texts from objects of the cluster.
    pub reload: Reload,
    /// True when objects of the cluster may hold configuration.
    pub objects: bool,
    /// Path of the kubeconfig; `None`: as `kubectl` would find it.
    pub kubeconfig: Option<PathBuf>,
    /// The operator's namespace, which contains its lease; `None`: the default one of the connection.
    pub namespace: Option<String>,
    /// The name of this replica in messages: the pod's name.
    pub identity: String,
    /// Health, metrics and catalog report.
    pub telemetry: Arc<Telemetry>,
    /// Becomes true when the operator has to stop.
    pub shutdown: watch::Receiver<bool>,
}

/// State that is loaded before any controller starts.
struct Beginning {
    config: Config,
    texts: Vec<ConfigText>,
    catalog_state: CatalogState,
}

/// Runs until `shutdown` becomes true.
///
/// # Errors
/// The configuration does not suffice to start: no cluster is configured, or credentials are missing. Later
/// problems are reported as health and never end the operator.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let (telemetry, mut shutdown) = (options.telemetry.clone(), options.shutdown.clone());
    let cluster = Cluster::new(connect(options.kubeconfig.as_deref()).await?, annotations::FIELD_MANAGER);
    let namespace =
        options.namespace.clone().unwrap_or_else(|| cluster.client().default_namespace().to_owned());
    let beginning = tokio::select! {
        beginning = begin(&options, &cluster, &namespace) => beginning?,
        () = beating(&telemetry) => return Ok(()),
        _ = shutdown.wait_for(|stop| *stop) => return Ok(()),
    };
    let mut background = JoinSet::new();
    let (engine, election) = set_up(options, cluster, &namespace, beginning, &mut background)?;
    let election = tokio::spawn(election);
    background.spawn(engine.clone().run_credentials_protection());
    background.spawn(heartbeat(engine.clone()));
    let catalog_state = tokio::spawn(engine.clone().run_catalog_sync());
    engine.telemetry.health.phase(Phase::Running);
    let _ = shutdown.wait_for(|stop| *stop).await;
    stop(&engine, catalog_state, election).await;
    Ok(())
}

/// Loads the catalog, and the configuration in cluster objects, and retries until both are known.
async fn begin(options: &Options, cluster: &Cluster, namespace: &str) -> anyhow::Result<Beginning> {
    let mut catalog_state = CatalogState::follow(options.base.clone(), cluster, namespace, &options.catalogs);
    catalog_state.opened().await;
    let texts = if options.objects { first_texts(cluster, namespace).await } else { Vec::new() };
    // The namespaces to watch do not depend on the catalog.
    let bounds = Bounds::of(&(options.reload)(&options.base.admitted().catalog, &texts)?.operator);
    let catalog = catalog_state.first(cluster, &bounds.scope).await;
    let config = (options.reload)(&catalog, &texts)?;
    let catalog_state = catalog_state.switched(config.operator.switches.clone());
    Ok(Beginning { config, texts, catalog_state })
}

/// Creates the engine and its watches, and returns the election, which makes progress only while it is
/// polled.
fn set_up(
    options: Options,
    cluster: Cluster,
    namespace: &str,
    beginning: Beginning,
    background: &mut JoinSet<()>,
) -> anyhow::Result<(Arc<Engine>, impl Future<Output = ()> + Send + use<>)> {
    let Beginning { config, texts, catalog_state } = beginning;
    let active = catalog_state.active();
    let bounds = Bounds::of(&config.operator);
    let (leadership, election) = candidate(&cluster, &config, namespace, &options.identity);
    let (secrets, secret_changes) =
        watch_metadata(&cluster, &Kind::secrets(), &bounds.scope, annotations::OWNER);
    let connector =
        Connector::new(&active.catalog, config.operator.request_timeout, options.telemetry.clone())?;
    let config = Arc::new(ArcSwap::from_pointee(config));
    let (credentials, changed_secrets) = CredentialsService::follow(
        &cluster,
        &bounds.scope,
        &Arc::new(options.base.admitted().catalog),
        connector,
        config.clone(),
    );
    credentials.secrets.apply_catalog(&active.catalog);
    let (objects, object_changes) =
        options.objects.then(|| Objects::follow(&cluster, namespace, texts)).unzip();
    let engine = Arc::new(Engine {
        clock: Clock::start(),
        process: uuid::Uuid::new_v4().to_string(),
        operator: options.identity.clone(),
        bounds,
        namespaces: Namespaces::new(cluster.clone()),
        events: Events::new(cluster.clone(), annotations::FIELD_MANAGER, options.identity),
        secrets,
        leadership,
        config,
        reload: options.reload,
        config_problem: Mutex::default(),
        objects,
        credentials,
        catalog_state,
        catalog: ArcSwap::from_pointee(active),
        installation: format!("{namespace}/{LEASE_NAME}"),
        manages_definitions: options.manages_definitions,
        accounts: Accounts::default(),
        telemetry: options.telemetry,
        shutdown: options.shutdown,
        controllers: RwLock::default(),
        unlisted: Unlisted::default(),
        cluster,
    });
    background.spawn(follow_secrets(engine.clone(), secret_changes));
    background.spawn(follow_credentials(engine.clone(), changed_secrets));
    background.spawn(
        engine.clone().follow_configuration(object_changes.unwrap_or_else(|| stream::pending().boxed())),
    );
    Ok((engine, election))
}

/// Creates this process's leadership, and the election, which makes progress only while it is polled.
pub(crate) fn candidate(
    cluster: &Cluster,
    config: &Config,
    namespace: &str,
    identity: &str,
) -> (Leadership, impl Future<Output = ()> + Send + use<>) {
    let store = ClusterLease::new(cluster.clone(), Key::new(namespace, LEASE_NAME));
    let LeaseSettings { duration, renew_deadline, retry } = config.operator.lease;
    let settings = lease::Settings { duration, renew_deadline, retry };
    lease::elect(store, settings, lease::identity(identity), lease::system_clock())
}

async fn follow_secrets(engine: Arc<Engine>, mut changes: Changes<PartialObjectMeta<DynamicObject>>) {
    while let Some(change) = changes.next().await {
        let metadata = &change.latest().metadata;
        let namespace = metadata.namespace.as_deref().unwrap_or_default();
        let controllers = engine.controllers.read().clone();
        for owner in metadata.owner_references.iter().flatten() {
            let of_kind = |controller: &&Arc<Controller>| {
                controller.kind.kind == owner.kind && controller.kind.api_version() == owner.api_version
            };
            if let Some(controller) = controllers.iter().find(of_kind) {
                controller.queue_owner(namespace, &owner.name, &owner.uid);
            }
        }
    }
}

/// Queues all resources of a namespace when its credentials change.
async fn follow_credentials(engine: Arc<Engine>, mut changed: ChangedSecrets) {
    while let Some(Key { namespace, name }) = changed.next().await {
        let namespace = namespace.unwrap_or_default();
        tracing::info!(namespace, secret = name, "namespace credentials changed");
        engine.queue_namespace(&namespace);
    }
}

/// Keeps liveness up during the set-up: waiting for the cluster is no reason for a restart. Without end.
async fn beating(telemetry: &Telemetry) {
    loop {
        telemetry.health.beat();
        tokio::time::sleep(HEARTBEAT_INTERVAL).await;
    }
}

async fn heartbeat(engine: Arc<Engine>) {
    let Telemetry { health, metrics, catalog } = engine.telemetry.as_ref();
    loop {
        health.lease(match engine.leadership.state() {
            LeaseState::Undecided => Lease::Undecided,
            LeaseState::Held => Lease::Held,
            LeaseState::HeldBy(holder) => Lease::Standby(holder),
            LeaseState::Unreachable(why) => Lease::Unreachable(why),
        });
        metrics.leader(engine.leadership.is_leader());
        health.secrets(watch_state(engine.secrets.health()));
        health.overrides(watch_state(engine.credentials.health()));
        if let Some(catalogs) = engine.catalog_state.health() {
            health.catalogs(watch_state(catalogs));
        }
        for controller in engine.controllers.read().iter() {
            let (kind, watch) = (controller.kind.to_string(), controller.health());
            let broken = if let Watch::Broken(why) = &watch { Some(why.clone()) } else { None };
            catalog.note(&kind, Topic::Watch, broken);
            health.watch(&kind, watch);
            metrics.workqueue_depth(&kind, controller.queue.counts().0);
        }
        // Comes last, so that a deadlock above makes the liveness probe fail.
        health.beat();
        tokio::time::sleep(HEARTBEAT_INTERVAL).await;
    }
}

/// Lets running reconciliations end, and releases the lease.
async fn stop(
    engine: &Engine,
    catalog_state: tokio::task::JoinHandle<()>,
    election: tokio::task::JoinHandle<()>,
) {
    engine.telemetry.health.phase(Phase::Stopping);
    // The task stops the controllers and takes no longer than a pod's grace period.
    let _ = catalog_state.await;
    engine.events.flush(Duration::from_secs(1)).await;
    engine.leadership.resign();
    let _ = tokio::time::timeout(Duration::from_secs(2), election).await;
}
