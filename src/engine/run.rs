//! Set-up of the operator, the main loop, and an orderly shutdown.

use std::collections::BTreeMap;
use std::future;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cluster::lease::LeaseState;
use crate::cluster::{Cluster, ClusterOptions, Key, connect};
use crate::config::Config;
use crate::engine::annotations;
use crate::engine::catalog::{self, CatalogSources, CatalogState, Installation};
use crate::engine::config_objects::{ConfigText, Configuration, Objects, Reload, first_texts};
use crate::engine::context::{Background, Engine, Parts};
use crate::engine::controllers::config_sync::follow_configuration;
use crate::engine::helm_release::ReportedReleases;
use crate::engine::identity::InstallationIdentity;
use crate::engine::kind::controller::watch_state;
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
    /// The cluster to connect to.
    pub cluster: ClusterOptions,
    /// The operator's namespace, which contains its lease; `None`: the default one of the connection.
    pub namespace: Option<String>,
    /// The name of this replica in messages: the pod's name.
    pub identity: String,
    /// Health, metrics and catalog report.
    pub telemetry: Arc<Telemetry>,
    /// Becomes true when the operator has to stop.
    pub shutdown: watch::Receiver<bool>,
}

/// Runs until `shutdown` becomes true.
///
/// # Errors
/// The configuration does not suffice to start: no cluster is configured, or credentials are missing. Later
/// problems are reported as health and never end the operator.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let (telemetry, mut shutdown) = (options.telemetry.clone(), options.shutdown.clone());
    let cluster = Cluster::new(connect(&options.cluster).await?, annotations::FIELD_MANAGER);
    let namespace =
        options.namespace.clone().unwrap_or_else(|| cluster.client().default_namespace().to_owned());
    // Waiting for the cluster is no reason for a restart.
    let (config, texts, catalog_state, identity) = tokio::select! {
        beginning = begin(&options, &cluster, &namespace) => beginning?,
        () = heartbeat(&telemetry, || ()) => return Ok(()),
        _ = shutdown.wait_for(|stop| *stop) => return Ok(()),
    };
    let lease = Key::new(&*namespace, LEASE_NAME);
    let installation = Installation {
        name: lease.to_string(),
        manages_crds: options.manages_definitions,
        reported_releases: ReportedReleases::default(),
    };
    let (objects, object_changes) =
        options.objects.then(|| Objects::follow(&cluster, &namespace, texts)).unzip();
    let (engine, background) = Engine::new(Parts {
        cluster,
        lease,
        replica: options.identity,
        identity,
        config: Configuration::new(config, options.reload, objects),
        catalog: catalog_state.active(),
        base: Arc::new(options.base.update().catalog),
        telemetry,
    })?;
    let engine = Arc::new(engine);
    let Background { secrets, credentials, election } = background;
    let election = tokio::spawn(election);
    let config_maps = catalog_state.config_maps.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(secrets.for_each({
        let engine = engine.clone();
        move |change| {
            engine.controllers.queue_owners(&change.latest().metadata);
            future::ready(())
        }
    }));
    tasks.spawn(credentials.for_each({
        let engine = engine.clone();
        move |secret| {
            queue_users(&engine, &secret);
            future::ready(())
        }
    }));
    let object_changes = object_changes.unwrap_or_else(|| stream::pending().boxed());
    tasks.spawn(follow_configuration(engine.clone(), object_changes));
    tasks.spawn(engine.clone().run_credentials_protection());
    tasks.spawn({
        let engine = engine.clone();
        async move { heartbeat(&engine.telemetry, || report(&engine, watch_state(config_maps.health()))).await }
    });
    tasks.spawn({
        let engine = engine.clone();
        async move {
            let queue_all = || engine.controllers.all().iter().for_each(|controller| controller.queue_all());
            engine.identity.follow(&engine.cluster, &engine.telemetry.health, queue_all).await;
        }
    });
    let catalog = tokio::spawn(catalog::run(engine.clone(), catalog_state, installation, options.shutdown));
    engine.telemetry.health.phase(Phase::Running);
    let _ = shutdown.wait_for(|stop| *stop).await;
    engine.telemetry.health.phase(Phase::Stopping);
    // The task stops the controllers and takes no longer than a pod's grace period.
    let _ = catalog.await;
    engine.events.flush(Duration::from_secs(1)).await;
    engine.leadership.resign();
    // The election releases the lease.
    let _ = tokio::time::timeout(Duration::from_secs(2), election).await;
    Ok(())
}

/// Loads the catalog, the configuration in cluster objects and the identity of the installation, and retries
/// until all are known.
async fn begin(
    options: &Options,
    cluster: &Cluster,
    namespace: &str,
) -> anyhow::Result<(Config, Vec<ConfigText>, CatalogState, InstallationIdentity)> {
    let mut catalog_state = CatalogState::follow(options.base.clone(), cluster, namespace, &options.catalogs);
    catalog_state.listed().await;
    catalog_state.recall(catalog_state.store.read());
    let texts = if options.objects { first_texts(cluster, namespace).await } else { Vec::new() };
    // The namespaces to watch do not depend on the catalog.
    let bounds = Bounds::of(&(options.reload)(&options.base.update().catalog, &texts)?.operator);
    catalog_state.validate(cluster, &bounds.scope, &BTreeMap::new()).await;
    let config = (options.reload)(&catalog_state.update.catalog, &texts)?;
    let confined = !config.operator.watch_namespaces.is_empty();
    let identity = InstallationIdentity::read(cluster, namespace, confined).await;
    Ok((config, texts, catalog_state, identity))
}

/// Queues all resources of a namespace when its credentials have changed.
fn queue_users(engine: &Engine, secret: &Key) {
    let namespace = secret.namespace.as_deref().unwrap_or_default();
    tracing::info!(namespace, secret = secret.name, "namespace credentials changed");
    engine.controllers.queue_namespace(namespace);
}

/// Keeps liveness up, without end.
async fn heartbeat(telemetry: &Telemetry, report: impl Fn()) {
    loop {
        report();
        // Comes last, so that a deadlock above makes the liveness probe fail.
        telemetry.health.beat();
        tokio::time::sleep(HEARTBEAT_INTERVAL).await;
    }
}

/// Reports leadership, watches and queues to telemetry.
fn report(engine: &Engine, catalogs: Watch) {
    let Telemetry { health, metrics, catalog } = engine.telemetry.as_ref();
    health.lease(match engine.leadership.state() {
        LeaseState::Undecided => Lease::Undecided,
        LeaseState::Held => Lease::Held,
        LeaseState::HeldBy(holder) => Lease::Standby(holder),
        LeaseState::Unreachable(why) => Lease::Unreachable(why),
    });
    metrics.leader(engine.leadership.is_leader());
    health.watched("secrets", watch_state(engine.controllers.secrets_health()));
    health.watched("overrides", watch_state(engine.credentials.health()));
    health.watched("catalogs", catalogs);
    for controller in engine.controllers.all() {
        let (kind, watch) = (controller.kind.to_string(), controller.health());
        let broken = if let Watch::Broken(why) = &watch { Some(why.clone()) } else { None };
        catalog.note(&kind, Topic::Watch, broken);
        health.watch(&kind, watch);
        metrics.workqueue_depth(&kind, controller.queue.counts().0);
    }
}
