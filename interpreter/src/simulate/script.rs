//! Replay of a script: runs the reconciliation and collects its result.

use crate::simulate::types::{Script, Simulation};
use serde_json::{Value, json};

use crate::plan::Standing;
use crate::simulate::reconcile::Reconciliation;

/// The uid of a resource that was never in a cluster.
const UID: &str = "00000000-0000-4000-8000-000000000000";

/// Replays a resource until it is ready, or cannot continue.
pub fn replay(script: &Script) -> Simulation {
    let first = dressed(script.was.unwrap_or(script.manifest), 1);
    let mut reconciliation = Reconciliation::new(script, first);
    let mut end = reconciliation.run();
    if script.was.is_some() && end.0 == Standing::Ready {
        reconciliation.edit(dressed(script.manifest, 2));
        end = reconciliation.run();
    }
    let (standing, reason, because) = end;
    let (status, secret) = (reconciliation.status(), reconciliation.secret.take());
    Simulation { exchanges: reconciliation.exchanges, secret, status, reason, because, standing }
}

/// Returns a manifest as the API server would store it.
fn dressed(manifest: &Value, generation: i64) -> Value {
    let mut object = manifest.clone();
    // The API server returns every object with its keys in this order, so they are sent in this order too.
    object.sort_all_objects();
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.entry("name").or_insert_with(|| "example".into());
        metadata.entry("namespace").or_insert_with(|| "default".into());
        metadata.entry("uid").or_insert_with(|| UID.into());
        metadata.insert("generation".into(), generation.into());
    }
    object
}
