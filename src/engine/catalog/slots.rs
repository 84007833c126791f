//! Slots of the running controllers: one for each active kind. When the entry of a kind changes, a new
//! controller takes over the slot, with watch, queue and cache of the old one, and other kinds are not
//! affected.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::future::join;
use interpreter::catalog_update::{Activation, Entry, EntryState, activation};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::cluster::Kind;
use crate::cluster::watch::watch_kind;
use crate::cluster::workers::work;
use crate::engine::catalog::crds::{self, Installation};
use crate::engine::context::Engine;
use crate::engine::kind::cache_entry::asks_alike;
use crate::engine::kind::controller::{Controller, ResourceCache};
use crate::engine::kind::spec::{ControllerSpec, kind_of};
use crate::telemetry::Watch;

/// Concurrent reconciliations of each kind. Most of them wait for a permit or a response.
const MAX_CONCURRENT_RECONCILES: usize = 1024;
/// Time that reconciliations get to end at shutdown; shorter than a pod's grace period.
pub(super) const SHUTDOWN_GRACE: Duration = Duration::from_secs(8);

/// The slots, by name of the CRD.
pub(super) struct Slots {
    engine: Arc<Engine>,
    installation: Arc<Installation>,
    slots: BTreeMap<String, Slot>,
    /// The entries that the slots run.
    entries: BTreeMap<String, Entry>,
    /// Slots that were stopped but may still run: the same kind must not be started a second time meanwhile.
    ending: BTreeMap<String, Slot>,
}

/// The slot of one kind.
struct Slot {
    spec: watch::Sender<ControllerSpec>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    resource_cache: ResourceCache,
}

/// The task of one slot.
struct ControllerTask {
    engine: Arc<Engine>,
    kind: Kind,
    spec: watch::Receiver<ControllerSpec>,
    stop: watch::Receiver<bool>,
    resource_cache: ResourceCache,
}

/// Reason why a controller has ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// The slot was stopped.
    Stopped,
    /// The CRD does not belong to this installation any more.
    ClaimLost,
}

/// The current controller of a slot.
type CurrentController = ArcSwap<Controller>;

impl Slots {
    pub(super) fn new(engine: Arc<Engine>, installation: Installation) -> Self {
        let (slots, entries, ending) = Default::default();
        Self { engine, installation: Arc::new(installation), slots, entries, ending }
    }

    /// Starts, reconfigures and stops controllers to match the catalog.
    pub(super) fn fill(&mut self, wanted: BTreeMap<String, Entry>) {
        self.ending.retain(|_, slot| !slot.task.is_finished());
        let running = std::mem::replace(&mut self.entries, wanted.clone());
        for (definition, activation) in activation(&running, &wanted) {
            match (activation, wanted.get(definition)) {
                (Activation::Start | Activation::Restart, Some(entry)) => self.open(entry),
                (Activation::Reconfigure | Activation::DeleteOnly, Some(entry)) => {
                    self.slots.get(definition).map(|slot| slot.spec.send_replace(spec(entry)));
                }
                (Activation::Stop, _) | (_, None) => self.stop(definition),
            }
        }
    }

    /// Stops all controllers, and returns their tasks.
    pub(super) fn close(self) -> impl Iterator<Item = JoinHandle<()>> {
        for slot in self.slots.values() {
            slot.stop.send_replace(true);
        }
        self.slots.into_values().chain(self.ending.into_values()).map(|slot| slot.task)
    }

    fn stop(&mut self, definition: &str) {
        let Some(slot) = self.slots.remove(definition) else { return };
        tracing::info!(definition, "stopping controller: the kind was removed and has no resources left");
        slot.stop.send_replace(true);
        self.engine.controllers.withdraw(definition);
        self.engine.telemetry.health.unwatch(definition);
        self.ending.insert(definition.to_owned(), slot);
    }

    /// Opens the slot of a kind. The previous task of the same CRD name, of a kind with other names or
    /// stopped, has to end first.
    fn open(&mut self, entry: &Entry) {
        let Entry { definition, addon, .. } = entry;
        let before = self.slots.remove(definition).or_else(|| self.ending.remove(definition));
        // Set first, so that health is never reported as complete without this kind.
        self.engine.telemetry.health.watch(definition, Watch::Waiting("not checked yet".into()));
        self.engine.controllers.announce(definition, &addon.api.name, &addon.resource.kind);
        let (spec, seen_spec) = watch::channel(spec(entry));
        let (stop, seen_stop) = watch::channel(false);
        let resource_cache = before.as_ref().map(|before| before.resource_cache.clone()).unwrap_or_default();
        let controller_task = ControllerTask {
            engine: self.engine.clone(),
            kind: kind_of(addon),
            spec: seen_spec,
            stop: seen_stop,
            resource_cache: resource_cache.clone(),
        };
        let task = tokio::spawn(controller_task.run(self.installation.clone(), before));
        self.slots.insert(definition.clone(), Slot { spec, stop, task, resource_cache });
    }
}

fn spec(entry: &Entry) -> ControllerSpec {
    let Entry { addon, state, built_in, .. } = entry.clone();
    ControllerSpec { addon, kind_removed: state == EntryState::DeleteOnly, built_in }
}

impl ControllerTask {
    /// Reconciles the resources of the kind until it is stopped. Whenever the claim on the CRD is lost, it stops
    /// and waits for it; the cache stays, because it knows what was sent.
    async fn run(mut self, installation: Arc<Installation>, before: Option<Slot>) {
        if let Some(before) = before {
            before.stop.send_replace(true);
            // A task that has panicked has ended, too.
            let _ = before.task.await;
        }
        while self.run_while_claimed(&installation).await == Ended::ClaimLost {}
    }

    /// Waits for the kind's CRD, then reconciles its resources while this process leads.
    async fn run_while_claimed(&mut self, installation: &Arc<Installation>) -> Ended {
        let (engine, kind) = (&self.engine, &self.kind);
        let (keep, kept) = watch::channel(false);
        let mut keeper = JoinSet::new();
        keeper.spawn(crds::keep(engine.clone(), installation.clone(), kind.clone(), self.spec.clone(), keep));
        let given = self.spec.borrow().clone();
        let crd_uid = tokio::select! {
            crd_uid = crds::claimed(engine, installation, kind, &given, kept) => crd_uid,
            _ = self.stop.wait_for(|stop| *stop) => return Ended::Stopped,
        };
        let (watch, changes) = watch_kind(&engine.cluster, kind, &engine.bounds.scope);
        let given = self.spec.borrow_and_update().clone();
        let controller = Arc::new(Controller::new(
            &given,
            watch,
            &engine.config.load().operator,
            self.resource_cache.clone(),
        ));
        controller.queue.pause();
        controller.queue_cached();
        engine.controllers.register(&controller);
        let current = Arc::new(CurrentController::new(controller.clone()));
        let claimed = given.clone();
        let claim_lost = crds::claim_lost(engine, installation, &claimed.addon, crd_uid);
        let ended = tokio::select! {
            () = controller.follow(changes) => {
                tracing::error!(%kind, "watch has ended");
                Ended::Stopped
            }
            ended = lead(engine, &current, &mut self.spec, &mut self.stop, claim_lost) => ended,
        };
        let is_stopped = *self.stop.borrow();
        if ended == Ended::ClaimLost && !is_stopped {
            let (definition, addon) = (kind.to_string(), self.spec.borrow().addon.clone());
            engine
                .telemetry
                .health
                .watch(&definition, Watch::Waiting("the claim on the CRD was lost".into()));
            // Announced before it leaves, so that its resources count as unlisted without a gap.
            engine.controllers.announce(&definition, &addon.api.name, &addon.resource.kind);
        }
        // The next task of the slot starts after this.
        engine.controllers.leave(kind);
        if is_stopped { Ended::Stopped } else { ended }
    }
}

/// Replaces the controller of the slot: the entry of the kind has changed.
fn reconfigure(engine: &Engine, current: &CurrentController, given: &ControllerSpec) {
    let old = current.load_full();
    let new = Arc::new(old.successor(given, &engine.config.load().operator));
    if !asks_alike(&new.managed.addon, &old.managed.addon) {
        engine.accounts.forget(&old.managed.addon.api.name);
    }
    current.store(new.clone());
    engine.controllers.register(&new);
    new.queue_all();
    tracing::info!(kind = %new.kind, kind_removed = new.managed.removed, "controller reconfigured: the catalog entry has changed");
}

/// Runs reconciliations until it is stopped or the claim is lost: of every resource while this process leads,
/// otherwise only where an earlier request of its own requires it.
async fn lead(
    engine: &Arc<Engine>,
    current: &Arc<CurrentController>,
    spec: &mut watch::Receiver<ControllerSpec>,
    stop: &mut watch::Receiver<bool>,
    claim_lost: impl Future<Output = ()>,
) -> Ended {
    let controller = current.load_full();
    let workers = work(controller.queue.clone(), MAX_CONCURRENT_RECONCILES, {
        let (engine, current) = (engine.clone(), current.clone());
        move |object_ref| current.load_full().reconcile(engine.clone(), object_ref)
    });
    // Before the Secrets are listed, it is unknown in which namespaces the operator's own credentials apply.
    let mut listed = pin!(join(controller.ready(), engine.credentials.ready()));
    let mut claim_lost = pin!(claim_lost);
    let (mut is_listed, mut leads) = (false, false);
    let ended = loop {
        tokio::select! {
            _ = &mut listed, if !is_listed => {
                controller.queue.resume();
                is_listed = true;
            }
            () = engine.leadership.elected(), if is_listed && !leads => {
                current.load().queue_all();
                leads = true;
            }
            () = engine.leadership.lost(), if leads => leads = false,
            Ok(()) = spec.changed() => reconfigure(engine, current, &spec.borrow_and_update()),
            () = &mut claim_lost => break Ended::ClaimLost,
            _ = stop.wait_for(|stop| *stop) => break Ended::Stopped,
        }
    };
    if !workers.stop(SHUTDOWN_GRACE).await {
        let kind = &controller.kind;
        tracing::warn!(%kind, "some reconciliations did not end in time; they resume when the kind is reconciled again");
    }
    ended
}
