//! Replay of a script: runs the reconciliation and collects its result.

use std::time::Duration;

use crate::simulate::types::{Script, Simulation};
use serde_json::{Value, json};

use crate::simulate::reconcile::Reconciliation;

/// The uid of a resource that was never in a cluster.
const UID: &str = "00000000-0000-4000-8000-000000000000";

/// Replays a resource until it is ready, or cannot continue.
pub fn replay(script: &Script) -> Simulation {
    let mut resource = SimulatedResource::new(script);
    match script.was {
        Some(was) => {
            let first = resource.apply(was);
            if first.is_ready() { resource.apply(script.manifest) } else { first }
        }
        None => resource.apply(script.manifest),
    }
}

/// Resource in a simulated cluster, which can be edited again and again.
pub struct SimulatedResource<'a> {
    reconciliation: Reconciliation<'a>,
    generation: i64,
}

impl<'a> SimulatedResource<'a> {
    /// Returns the resource before it is created. Of the script, only kind and recorded values count.
    pub fn new(script: &Script<'a>) -> Self {
        Self { reconciliation: Reconciliation::new(script), generation: 0 }
    }

    /// Creates or edits the resource, and reconciles it until it is ready, or cannot continue. The result holds the
    /// requests since then.
    pub fn apply(&mut self, manifest: &Value) -> Simulation {
        self.generation += 1;
        self.reconciliation.edit(dressed(manifest, self.generation));
        self.reconcile()
    }

    /// Lets another client do to the add-on what was done to that of another resource of the same kind.
    pub fn change_elsewhere(&mut self, like: &Self) {
        self.reconciliation.cloud = like.reconciliation.cloud.clone();
    }

    /// Lets time pass, and reconciles the resource again. The result holds the requests since then.
    pub fn later(&mut self, pause: Duration) -> Simulation {
        self.reconciliation.later(pause);
        self.reconcile()
    }

    /// Replaces the operator by one that remembers nothing, and reconciles the resource again.
    pub fn restart(&mut self) -> Simulation {
        self.reconciliation.restart();
        self.reconcile()
    }

    fn reconcile(&mut self) -> Simulation {
        let (standing, reason, because) = self.reconciliation.run();
        let (status, secret) = (self.reconciliation.status(), self.reconciliation.secret.clone());
        let exchanges = std::mem::take(&mut self.reconciliation.exchanges);
        Simulation { exchanges, secret, status, reason, because, standing }
    }
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
