//! What is replayed, and what comes of it.

use crate::simulate::types::{Replay, Script};
use serde_json::{Value, json};

use crate::plan::Standing;
use crate::simulate::reconcile::Pass;

/// The uid of a resource that was never in a cluster.
const UID: &str = "00000000-0000-4000-8000-000000000000";

/// Replays a resource until it is ready, or can go no further.
pub fn replay(script: &Script) -> Replay {
    let first = dressed(script.was.unwrap_or(script.manifest), 1);
    let mut pass = Pass::new(script, first);
    let mut end = pass.run();
    if script.was.is_some() && end.0 == Standing::Ready {
        pass.edit(dressed(script.manifest, 2));
        end = pass.run();
    }
    let (standing, reason, because) = end;
    let (status, secret) = (pass.status(), pass.secret.take());
    Replay { exchanges: pass.exchanges, secret, status, reason, because, standing }
}

/// A manifest as the API server would have it.
fn dressed(manifest: &Value, generation: i64) -> Value {
    let mut object = manifest.clone();
    // It hands out every object with its keys in this order, and so they are sent.
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
