//! Sets everything up, leads or stands by, and ends in an orderly way.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use futures::{StreamExt, stream};
use interpreter::catalog::Catalog;
use kube::api::{DynamicObject, PartialObjectMeta};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cloud::{Budgets, Client, Settings};
use crate::cluster::events::Events;
use crate::cluster::lease::store::ClusterLease;
use crate::cluster::lease::{self, Leadership, LeaseState};
use crate::cluster::namespace::Namespaces;
use crate::cluster::watch::{Changes, watch_metadata};
use crate::cluster::{Cluster, Key, Kind, connect};
use crate::config::{Config, LeaseSettings};
use crate::engine::annotations;
use crate::engine::catalog::state::{Base, Library};
use crate::engine::clock::Clock;
use crate::engine::cloud_api::account_cache::Accounts;
use crate::engine::config_objects::first_told;
use crate::engine::config_objects::{Objects, Reload, Told};
use crate::engine::context::Engine;
use crate::engine::credentials::connect::Reach;
use crate::engine::credentials::namespace_secrets;
use crate::engine::credentials::namespace_secrets::Overrides;
use crate::engine::kind::controller::{Controller, told};
use crate::engine::kind::unlisted::Unlisted;
use crate::engine::scope::Bounds;
use crate::telemetry::{Lease, Phase, Telemetry, Topic, Watch};

/// How often health is brought up to date.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The name of the lease, in the operator's own namespace.
const LEASE: &str = "clever-operator";

/// What an operator is started with.
pub struct Options {
    /// What it interprets, besides what ConfigMaps add.
    pub base: Base,
    /// The ConfigMaps of its namespace that add to that, besides those with the label.
    pub catalogs: Vec<String>,
    /// It makes the definitions itself.
    pub manages_definitions: bool,
    /// What it is told by files and variables.
    pub config: Config,
    /// Reads that anew; and what objects in the cluster tell.
    pub reload: Reload,
    /// Whether objects in the cluster may tell it more.
    pub objects: bool,
    /// How to reach the cluster, if not as `kubectl` would.
    pub kubeconfig: Option<PathBuf>,
    /// The namespace it lives in, where its lease is; none: the one that the way to the cluster names.
    pub namespace: Option<String>,
    /// Which of several replicas it is, for people; the pod's name.
    pub identity: String,
    /// What it tells about itself.
    pub telemetry: Arc<Telemetry>,
    /// Becomes true when it is to stop.
    pub shutdown: watch::Receiver<bool>,
}

/// What was found out before anything is interpreted.
struct Beginning {
    config: Config,
    told: Vec<Told>,
    library: Library,
}

/// Runs until it is told to stop.
///
/// # Errors
/// What it is told does not suffice to begin: no cluster, credentials missing. Once it runs, trouble is a state and no error.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let (telemetry, mut shutdown) = (options.telemetry.clone(), options.shutdown.clone());
    let cluster = Cluster::new(connect(options.kubeconfig.as_deref()).await?, annotations::FIELD_MANAGER);
    let namespace = options.namespace.clone().unwrap_or_else(|| cluster.client().default_namespace().to_owned());
    let beginning = tokio::select! {
        beginning = begin(&options, &cluster, &namespace) => beginning?,
        () = beating(&telemetry) => return Ok(()),
        _ = shutdown.wait_for(|stop| *stop) => return Ok(()),
    };
    let mut background = JoinSet::new();
    let (engine, election) = set_up(options, cluster, &namespace, beginning, &mut background)?;
    let election = tokio::spawn(election);
    background.spawn(engine.clone().keep_overrides());
    background.spawn(heartbeat(engine.clone()));
    let library = tokio::spawn(engine.clone().keep_library());
    engine.telemetry.health.phase(Phase::Running);
    let _ = shutdown.wait_for(|stop| *stop).await;
    stop(&engine, library, election).await;
    Ok(())
}

/// Finds out what there is to interpret, and what objects in the cluster tell, asking until it is known.
async fn begin(options: &Options, cluster: &Cluster, namespace: &str) -> anyhow::Result<Beginning> {
    let mut library = Library::follow(options.base.clone(), cluster, namespace, &options.catalogs);
    library.opened().await;
    let told = if options.objects { first_told(cluster, namespace).await } else { Vec::new() };
    // Which namespaces are looked at does not depend on what there is to interpret.
    let bounds = Bounds::of(&(options.reload)(&options.base.admitted().catalog, &told)?.operator);
    let catalog = library.first(cluster, &bounds.scope).await;
    let config = (options.reload)(&catalog, &told)?;
    let library = library.switched(config.operator.switches.clone());
    Ok(Beginning { config, told, library })
}

/// The engine with all that it follows, and the election that it takes part in while that is polled.
fn set_up(
    options: Options,
    cluster: Cluster,
    namespace: &str,
    beginning: Beginning,
    background: &mut JoinSet<()>,
) -> anyhow::Result<(Arc<Engine>, impl Future<Output = ()> + Send + use<>)> {
    let Beginning { config, told, library } = beginning;
    let in_force = library.in_force();
    let group = namespace_secrets::main_group(&options.base.admitted().catalog);
    let bounds = Bounds::of(&config.operator);
    let (leadership, election) = candidate(&cluster, &config, namespace, &options.identity);
    let (secrets, secret_changes) = watch_metadata(&cluster, &Kind::secrets(), &bounds.scope, annotations::OWNER);
    let (overrides, override_changes) = Overrides::follow(&cluster, &bounds.scope, in_force.catalog.clone(), &group);
    let (objects, object_changes) = options.objects.then(|| Objects::follow(&cluster, namespace, told)).unzip();
    let engine = Arc::new(Engine {
        clock: Clock::start(),
        process: uuid::Uuid::new_v4().to_string(),
        operator: options.identity.clone(),
        bounds,
        namespaces: Namespaces::new(cluster.clone()),
        events: Events::new(cluster.clone(), annotations::FIELD_MANAGER, options.identity),
        secrets,
        leadership,
        config: RwLock::new(Arc::new(config.clone())),
        reload: options.reload,
        complaint: Mutex::default(),
        objects,
        overrides,
        reach: Reach {
            client: client(&in_force.catalog)?,
            budgets: Budgets::default(),
            request_timeout: config.operator.request_timeout,
            telemetry: options.telemetry.clone(),
        },
        library,
        catalog: RwLock::new(Arc::new(in_force)),
        installation: format!("{namespace}/{LEASE}"),
        manages_definitions: options.manages_definitions,
        accounts: Accounts::default(),
        telemetry: options.telemetry,
        shutdown: options.shutdown,
        controllers: RwLock::default(),
        unlisted: Unlisted::default(),
        cluster,
    });
    background.spawn(follow_secrets(engine.clone(), secret_changes));
    background.spawn(follow_overrides(engine.clone(), override_changes));
    background.spawn(engine.clone().follow_configuration(object_changes.unwrap_or_else(|| stream::pending().boxed())));
    Ok((engine, election))
}

/// This process as a candidate for the lease, and the election that it takes part in while that is polled.
pub(crate) fn candidate(
    cluster: &Cluster,
    config: &Config,
    namespace: &str,
    identity: &str,
) -> (Leadership, impl Future<Output = ()> + Send + use<>) {
    let store = ClusterLease::new(cluster.clone(), Key::new(namespace, LEASE));
    let LeaseSettings { duration, renew_deadline, retry } = config.operator.lease;
    let settings = lease::Settings { duration, renew_deadline, retry };
    lease::elect(store, settings, lease::identity(identity), lease::system_clock())
}

/// The client for all APIs of the catalog.
pub(crate) fn client(catalog: &Catalog) -> anyhow::Result<Client> {
    let connect_timeout = catalog.apis.values().map(|api| api.timeouts.connect).max().unwrap_or(Duration::from_secs(5));
    let user_agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned();
    Client::new(&Settings { user_agent, connect_timeout }).context("the HTTP client cannot be made")
}

async fn follow_secrets(engine: Arc<Engine>, mut changes: Changes<PartialObjectMeta<DynamicObject>>) {
    while let Some(change) = changes.next().await {
        let metadata = &change.latest().metadata;
        let namespace = metadata.namespace.as_deref().unwrap_or_default();
        let controllers = engine.controllers.read().unwrap_or_else(PoisonError::into_inner).clone();
        for owner in metadata.owner_references.iter().flatten() {
            let of_kind =
                |controller: &&Arc<Controller>| controller.kind.kind == owner.kind && controller.kind.api_version() == owner.api_version;
            if let Some(controller) = controllers.iter().find(of_kind) {
                controller.queue_owner(namespace, &owner.name, &owner.uid);
            }
        }
    }
}

/// What changes in a Secret with credentials concerns all resources of its namespace at once.
async fn follow_overrides(engine: Arc<Engine>, mut changes: namespace_secrets::Changes) {
    while let Some(change) = changes.next().await {
        let namespace = change.key().namespace.unwrap_or_default();
        if engine.overrides.take(&change) {
            tracing::info!(namespace, secret = change.key().name, "the credentials of a namespace have changed");
            engine.queue_namespace(&namespace);
        }
    }
}

/// What is waited for outside is no reason to start anew. Without end.
async fn beating(telemetry: &Telemetry) {
    loop {
        telemetry.health.beat();
        tokio::time::sleep(HEARTBEAT).await;
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
        metrics.leading(engine.leadership.is_leader());
        health.secrets(told(engine.secrets.health()));
        health.overrides(told(engine.overrides.health()));
        if let Some(catalogs) = engine.library.health() {
            health.catalogs(told(catalogs));
        }
        for controller in engine.controllers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let (kind, watch) = (controller.kind.to_string(), controller.health());
            let broken = if let Watch::Broken(why) = &watch { Some(why.clone()) } else { None };
            catalog.note(&kind, Topic::Watch, broken);
            health.watch(&kind, watch);
            metrics.waiting(&kind, controller.queue.counts().0);
        }
        // Last: whatever is locked for good above must not look alive.
        health.beat();
        tokio::time::sleep(HEARTBEAT).await;
    }
}

/// Lets the passes in flight end, and gives the lease back.
async fn stop(engine: &Engine, library: tokio::task::JoinHandle<()>, election: tokio::task::JoinHandle<()>) {
    engine.telemetry.health.phase(Phase::Stopping);
    // It ends the controllers, and takes no longer for it than a pod is given.
    let _ = library.await;
    engine.events.flush(Duration::from_secs(1)).await;
    engine.leadership.resign();
    let _ = tokio::time::timeout(Duration::from_secs(2), election).await;
}
