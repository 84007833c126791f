//! Sets everything up, leads or stands by, and ends in an orderly way.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use futures::{StreamExt, stream};
use interpreter::catalog::{Addon, Catalog};
use kube::api::{DynamicObject, PartialObjectMeta};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::access::Reach;
use super::clock::Clock;
use super::controller::{Controller, kind_of, timing, told};
use super::overrides::{self, Overrides};
use super::settings::{self, Objects, Reload};
use super::{Engine, ability, claim, names};
use crate::cloud::{Budgets, Client, Settings};
use crate::cluster::events::Events;
use crate::cluster::lease::store::ClusterLease;
use crate::cluster::lease::{self, Leadership, Standing};
use crate::cluster::namespace::Namespaces;
use crate::cluster::watch::{Changes, Scope, watch_kind, watch_metadata};
use crate::cluster::work::{Workers, work};
use crate::cluster::{Cluster, Key, Kind, connect};
use crate::config::{Config, LeaseSettings};
use crate::telemetry::{Lease, Phase, Telemetry, Watch};

/// Passes that run at the same time, for each kind. Most of them wait for a permit or an answer.
const PASSES_AT_ONCE: usize = 1024;
/// How long passes may take to end when the operator is told to stop; shorter than a pod's grace period.
const ORDERLY: Duration = Duration::from_secs(8);
/// How often health is brought up to date.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The name of the lease, in the operator's own namespace.
const LEASE: &str = "clever-operator";

/// What an operator is started with.
pub struct Options {
    /// What it interprets.
    pub catalog: Arc<Catalog>,
    /// What it is told.
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

/// Runs until it is told to stop.
///
/// # Errors
/// What it is told does not suffice to begin: no cluster, credentials missing. Once it runs, trouble is a state and no error.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let Options { catalog, config, reload, objects, kubeconfig, namespace, identity, telemetry, mut shutdown } = options;
    let client = client(&catalog)?;
    let cluster = Cluster::new(connect(kubeconfig.as_deref()).await?, names::FIELD_MANAGER);
    let namespace = namespace.unwrap_or_else(|| cluster.client().default_namespace().to_owned());
    let (config, told) = match objects {
        false => (config, Vec::new()),
        true => tokio::select! {
            told = settings::first_told(&cluster, &namespace) => (reload(&told)?, told),
            () = beating(&telemetry) => return Ok(()),
            _ = shutdown.wait_for(|stop| *stop) => return Ok(()),
        },
    };
    let group = overrides::main_group(&catalog);
    let catalog = Arc::new(catalog.switched(&config.operator.switches));
    let (leadership, election) = candidate(&cluster, &config, &namespace, &identity);
    let (secrets, secret_changes) = watch_metadata(&cluster, &Kind::secrets(), &Scope::Cluster, names::OWNER);
    let (overrides, override_changes) = Overrides::follow(&cluster, catalog.clone(), &group);
    let (objects, object_changes) = objects.then(|| Objects::follow(&cluster, &namespace, told)).unzip();
    let engine = Arc::new(Engine {
        clock: Clock::start(),
        process: uuid::Uuid::new_v4().to_string(),
        operator: identity.clone(),
        namespaces: Namespaces::new(cluster.clone()),
        events: Events::new(cluster.clone(), names::FIELD_MANAGER, identity),
        secrets,
        leadership,
        config: RwLock::new(Arc::new(config.clone())),
        reload,
        objects,
        overrides,
        reach: Reach {
            client,
            budgets: Budgets::default(),
            request_timeout: config.operator.request_timeout,
            telemetry: telemetry.clone(),
        },
        apis: settings::used(&catalog),
        kinds: catalog.addons.values().map(|addon| (kind_of(addon), addon.resource.finalizer.clone())).collect(),
        accounts: super::Accounts::default(),
        telemetry,
        shutdown: shutdown.clone(),
        controllers: RwLock::default(),
        cluster,
    });
    let election = tokio::spawn(election);
    let mut background = JoinSet::new();
    background.spawn(follow_secrets(engine.clone(), secret_changes));
    background.spawn(follow_overrides(engine.clone(), override_changes));
    background.spawn(engine.clone().keep_overrides());
    background.spawn(engine.clone().follow_configuration(object_changes.unwrap_or_else(|| stream::pending().boxed())));
    background.spawn(heartbeat(engine.clone()));
    let mut controllers = JoinSet::new();
    for addon in catalog.addons.values().filter(|addon| can_manage(addon)) {
        // Before anybody may be told that everything is well.
        engine.telemetry.health.watch(&kind_of(addon).to_string(), Watch::Waiting("not looked for yet".into()));
        controllers.spawn(control(engine.clone(), addon.clone(), config.clone(), format!("{namespace}/{LEASE}")));
    }
    engine.telemetry.health.phase(Phase::Running);
    let _ = shutdown.wait_for(|stop| *stop).await;
    stop(&engine, controllers, election).await;
    Ok(())
}

/// This process as a candidate for the lease, and the election that it takes part in while that is polled.
pub(super) fn candidate(
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
pub(super) fn client(catalog: &Catalog) -> anyhow::Result<Client> {
    let connect_timeout = catalog.apis.values().map(|api| api.timeouts.connect).max().unwrap_or(Duration::from_secs(5));
    let user_agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned();
    Client::new(&Settings { user_agent, connect_timeout }).context("the HTTP client cannot be made")
}

/// Whether the engine can do all that the kind needs. If not, the log says so.
fn can_manage(addon: &Addon) -> bool {
    let lacking = ability::lacking(addon);
    if !lacking.is_empty() {
        tracing::error!(kind = %kind_of(addon), "its resources are not managed: this version cannot do {}", lacking.join(", "));
    }
    lacking.is_empty()
}

/// Waits for the kind's CRD, then works on its resources while this process leads.
async fn control(engine: Arc<Engine>, addon: Arc<Addon>, config: Config, installation: String) {
    let kind = kind_of(&addon);
    let definition = kind.to_string();
    let say = |waiting| engine.telemetry.health.watch(&definition, Watch::Waiting(waiting));
    let mut shutdown = engine.shutdown.clone();
    tokio::select! {
        () = claim::claimed(&engine.cluster, &definition, &installation, say) => (),
        _ = shutdown.wait_for(|stop| *stop) => return,
    }
    let (watch, changes) = watch_kind(&engine.cluster, &kind, &Scope::Cluster);
    let timing = timing(&addon, &config.operator);
    let controller = Arc::new(Controller::new(addon, watch, timing));
    controller.queue.pause();
    engine.controllers.write().unwrap_or_else(PoisonError::into_inner).push(controller.clone());
    let follower = controller.clone();
    tokio::select! {
        () = follower.follow(changes) => tracing::error!(%kind, "the watch has ended"),
        () = lead(engine, controller) => (),
    }
}

/// Runs passes: for every resource while this process leads, else only where it owes something.
async fn lead(engine: Arc<Engine>, controller: Arc<Controller>) {
    let workers = workers(&engine, &controller);
    let mut shutdown = engine.shutdown.clone();
    tokio::select! {
        () = take_turns(&engine, &controller) => (),
        _ = shutdown.wait_for(|stop| *stop) => (),
    }
    if !workers.stop(ORDERLY).await {
        tracing::warn!(kind = %controller.kind, "not every pass has ended in time; what they were at is taken up again after the next start");
    }
}

async fn take_turns(engine: &Engine, controller: &Controller) {
    controller.ready().await;
    // Before, nobody can tell in which namespaces the operator's own credentials are in force.
    engine.overrides.ready().await;
    controller.queue.resume();
    loop {
        engine.leadership.elected().await;
        controller.queue_all();
        engine.leadership.lost().await;
    }
}

fn workers(engine: &Arc<Engine>, controller: &Arc<Controller>) -> Workers<super::observe::Subject> {
    let (engine, controller) = (engine.clone(), controller.clone());
    work(controller.queue.clone(), PASSES_AT_ONCE, move |subject| controller.clone().pass(engine.clone(), subject))
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
async fn follow_overrides(engine: Arc<Engine>, mut changes: overrides::Changes) {
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
    let Telemetry { health, metrics } = engine.telemetry.as_ref();
    loop {
        health.lease(match engine.leadership.standing() {
            Standing::Undecided => Lease::Undecided,
            Standing::Held => Lease::Held,
            Standing::HeldBy(holder) => Lease::Standby(holder),
            Standing::Unreachable(why) => Lease::Unreachable(why),
        });
        metrics.leading(engine.leadership.is_leader());
        health.secrets(told(engine.secrets.health()));
        health.overrides(told(engine.overrides.health()));
        for controller in engine.controllers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let kind = controller.kind.to_string();
            health.watch(&kind, controller.health());
            metrics.waiting(&kind, controller.queue.counts().0);
        }
        // Last: whatever is locked for good above must not look alive.
        health.beat();
        tokio::time::sleep(HEARTBEAT).await;
    }
}

/// Lets the passes in flight end, and gives the lease back.
async fn stop(engine: &Engine, mut controllers: JoinSet<()>, election: tokio::task::JoinHandle<()>) {
    engine.telemetry.health.phase(Phase::Stopping);
    let ended = async { while controllers.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(ORDERLY + Duration::from_secs(1), ended).await;
    engine.events.flush(Duration::from_secs(1)).await;
    engine.leadership.resign();
    let _ = tokio::time::timeout(Duration::from_secs(2), election).await;
}
