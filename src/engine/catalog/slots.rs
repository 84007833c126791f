//! Slots of the running controllers: one for each active kind. When the entry of a kind changes, a new
//! controller takes over the slot, with watch, queue and cache of the old one, and other kinds are not
//! affected.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use interpreter::catalog_update::{Activation, Entry, EntryState, activation};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::Kind;
use crate::cluster::watch::watch_kind;
use crate::cluster::workers::work;
use crate::engine::catalog::crds::{self, Installation};
use crate::engine::context::Engine;
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

    /// Stops all controllers and waits until they have ended, up to `deadline`.
    pub(super) async fn close(self, deadline: Duration) {
        for slot in self.slots.values() {
            slot.stop.send_replace(true);
        }
        let ended = async {
            for slot in self.slots.into_values().chain(self.ending.into_values()) {
                // A task that has panicked has ended, too.
                let _ = slot.task.await;
            }
        };
        let _ = tokio::time::timeout(deadline, ended).await;
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
    /// Waits for the kind's CRD, then reconciles its resources while this process leads, until it is stopped.
    async fn run(self, installation: Arc<Installation>, before: Option<Slot>) {
        if let Some(before) = before {
            before.stop.send_replace(true);
            // A task that has panicked has ended, too.
            let _ = before.task.await;
        }
        let kept = watch::Sender::new(false);
        let seen_kept = kept.subscribe();
        tokio::select! {
            () = crds::keep(&self.engine, &installation, &self.kind, self.spec.clone(), kept) => (),
            () = self.begin(&installation, seen_kept) => (),
        }
    }

    async fn begin(&self, installation: &Installation, kept: watch::Receiver<bool>) {
        let (engine, mut stop, mut spec) = (&self.engine, self.stop.clone(), self.spec.clone());
        let built_in = spec.borrow().built_in;
        tokio::select! {
            () = crds::claimed(engine, installation, &self.kind, built_in, kept) => (),
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let (watch, changes) = watch_kind(&engine.cluster, &self.kind, &engine.bounds.scope);
        let given = spec.borrow_and_update().clone();
        let config = engine.config.load();
        let resource_cache = self.resource_cache.clone();
        let controller = Arc::new(Controller::new(&given, watch, &config.operator, resource_cache));
        controller.queue.pause();
        engine.controllers.register(&controller);
        let current = Arc::new(CurrentController::new(controller.clone()));
        tokio::select! {
            () = controller.follow(changes) => tracing::error!(kind = %self.kind, "watch has ended"),
            () = replace(engine, &current, spec) => (),
            () = lead(engine, &current, stop) => (),
        }
        // The next task of the slot starts after this.
        engine.controllers.leave(&self.kind);
    }
}

/// Replaces the controller of the slot whenever the entry of the kind changes. Without end.
async fn replace(engine: &Engine, current: &CurrentController, mut spec: watch::Receiver<ControllerSpec>) {
    while spec.changed().await.is_ok() {
        let given = spec.borrow_and_update().clone();
        let old = current.load_full();
        let new = Arc::new(old.successor(&given, &engine.config.load().operator));
        if new.queries != old.queries {
            engine.accounts.forget(&old.managed.addon.api.name);
        }
        current.store(new.clone());
        engine.controllers.register(&new);
        new.queue_all();
        tracing::info!(kind = %new.kind, kind_removed = new.managed.removed, "controller reconfigured: the catalog entry has changed");
    }
    std::future::pending().await
}

/// Runs reconciliations: of every resource while this process leads, otherwise only where an earlier request
/// of its own requires it.
async fn lead(engine: &Arc<Engine>, current: &Arc<CurrentController>, mut stop: watch::Receiver<bool>) {
    let controller = current.load_full();
    let workers = work(controller.queue.clone(), MAX_CONCURRENT_RECONCILES, {
        let (engine, current) = (engine.clone(), current.clone());
        move |object_ref| current.load_full().reconcile(engine.clone(), object_ref)
    });
    let take_turns = async {
        controller.ready().await;
        // Before that, it is unknown in which namespaces the operator's own credentials apply.
        engine.credentials.ready().await;
        controller.queue.resume();
        loop {
            engine.leadership.elected().await;
            current.load_full().queue_all();
            engine.leadership.lost().await;
        }
    };
    tokio::select! {
        () = take_turns => (),
        _ = stop.wait_for(|stop| *stop) => (),
    }
    if !workers.stop(SHUTDOWN_GRACE).await {
        let kind = &controller.kind;
        tracing::warn!(%kind, "some reconciliations did not end in time; they resume at the next start");
    }
}
