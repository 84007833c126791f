//! Reconciler of one kind: runs a reconciliation for each object that the queue hands out.

use std::sync::Arc;

use kube::api::DynamicObject;
use serde_json::Value;
use tokio::time::Instant;
use tracing::Instrument;

use crate::cluster::queue::Next;
use crate::engine::context::Engine;
use crate::engine::kind::cache_entry::CacheEntry;
use crate::engine::kind::controller::Controller;
use crate::engine::object_ref::ObjectRef;
use crate::engine::reconcile::caches::Caches;
use crate::engine::reconcile::outcome::Action;
use crate::engine::reconcile::reconciliation::{Reconciliation, STEP_LIMIT_DELAY};
use crate::engine::resource_version;
use crate::priority::Priority;

impl Controller {
    /// Runs one reconciliation. A standby runs only those that its own earlier requests require: to look for
    /// their effect, and to finish what it created itself.
    pub(crate) async fn reconcile(self: Arc<Self>, engine: Arc<Engine>, object_ref: ObjectRef) -> Next {
        let cache_entry = self.cache_entry(&object_ref);
        let mut cache_entry = cache_entry.lock().await;
        cache_entry.interpret(&self.managed.addon);
        let cached = self.cached(&object_ref);
        // Even then, the cache entry is kept until the watch shows the deletion.
        let gone = cached.is_none();
        if engine.stands_by() && !cache_entry.has_pending(&self.managed.timing) {
            if gone {
                // The replica that leads looks for what the resource may have left behind.
                self.forget(&object_ref);
                return Next::AwaitChange;
            }
            // Every resource is queued when this process is elected; this covers a term of leadership too
            // short to be noticed.
            return Next::At(
                Instant::now() + engine.jittered(self.managed.timing.poll_interval),
                Priority::Background,
            );
        }
        let CacheEntry { newest, shown, .. } = &mut *cache_entry;
        resource_version::drop_if_restored(newest, shown, cached.as_deref());
        let object = resource_version::newer(cached, cache_entry.newest.clone())
            .filter(|object| !resource_version::is_over(object));
        let started = Instant::now();
        let caches = Caches::new(&engine, self.clone(), object_ref.clone());
        let priority = priority(object.as_deref());
        let mut reconciliation = Reconciliation::new(caches, &mut cache_entry, object, priority);
        if let Some(last) = self.take_last(&object_ref) {
            reconciliation.observe_last(last);
        }
        // The name of a resource alone is ambiguous where many kinds exist, so the span with the kind is
        // enabled at every level.
        let action =
            reconciliation.run().instrument(tracing::error_span!("reconcile", kind = %self.kind)).await;
        let result = action.result(cache_entry.reason);
        engine.telemetry.metrics.reconcile(&self.kind.to_string(), result, started.elapsed());
        match action {
            Action::AwaitChange if gone => {
                self.forget(&object_ref);
                Next::AwaitChange
            }
            Action::AwaitChange => Next::AwaitChange,
            Action::Requeue(until) => {
                Next::At(Instant::now() + engine.jittered(engine.clock.until(until)), Priority::Background)
            }
            Action::StepLimit => Next::At(Instant::now() + STEP_LIMIT_DELAY, Priority::Background),
        }
    }
}

/// Priority of the cloud reads: background for a ready resource without changes, otherwise user, because a
/// user may be waiting.
fn priority(object: Option<&DynamicObject>) -> Priority {
    let is_settled = |object: &&DynamicObject| {
        let ready = object.data.pointer("/status/conditions").and_then(Value::as_array);
        let ready =
            ready.is_some_and(|all| all.iter().any(|one| one["type"] == "Ready" && one["status"] == "True"));
        let judged = object.data.pointer("/status/observedGeneration").and_then(Value::as_i64);
        ready && judged == object.metadata.generation && object.metadata.deletion_timestamp.is_none()
    };
    if object.filter(is_settled).is_some() { Priority::Background } else { Priority::User }
}
