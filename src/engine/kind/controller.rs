//! Controller of one kind: its watch, its queue, and the cache of its resources.

use std::collections::HashMap;
use std::future;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use interpreter::reconcile::ManagedKind;
use kube::api::DynamicObject;
use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use crate::cluster::queue::Queue;
use crate::cluster::watch::{Change, Changes, Health, Watch};
use crate::cluster::{Key, Kind};
use crate::config::OperatorSettings;
use crate::engine::kind::cache_entry::CacheEntry;
use crate::engine::kind::spec::{ControllerSpec, kind_of, timing};
use crate::engine::object_ref::ObjectRef;
use crate::priority::Priority;
use crate::telemetry;

/// Maximum number of watches of Secrets of other owners for each kind: each needs a connection.
const MAX_SECRET_WATCHES: usize = 8;

/// Controller of one kind. When the entry of the kind changes, a successor takes over its watch, queue and
/// cache.
pub(crate) struct Controller {
    pub(crate) managed: ManagedKind,
    pub(crate) kind: Kind,
    pub(crate) queue: Queue<ObjectRef>,
    /// Limits the watches of Secrets of other owners.
    pub(crate) secret_watches: Arc<Semaphore>,
    watch: Watch<DynamicObject>,
    resource_cache: ResourceCache,
    /// The last versions of resources that are gone, until their next reconciliation.
    last: Mutex<HashMap<ObjectRef, Arc<DynamicObject>>>,
}

/// Cache entries by resource. Successive controllers of a kind share it: a resource has one reconciliation at
/// a time, and requests sent for it are remembered by its next controller, too.
pub(crate) type ResourceCache = Arc<Mutex<HashMap<ObjectRef, Arc<AsyncMutex<CacheEntry>>>>>;

impl Controller {
    /// Creates the controller of a kind.
    pub(crate) fn new(
        spec: &ControllerSpec,
        watch: Watch<DynamicObject>,
        settings: &OperatorSettings,
        resource_cache: ResourceCache,
    ) -> Self {
        let addon = &spec.addon;
        Self {
            kind: kind_of(addon),
            managed: ManagedKind::new(Arc::clone(addon), timing(addon, settings), spec.kind_removed),
            queue: Queue::default(),
            secret_watches: Arc::new(Semaphore::new(MAX_SECRET_WATCHES)),
            watch,
            resource_cache,
            last: Mutex::default(),
        }
    }

    /// Creates the controller for the changed entry of the kind, with the same watch, queue and cache.
    pub(crate) fn successor(&self, spec: &ControllerSpec, settings: &OperatorSettings) -> Self {
        let new = Self::new(spec, self.watch.clone(), settings, self.resource_cache.clone());
        Self { queue: self.queue.clone(), secret_watches: self.secret_watches.clone(), ..new }
    }

    /// Relists the resources.
    pub(crate) fn relist(&self) {
        self.watch.relist();
    }

    /// Number of resources; `None` before the first list. A deleted one counts while it still needs
    /// reconciliations.
    pub(crate) fn count(&self) -> Option<usize> {
        self.watch.ready().now_or_never()?;
        let resource_cache = self.resource_cache.lock();
        let has_pending = |cache_entry: &&Arc<AsyncMutex<CacheEntry>>| match cache_entry.try_lock() {
            Ok(cache_entry) => cache_entry.has_pending(&self.managed.timing),
            // A reconciliation holds it.
            Err(_) => true,
        };
        Some(self.watch.all().len().max(resource_cache.values().filter(has_pending).count()))
    }

    /// Number of resources, as last observed.
    pub(crate) fn len(&self) -> usize {
        self.watch.count()
    }

    /// Queues each changed resource, until the watch ends.
    pub(crate) fn follow(&self, changes: Changes<DynamicObject>) -> impl Future<Output = ()> {
        changes.for_each(|change| {
            let echo = matches!(&change, Change::Modified { before, after } if is_echo(before, after));
            if let Change::Deleted(object) = &change {
                self.keep_last(object);
            }
            if !echo {
                self.queue.push(ObjectRef::of(change.latest()), Priority::User);
            }
            future::ready(())
        })
    }

    /// Keeps the last version of a resource that is gone, if this process has a cache entry of it: no
    /// reconciliation may have seen that version.
    fn keep_last(&self, object: &Arc<DynamicObject>) {
        let object_ref = ObjectRef::of(object);
        if self.resource_cache.lock().contains_key(&object_ref) {
            self.last.lock().insert(object_ref, object.clone());
        }
    }

    /// Takes the last version of a resource that is gone.
    pub(crate) fn take_last(&self, object_ref: &ObjectRef) -> Option<Arc<DynamicObject>> {
        self.last.lock().remove(object_ref)
    }

    /// Returns the resources of a namespace, as last observed.
    pub(crate) fn of_namespace(&self, namespace: &str) -> Vec<Arc<DynamicObject>> {
        let mut all = self.watch.all();
        all.retain(|object| object.metadata.namespace.as_deref() == Some(namespace));
        all
    }

    /// Queues the resources of a namespace, after a change that affects all of them.
    pub(crate) fn queue_namespace(&self, namespace: &str) {
        for object in self.of_namespace(namespace) {
            self.queue.push(ObjectRef::of(&object), Priority::User);
        }
    }

    /// Queues every resource.
    pub(crate) fn queue_all(&self) {
        for object in self.watch.all() {
            self.queue.push(ObjectRef::of(&object), Priority::Background);
        }
    }

    /// Queues every resource with a cache entry: one that was deleted while no controller ran is in no list, but
    /// requests that were sent for it may have to be followed.
    pub(crate) fn queue_cached(&self) {
        for object_ref in self.resource_cache.lock().keys() {
            self.queue.push(object_ref.clone(), Priority::Background);
        }
    }

    /// Returns the resource, as last observed.
    pub(crate) fn cached(&self, object_ref: &ObjectRef) -> Option<Arc<DynamicObject>> {
        self.watch
            .get(&object_ref.key())
            .filter(|object| object.metadata.uid.as_deref() == Some(&object_ref.uid))
    }

    /// Returns all resources, as last observed.
    pub(crate) fn all(&self) -> Vec<Arc<DynamicObject>> {
        self.watch.all()
    }

    /// Queues the resource that a Secret names as its owner, if it exists with this uid: any client may write
    /// a Secret with that owner.
    pub(crate) fn queue_owner(&self, namespace: &str, name: &str, uid: &str) {
        let key = if self.kind.namespaced { Key::new(namespace, name) } else { Key::of_cluster(name) };
        let owner =
            self.watch.get(&key).map(|object| ObjectRef::of(&object)).filter(|owner| owner.uid == uid);
        if let Some(owner) = owner {
            self.queue.push(owner, Priority::User);
        }
    }

    /// Health of the watch, for telemetry.
    pub(crate) fn health(&self) -> telemetry::Watch {
        watch_state(self.watch.health())
    }

    /// Returns when all resources were listed once.
    pub(crate) fn ready(&self) -> impl Future<Output = ()> {
        self.watch.ready()
    }

    pub(crate) fn cache_entry(&self, object_ref: &ObjectRef) -> Arc<AsyncMutex<CacheEntry>> {
        let mut resource_cache = self.resource_cache.lock();
        resource_cache.entry(object_ref.clone()).or_default().clone()
    }

    pub(crate) fn forget(&self, object_ref: &ObjectRef) {
        self.resource_cache.lock().remove(object_ref);
        self.last.lock().remove(object_ref);
    }
}

/// Converts the health of a watch for telemetry.
pub(crate) fn watch_state(health: Health) -> telemetry::Watch {
    match health {
        Health::Starting => telemetry::Watch::Waiting("for the first list".into()),
        Health::Established => telemetry::Watch::Established,
        Health::Failing(failure) => telemetry::Watch::Broken(failure.to_string()),
    }
}

/// True when a write has changed nothing that a plan depends on, such as a write of the status.
fn is_echo(before: &DynamicObject, after: &DynamicObject) -> bool {
    let addon_id = |object: &DynamicObject| object.data.pointer("/status/addon").cloned();
    let (old, new) = (&before.metadata, &after.metadata);
    // The spec is compared, too: after a change of the CRD, it may contain more fields at the same
    // generation.
    old.generation == new.generation
        && before.data.get("spec") == after.data.get("spec")
        && old.finalizers == new.finalizers
        && old.annotations == new.annotations
        && old.deletion_timestamp == new.deletion_timestamp
        && addon_id(before) == addon_id(after)
}

/// Adds jitter to a pause, so that not all resources are due at once.
pub(crate) fn jitter(pause: Duration, chance: f64) -> Duration {
    // Up to 5 % later, never earlier: the waits that safety depends on must not become shorter.
    pause + pause.mul_f64(chance / 20.0)
}
