//! Status of a resource: written only when its content changes, with one event when the reason changes.

use std::time::Duration;

use interpreter::plan::{Operation, OtherClaim, Plan, Reason, State};
use interpreter::resource::{self, Facets};
use serde_json::{Map, Value, json};

use crate::cluster::events::EventSpec;
use crate::cluster::{Failure, object};
use crate::engine::events::EventAction;
use crate::engine::labels;
use crate::engine::reconcile::conditions;
use crate::engine::reconcile::outcome::StatusUpdate;
use crate::engine::reconcile::reconciliation::Reconciliation;

/// Delay before the first retry of a failed status write.
const RETRY_INITIAL: Duration = Duration::from_secs(2);
/// Maximum of this delay.
const RETRY_MAX: Duration = Duration::from_secs(300);

impl Reconciliation<'_> {
    /// Writes the status if its content has changed, and sends an event if the reason has.
    pub(crate) async fn update_status(&mut self, plan: &Plan) -> StatusUpdate {
        self.gauge(plan);
        let Some(object) = self.object.clone() else { return StatusUpdate::UpToDate };
        let before = object.data.get("status").cloned().unwrap_or_default();
        let after = self.status(plan, &before);
        if conditions::same(&before, &after) {
            return StatusUpdate::UpToDate;
        }
        match object::swap_status(&self.engine.cluster, &self.controller.kind, &object, &after).await {
            Ok(written) => {
                self.take(Some(written));
                self.cache_entry.status_failures = 0;
                self.send_event(plan, &before);
                StatusUpdate::UpToDate
            }
            Err(Failure::Gone) => StatusUpdate::UpToDate,
            Err(Failure::Conflict) => StatusUpdate::Stale,
            Err(failure) => {
                if self.cache_entry.status_failures == 0 {
                    tracing::warn!(object = %self.object_ref, "the status cannot be written: {failure}");
                }
                let pause = RETRY_INITIAL
                    .saturating_mul(1 << self.cache_entry.status_failures.min(10))
                    .min(RETRY_MAX);
                self.cache_entry.status_failures += 1;
                StatusUpdate::RetryAt(self.engine.clock.now().mono + pause)
            }
        }
    }

    /// Returns the whole status; values that are unknown now stay as they were.
    fn status(&self, plan: &Plan, before: &Value) -> Value {
        let mut status = before.as_object().cloned().unwrap_or_default();
        if !matches!(plan.state, State::Disagreeing | State::Claimed) {
            // Record and status disagree, so the status is kept to show the conflict.
            self.tell_identity(&mut status);
        }
        // Values of an add-on that another resource claims, or may claim, are not shown.
        let may_be_others = matches!(plan.state, State::Claimed | State::Deleting)
            || matches!(self.other_claim, OtherClaim::Unknown(_));
        if !may_be_others {
            self.tell_shape(&mut status);
            self.tell_connection(&mut status);
        }
        match self.operation() {
            Some(operation) => status.insert("operation".into(), shown(&operation)),
            None => status.remove("operation"),
        };
        let generation = self.generation();
        let old = before["conditions"].as_array().cloned().unwrap_or_default();
        let now = self.engine.clock.stamp();
        status.insert("observedGeneration".into(), generation.into());
        status.insert(
            "conditions".into(),
            conditions::conditions(plan, &plan.because, generation, &old, &now).into(),
        );
        Value::Object(status)
    }

    fn tell_identity(&self, status: &mut Map<String, Value>) {
        let fields = resource::id_fields(&self.controller.addon.api.identity);
        let Some(ids) = self.recorded() else {
            // Without a record, the status identifies an add-on of the previous operator, so it stays.
            fields
                .iter()
                .filter(|_| self.record().is_some())
                .for_each(|(field, _)| drop(status.remove(field)));
            return;
        };
        status.extend(resource::identity(&self.controller.addon.api.identity, &ids, &self.name()));
    }

    /// Sets plan, region and version as the cloud shows them, or as just sent by a creation until they are
    /// read. Never those of an unapplied edit.
    fn tell_shape(&self, status: &mut Map<String, Value>) {
        if self.recorded().is_none() {
            return;
        }
        let offers = self.cache_entry.cloud_state.offers.as_ref().map(|judged| judged.offers.clone());
        let cloud_state = self.with_cloud_state(self.known());
        let created = self.cache_entry.memory.created_from(self.generation());
        let asked = self.desired.as_ref().filter(|_| created).map(|desired| &desired.context);
        status.extend(resource::shape(
            &self.controller.addon,
            &Facets { cloud_state: &cloud_state, asked, offers: offers.as_deref() },
        ));
    }

    fn tell_connection(&self, status: &mut Map<String, Value>) {
        if self.recorded().is_some() {
            let cloud_state = self.with_cloud_state(self.known());
            status.extend(resource::reached(&self.controller.addon, &cloud_state));
        }
    }

    fn send_event(&self, plan: &Plan, before: &Value) {
        let ready = before["conditions"].as_array().into_iter().flatten().find(|one| one["type"] == "Ready");
        let reason = plan.reason.to_string();
        let is_known = ready.is_some_and(|ready| ready["reason"] == reason.as_str());
        let Some(object) = self.object.as_deref().filter(|_| !is_known) else { return };
        let event = EventSpec {
            warning: labels::is_warning(plan.reason),
            reason,
            action: EventAction::of(plan.state).name().to_owned(),
            note: plan.because.clone(),
        };
        self.engine.events.send(&self.controller.kind, object, &event);
    }

    fn gauge(&mut self, plan: &Plan) {
        let reason = self.object.is_some().then_some(plan.reason);
        let before = std::mem::replace(&mut self.cache_entry.reason, reason);
        if reason != before {
            let kind = self.controller.kind.to_string();
            self.engine.telemetry.resource(&kind, before.map(Reason::name), reason.map(Reason::name));
        }
    }
}

fn shown(operation: &Operation) -> Value {
    let mut shown = json!({ "change": operation.change, "fields": operation.fields });
    if let Some(failed) = &operation.failed {
        shown["failed"] = failed.as_str().into();
    }
    shown
}
