//! Reports on the resources of a kind why no controller runs for it.

use std::time::Duration;

use interpreter::plan::Reason;
use interpreter::reconcile::{not_managed_status, ready_reason};
use kube::api::DynamicObject;
use serde_json::Value;

use crate::cluster::object;
use crate::cluster::{Key, Kind};
use crate::engine::annotations::RECORD;
use crate::engine::context::Engine;

/// Interval at which the resources of such a kind are looked at.
pub(super) const REPORT_INTERVAL: Duration = Duration::from_secs(15);
/// Number of resources that one look writes, so that a kind with many resources causes no storm of writes.
const WRITES_AT_ONCE: usize = 50;

/// Writes the reason into the condition `Ready` of the kind's resources, while this process leads. A resource
/// that says so already is left alone, and so is one whose status another program has written.
pub(super) async fn report(engine: &Engine, kind: &Kind, why: &str) {
    if engine.stands_by() {
        return;
    }
    let cluster = engine.cluster.without_permission_warnings();
    let listed = match object::list_all(&cluster, kind, &engine.bounds.scope).await {
        Ok(listed) => listed.unwrap_or_default(),
        Err(failure) => {
            tracing::debug!(%kind, %failure, "cannot list the resources of a kind that is not managed");
            return;
        }
    };
    let message = sentence(why);
    let due = listed.iter().filter_map(|object| Some((object, due(object, &message, engine)?)));
    for (object, status) in due.take(WRITES_AT_ONCE) {
        if let Err(failure) = object::swap_status(&cluster, kind, object, &status).await {
            let object = Key::of(&object.metadata);
            tracing::debug!(%kind, %object, %failure, "cannot report why the kind is not managed");
        }
    }
}

/// Returns the status to write; `None` if the object has it already, or is not ours: ours has our record, or a status
/// that only the default of our CRD or this report writes. Another controller may use our other reasons.
fn due(object: &DynamicObject, message: &str, engine: &Engine) -> Option<Value> {
    let before = object.data.get("status")?;
    let reason = ready_reason(before).and_then(Reason::named);
    let is_default = before["observedGeneration"] == -1 && reason == Some(Reason::Queued);
    let is_reported = reason == Some(Reason::KindNotManaged);
    let is_ours = is_default
        || is_reported
        || object.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(RECORD));
    let generation = object.metadata.generation.unwrap_or_default();
    let status = || not_managed_status(before, message, (generation, engine.clock.now().wall));
    is_ours.then(status).flatten()
}

/// Returns the reason as a sentence.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
