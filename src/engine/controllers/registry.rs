//! Registry of the running controllers: one slot for each active kind. When the entry of a kind changes, a
//! new controller takes over the slot, with watch, queue and cache of the old one, and other kinds are not
//! affected.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

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
const PASSES_AT_ONCE: usize = 1024;
/// Time that reconciliations get to end at shutdown; shorter than a pod's grace period.
pub(crate) const ORDERLY: Duration = Duration::from_secs(8);

/// The slots, by name of the CRD.
#[derive(Default)]
pub(crate) struct ControllerRegistry {
    posts: BTreeMap<String, Slot>,
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
struct Holder(Arc<RwLock<Arc<Controller>>>);

impl ControllerRegistry {
    /// Starts, reconfigures and stops controllers to match the catalog.
    pub(crate) fn fill(&mut self, engine: &Arc<Engine>, wanted: BTreeMap<String, ControllerSpec>) {
        let gone: Vec<_> =
            self.posts.keys().filter(|definition| !wanted.contains_key(*definition)).cloned().collect();
        for definition in gone {
            if let Some(post) = self.posts.remove(&definition) {
                tracing::info!(definition, "its controller ends: nothing of its kind is left to look after");
                post.stop.send_replace(true);
                engine.unlisted.end(&definition);
                engine.telemetry.health.unwatch(&definition);
                self.ending.insert(definition, post);
            }
        }
        self.ending.retain(|_, post| !post.task.is_finished());
        for (definition, spec) in wanted {
            self.fill_one(engine, definition, spec);
        }
    }

    /// Stops all controllers and waits until they have ended, up to `deadline`.
    pub(crate) async fn close(&mut self, deadline: Duration) {
        let (posts, ending) = (std::mem::take(&mut self.posts), std::mem::take(&mut self.ending));
        for post in posts.values() {
            post.stop.send_replace(true);
        }
        let ended = async {
            for post in posts.into_values().chain(ending.into_values()) {
                // A task that has panicked has ended, too.
                let _ = post.task.await;
            }
        };
        let _ = tokio::time::timeout(deadline, ended).await;
    }

    fn fill_one(&mut self, engine: &Arc<Engine>, definition: String, spec: ControllerSpec) {
        let kind = kind_of(&spec.addon);
        match self.posts.remove(&definition) {
            Some(post) if post.kind == kind => {
                let is_new = |held: &mut ControllerSpec| {
                    let new = held.digest != spec.digest || held.retired != spec.retired;
                    if new {
                        *held = spec;
                    }
                    new
                };
                post.spec.send_if_modified(is_new);
                self.posts.insert(definition, post);
            }
            before => {
                let before = before.or_else(|| self.ending.remove(&definition));
                // Set first, so that health is never reported as complete without this kind.
                engine.telemetry.health.watch(&definition, Watch::Waiting("not looked for yet".into()));
                engine.unlisted.begin(&definition, &spec.addon.api.name, &kind.kind);
                self.posts.insert(definition, Slot::open(engine, kind, spec, before));
            }
        }
    }
}

impl Slot {
    fn open(engine: &Arc<Engine>, kind: Kind, spec: ControllerSpec, before: Option<Self>) -> Self {
        let (spec, seen_charge) = watch::channel(spec);
        let (stop, seen_stop) = watch::channel(false);
        let resource_cache = before.as_ref().map(|before| before.resource_cache.clone()).unwrap_or_default();
        let before = before.map(|before| {
            before.stop.send_replace(true);
            before.task
        });
        let manned = ControllerTask {
            kind: kind.clone(),
            spec: seen_charge,
            stop: seen_stop,
            resource_cache: resource_cache.clone(),
            before,
        };
        let task = tokio::spawn(manned.work(engine.clone()));
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
        let definition = self.kind.to_string();
        let kept = watch::Sender::new(false);
        let seen_kept = kept.subscribe();
        tokio::select! {
            () = crds::keep(&engine, &definition, self.spec.clone(), kept) => (),
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
        let holder = Holder(Arc::new(RwLock::new(controller.clone())));
        tokio::select! {
            () = controller.follow(changes) => tracing::error!(kind = %self.kind, "the watch has ended"),
            () = replace(engine, &holder, spec) => (),
            () = lead(engine, &holder, stop) => (),
        }
        // The next task of the slot starts after this.
        engine.leave(&self.kind.to_string());
    }
}

/// Replaces the controller of the slot whenever the entry of the kind changes. Without end.
async fn replace(engine: &Arc<Engine>, holder: &Holder, mut spec: watch::Receiver<ControllerSpec>) {
    while spec.changed().await.is_ok() {
        let given = spec.borrow_and_update().clone();
        let old = holder.now();
        let new = Arc::new(old.successor(&given, &engine.config().operator));
        if new.asks != old.asks {
            engine.accounts.forget(&old.addon.api.name);
        }
        *holder.0.write().unwrap_or_else(PoisonError::into_inner) = new.clone();
        engine.register(&new);
        new.queue_all();
        tracing::info!(kind = %new.kind, retired = new.retired, "its entry has changed; its controller goes on with the new one");
    }
    std::future::pending().await
}

/// Runs reconciliations: of every resource while this process leads, otherwise only where an earlier request
/// of its own requires it.
async fn lead(engine: &Arc<Engine>, holder: &Holder, mut stop: watch::Receiver<bool>) {
    let workers = workers(engine, holder);
    tokio::select! {
        () = take_turns(engine, holder) => (),
        _ = stop.wait_for(|stop| *stop) => (),
    }
    if !workers.stop(ORDERLY).await {
        let kind = &holder.now().kind;
        tracing::warn!(%kind, "not every pass has ended in time; what they were at is taken up again after the next start");
    }
}

async fn take_turns(engine: &Engine, holder: &Holder) {
    let controller = holder.now();
    controller.ready().await;
    // Before that, it is unknown in which namespaces the operator's own credentials apply.
    engine.namespace_credentials.ready().await;
    controller.queue.resume();
    loop {
        engine.leadership.elected().await;
        holder.now().queue_all();
        engine.leadership.lost().await;
    }
}

fn workers(engine: &Arc<Engine>, holder: &Holder) -> Workers<ObjectRef> {
    let (engine, holder) = (engine.clone(), holder.clone());
    work(holder.now().queue.clone(), PASSES_AT_ONCE, move |subject| {
        holder.now().reconcile(engine.clone(), subject)
    })
}

impl Holder {
    fn now(&self) -> Arc<Controller> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
