//! Write of the status, only when its content changes, with one event when the reason changes.

use interpreter::plan::{Plan, Reason};
use interpreter::reconcile::{Observed, ready_reason, status_retry};
use serde_json::Value;

use crate::cluster::events::EventSpec;
use crate::cluster::{Failure, object};
use crate::engine::events::{EventAction, WarningReason};
use crate::engine::labels;
use crate::engine::reconcile::outcome::StatusUpdate;
use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Writes the status if its content has changed, and sends an event if the reason has.
    pub(super) async fn update_status(&mut self, plan: &Plan, observed: &Observed) -> StatusUpdate {
        self.count_reason(plan);
        self.count_comparison(observed);
        let Some(object) = self.object.clone() else { return StatusUpdate::UpToDate };
        let (engine, controller) = (self.caches.engine, &self.caches.controller);
        let before = object.data.get("status").unwrap_or(&Value::Null);
        let observations = &self.cache_entry.observations;
        let after = observations.status(&controller.managed, observed, plan, (before, self.now()));
        let Some(after) = after else { return StatusUpdate::UpToDate };
        match object::swap_status(&engine.cluster, &controller.kind, &object, &after).await {
            Ok(written) => {
                self.take(Some(written));
                self.cache_entry.status_failures = 0;
                self.send_event(plan, observed, before);
                StatusUpdate::UpToDate
            }
            Err(Failure::Gone) => StatusUpdate::UpToDate,
            Err(Failure::Conflict) => StatusUpdate::Stale,
            Err(failure) => {
                if self.cache_entry.status_failures == 0 {
                    tracing::warn!(object = %self.caches.object_ref, "the status cannot be written: {failure}");
                    self.report_refused_status(&failure, plan);
                }
                let pause = status_retry(self.cache_entry.status_failures);
                self.cache_entry.status_failures += 1;
                StatusUpdate::RetryAt(self.now().mono + pause)
            }
        }
    }

    fn send_event(&self, plan: &Plan, observed: &Observed, before: &Value) {
        let reason = plan.reason.to_string();
        let is_known = ready_reason(before) == Some(&reason);
        let Some(object) = self.object.as_deref().filter(|_| !is_known) else { return };
        self.count_left_drift(plan, observed);
        let warning = labels::is_warning(plan.reason);
        if warning {
            tracing::warn!(object = %self.caches.object_ref, reason, because = plan.because, "resource needs attention");
        }
        let event = EventSpec {
            warning,
            reason,
            action: EventAction::of(plan.state).name().to_owned(),
            note: plan.because.clone(),
        };
        self.caches.engine.events.send(&self.caches.controller.kind, object, &event);
    }

    /// Sends the event that stands in for a status that the API server refuses.
    fn report_refused_status(&self, failure: &Failure, plan: &Plan) {
        let (Some(words), Some(object)) = (failure.refused_content(), self.object.as_deref()) else { return };
        let note = format!(
            "the API server refuses the status: \"{}\". It would say {}: {}",
            words.trim(),
            plan.reason,
            plan.because
        );
        let event = WarningReason::StatusRefused.event(EventAction::Reconcile, note);
        self.caches.engine.events.send(&self.caches.controller.kind, object, &event);
    }

    /// Records the time at which the resource was last compared with the cloud, in the metrics.
    fn count_comparison(&mut self, observed: &Observed) {
        let controller = &self.caches.controller;
        let compared = self.object.as_ref().and_then(|_| {
            self.cache_entry.observations.compared_at(&controller.managed, observed, self.now())
        });
        let compared = compared.map(|millis| millis.div_euclid(1000));
        let before = std::mem::replace(&mut self.cache_entry.compared, compared);
        if compared != before {
            self.caches.engine.telemetry.metrics.compared(&controller.kind.to_string(), before, compared);
        }
    }

    /// Counts the resource under its reason, in the metrics.
    fn count_reason(&mut self, plan: &Plan) {
        let reason = self.object.is_some().then_some(plan.reason);
        let before = std::mem::replace(&mut self.cache_entry.reason, reason);
        if reason != before {
            let kind = self.caches.controller.kind.to_string();
            let telemetry = &self.caches.engine.telemetry;
            telemetry.resource(&kind, before.map(Reason::name), reason.map(Reason::name));
        }
    }
}
