//! Reconciler of one kind: runs a reconciliation for each object that the queue hands out.

use std::sync::Arc;

use interpreter::plan::OtherClaim;
use kube::api::DynamicObject;
use serde_json::Value;
use tokio::time::Instant;
use tracing::Instrument;

use crate::cloud;
use crate::cluster::queue::{Lane, Next};
use crate::engine::context::Engine;
use crate::engine::kind::controller::Controller;
use crate::engine::object_ref::Subject;
use crate::engine::reconcile::outcome::Ended;
use crate::engine::reconcile::reconciliation::{AFTER_TOO_MANY, Pass};
use crate::engine::resource_version;

impl Controller {
    /// Runs one pass. Who stands by only pays what it owes: the look for the effect of its own request, the end of what it made itself.
    pub(crate) async fn pass(self: Arc<Self>, engine: Arc<Engine>, subject: Subject) -> Next {
        let dossier = self.dossier(&subject);
        let mut dossier = dossier.lock().await;
        dossier.interpret(&self.asks);
        let cached = self.cached(&subject);
        // What is remembered of it is kept until the watch shows its end, too.
        let gone = cached.is_none();
        if engine.stands_by() && !gone && !dossier.memory.owes(dossier.listing.as_ref(), &self.timing) {
            // All are queued when this process is elected; this is for an election too short to be noticed.
            return Next::At(Instant::now() + engine.jittered(self.timing.check), Lane::Check);
        }
        let object = resource_version::newer(cached, dossier.newest.clone()).filter(|object| !resource_version::is_over(object));
        let started = Instant::now();
        let pass = Pass {
            engine: &engine,
            controller: self.clone(),
            subject: subject.clone(),
            dossier: &mut dossier,
            lane: lane(object.as_deref()),
            object,
            live: false,
            grant: engine.grant(&self.addon.api, &subject.namespace),
            permit: None,
            desired: None,
            namespace_terminating: false,
            other_claim: OtherClaim::None,
            change_ticket: None,
        };
        // The name of a resource alone says little where many kinds are at work; it is wanted at every level that is logged at all.
        let ended = pass.run().instrument(tracing::error_span!("pass", kind = %self.kind)).await;
        engine.telemetry.metrics.pass(&self.kind.to_string(), ended.name(), started.elapsed());
        match ended {
            Ended::Resting(None) if gone => {
                self.forget(&subject);
                Next::AwaitChange
            }
            Ended::Resting(None) => Next::AwaitChange,
            Ended::Resting(Some(until)) => Next::At(Instant::now() + engine.jittered(engine.clock.until(until)), Lane::Check),
            Ended::Restless => Next::At(Instant::now() + AFTER_TOO_MANY, Lane::Check),
        }
    }
}

/// Whether somebody waits for this pass: what is as specified is only looked at.
fn lane(object: Option<&DynamicObject>) -> cloud::Lane {
    let is_settled = |object: &&DynamicObject| {
        let ready = object.data.pointer("/status/conditions").and_then(Value::as_array);
        let ready = ready.is_some_and(|all| all.iter().any(|one| one["type"] == "Ready" && one["status"] == "True"));
        let judged = object.data.pointer("/status/observedGeneration").and_then(Value::as_i64);
        ready && judged == object.metadata.generation && object.metadata.deletion_timestamp.is_none()
    };
    if object.filter(is_settled).is_some() { cloud::Lane::Background } else { cloud::Lane::User }
}
