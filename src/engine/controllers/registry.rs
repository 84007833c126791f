//! Registry of the running controllers: one slot for each active kind. When the entry of a kind changes, a
//! new controller takes over the slot, with watch, queue and cache of the old one, and other kinds are not
//! affected.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::Kind;
use crate::cluster::watch::watch_kind;
use crate::cluster::workers::{Workers, work};
use crate::engine::context::Engine;
use crate::engine::controllers::crds;
use crate::engine::kind::controller::{Controller, ResourceCache};
use crate::engine::kind::spec::{ControllerSpec, kind_of};
use crate::engine::object_ref::ObjectRef;
use crate::telemetry::Watch;

/// Concurrent reconciliations of each kind. Most of them wait for a permit or a response.
const MAX_CONCURRENT_RECONCILES: usize = 1024;
/// Time that reconciliations get to end at shutdown; shorter than a pod's grace period.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(8);

/// The slots, by name of the CRD.
#[derive(Default)]
pub(crate) struct ControllerRegistry {
    slots: BTreeMap<String, Slot>,
    /// Slots that were stopped but may still run: the same kind must not be started a second time meanwhile.
    ending: BTreeMap<String, Slot>,
}

/// The slot of one kind.
struct Slot {
    kind: Kind,
    spec: watch::Sender<ControllerSpec>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    resource_cache: ResourceCache,
}

/// The task of one slot.
struct ControllerTask {
    kind: Kind,
    spec: watch::Receiver<ControllerSpec>,
    stop: watch::Receiver<bool>,
    resource_cache: ResourceCache,
    /// The previous task of the same CRD name: of a kind with other names, or stopped. It has to end first.
    before: Option<JoinHandle<()>>,
}

/// The current controller of a slot.
#[derive(Clone)]
struct CurrentController(Arc<ArcSwap<Controller>>);

impl ControllerRegistry {
    /// Starts, reconfigures and stops controllers to match the catalog.
    pub(crate) fn fill(&mut self, engine: &Arc<Engine>, wanted: BTreeMap<String, ControllerSpec>) {
        let gone: Vec<_> =
            self.slots.keys().filter(|definition| !wanted.contains_key(*definition)).cloned().collect();
        for definition in gone {
            if let Some(slot) = self.slots.remove(&definition) {
                tracing::info!(
                    definition,
                    "stopping controller: the kind was removed and has no resources left"
                );
                slot.stop.send_replace(true);
                engine.unlisted.end(&definition);
                engine.telemetry.health.unwatch(&definition);
                self.ending.insert(definition, slot);
            }
        }
        self.ending.retain(|_, slot| !slot.task.is_finished());
        for (definition, spec) in wanted {
            self.fill_one(engine, definition, spec);
        }
    }

    /// Stops all controllers and waits until they have ended, up to `deadline`.
    pub(crate) async fn close(&mut self, deadline: Duration) {
        let (slots, ending) = (std::mem::take(&mut self.slots), std::mem::take(&mut self.ending));
        for slot in slots.values() {
            slot.stop.send_replace(true);
        }
        let ended = async {
            for slot in slots.into_values().chain(ending.into_values()) {
                // A task that has panicked has ended, too.
                let _ = slot.task.await;
            }
        };
        let _ = tokio::time::timeout(deadline, ended).await;
    }

    fn fill_one(&mut self, engine: &Arc<Engine>, definition: String, spec: ControllerSpec) {
        let kind = kind_of(&spec.addon);
        match self.slots.remove(&definition) {
            Some(slot) if slot.kind == kind => {
                let is_new = |held: &mut ControllerSpec| {
                    let new = held.digest != spec.digest || held.kind_removed != spec.kind_removed;
                    if new {
                        *held = spec;
                    }
                    new
                };
                slot.spec.send_if_modified(is_new);
                self.slots.insert(definition, slot);
            }
            before => {
                let before = before.or_else(|| self.ending.remove(&definition));
                // Set first, so that health is never reported as complete without this kind.
                engine.telemetry.health.watch(&definition, Watch::Waiting("not checked yet".into()));
                engine.unlisted.begin(&definition, &spec.addon.api.name, &kind.kind);
                self.slots.insert(definition, Slot::open(engine, kind, spec, before));
            }
        }
    }
}

impl Slot {
    fn open(engine: &Arc<Engine>, kind: Kind, spec: ControllerSpec, before: Option<Self>) -> Self {
        let (spec, seen_spec) = watch::channel(spec);
        let (stop, seen_stop) = watch::channel(false);
        let resource_cache = before.as_ref().map(|before| before.resource_cache.clone()).unwrap_or_default();
        let before = before.map(|before| {
            before.stop.send_replace(true);
            before.task
        });
        let controller_task = ControllerTask {
            kind: kind.clone(),
            spec: seen_spec,
            stop: seen_stop,
            resource_cache: resource_cache.clone(),
            before,
        };
        let task = tokio::spawn(controller_task.work(engine.clone()));
        Self { kind, spec, stop, task, resource_cache }
    }
}

impl ControllerTask {
    /// Waits for the kind's CRD, then reconciles its resources while this process leads, until it is stopped.
    async fn work(mut self, engine: Arc<Engine>) {
        if let Some(before) = self.before.take() {
            // A task that has panicked has ended, too.
            let _ = before.await;
        }
        let kept = watch::Sender::new(false);
        let seen_kept = kept.subscribe();
        tokio::select! {
            () = crds::keep(&engine, &self.kind, self.spec.clone(), kept) => (),
            () = self.begin(&engine, seen_kept) => (),
        }
    }

    async fn begin(&self, engine: &Arc<Engine>, kept: watch::Receiver<bool>) {
        let (mut stop, mut spec) = (self.stop.clone(), self.spec.clone());
        let built_in = spec.borrow().built_in;
        tokio::select! {
            () = crds::claimed(engine, &self.kind, built_in, kept) => (),
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let (watch, changes) = watch_kind(&engine.cluster, &self.kind, &engine.bounds.scope);
        let given = spec.borrow_and_update().clone();
        let controller =
            Arc::new(Controller::new(&given, watch, &engine.config().operator, self.resource_cache.clone()));
        controller.queue.pause();
        engine.register(&controller);
        engine.unlisted.end(&self.kind.to_string());
        let current = CurrentController(Arc::new(ArcSwap::new(controller.clone())));
        tokio::select! {
            () = controller.follow(changes) => tracing::error!(kind = %self.kind, "watch has ended"),
            () = replace(engine, &current, spec) => (),
            () = lead(engine, &current, stop) => (),
        }
        // The next task of the slot starts after this.
        engine.leave(&self.kind);
    }
}

/// Replaces the controller of the slot whenever the entry of the kind changes. Without end.
async fn replace(
    engine: &Arc<Engine>,
    current: &CurrentController,
    mut spec: watch::Receiver<ControllerSpec>,
) {
    while spec.changed().await.is_ok() {
        let given = spec.borrow_and_update().clone();
        let old = current.now();
        let new = Arc::new(old.successor(&given, &engine.config().operator));
        if new.queries != old.queries {
            engine.accounts.forget(&old.managed.addon.api.name);
        }
        current.0.store(new.clone());
        engine.register(&new);
        new.queue_all();
        tracing::info!(kind = %new.kind, kind_removed = new.managed.removed, "controller reconfigured: the catalog entry has changed");
    }
    std::future::pending().await
}

/// Runs reconciliations: of every resource while this process leads, otherwise only where an earlier request
/// of its own requires it.
async fn lead(engine: &Arc<Engine>, current: &CurrentController, mut stop: watch::Receiver<bool>) {
    let workers = workers(engine, current);
    tokio::select! {
        () = take_turns(engine, current) => (),
        _ = stop.wait_for(|stop| *stop) => (),
    }
    if !workers.stop(SHUTDOWN_GRACE).await {
        let kind = &current.now().kind;
        tracing::warn!(%kind, "some reconciliations did not end in time; they resume at the next start");
    }
}

async fn take_turns(engine: &Engine, current: &CurrentController) {
    let controller = current.now();
    controller.ready().await;
    // Before that, it is unknown in which namespaces the operator's own credentials apply.
    engine.credentials.ready().await;
    controller.queue.resume();
    loop {
        engine.leadership.elected().await;
        current.now().queue_all();
        engine.leadership.lost().await;
    }
}

fn workers(engine: &Arc<Engine>, current: &CurrentController) -> Workers<ObjectRef> {
    let (engine, current) = (engine.clone(), current.clone());
    work(current.now().queue.clone(), MAX_CONCURRENT_RECONCILES, move |object_ref| {
        current.now().reconcile(engine.clone(), object_ref)
    })
}

impl CurrentController {
    fn now(&self) -> Arc<Controller> {
        self.0.load_full()
    }
}
