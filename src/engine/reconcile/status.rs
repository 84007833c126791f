//! Tells how a resource stands: its status, written only when it says something new, and one event when the reason changes.

use std::time::Duration;

use interpreter::plan::{Operation, OtherClaim, Plan, State};
use interpreter::resource::{self, Facets};
use serde_json::{Map, Value, json};

use crate::cluster::events::EventSpec;
use crate::cluster::{Failure, object};
use crate::engine::labels;
use crate::engine::reconcile::conditions;
use crate::engine::reconcile::outcome::Reported;
use crate::engine::reconcile::reconciliation::Pass;

/// When to come again if the status could not be written.
const SOON: Duration = Duration::from_secs(2);
/// The longest that this pause grows to.
const LATEST: Duration = Duration::from_secs(300);

impl Pass<'_> {
    /// Writes the status if it says something new, and sends one event if the reason is another.
    pub(crate) async fn report(&mut self, plan: &Plan) -> Reported {
        self.gauge(plan);
        let Some(object) = self.object.clone() else { return Reported::Told };
        let before = object.data.get("status").cloned().unwrap_or_default();
        let after = self.status(plan, &before);
        if conditions::same(&before, &after) {
            return Reported::Told;
        }
        match object::swap_status(&self.engine.cluster, &self.controller.kind, &object, &after).await {
            Ok(written) => {
                self.take(Some(written));
                self.dossier.untold = 0;
                self.tell(plan, &before);
                Reported::Told
            }
            Err(Failure::Gone) => Reported::Told,
            Err(Failure::Conflict) => Reported::Stale,
            Err(failure) => {
                if self.dossier.untold == 0 {
                    tracing::warn!(subject = %self.subject, "the status cannot be written: {failure}");
                }
                let pause = SOON.saturating_mul(1 << self.dossier.untold.min(10)).min(LATEST);
                self.dossier.untold += 1;
                Reported::Later(self.engine.clock.now().mono + pause)
            }
        }
    }

    /// The whole status; what is not known now stays as it was.
    fn status(&self, plan: &Plan, before: &Value) -> Value {
        let mut status = before.as_object().cloned().unwrap_or_default();
        if !matches!(plan.state, State::Disagreeing | State::Claimed) {
            // Of two things that disagree, the status is one.
            self.tell_identity(&mut status);
        }
        // Of what another resource holds, or may hold, it shows nothing.
        let may_be_others = matches!(plan.state, State::Claimed | State::Deleting) || matches!(self.other_claim, OtherClaim::Unknown(_));
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
        status.insert("conditions".into(), conditions::conditions(plan, &plan.because, generation, &old, &now).into());
        Value::Object(status)
    }

    fn tell_identity(&self, status: &mut Map<String, Value>) {
        let fields = resource::id_fields(&self.controller.addon.api.identity);
        let Some(ids) = self.recorded() else {
            // A status without a record is how an add-on from before our time is known: it stays.
            fields.iter().filter(|_| self.record().is_some()).for_each(|(field, _)| drop(status.remove(field)));
            return;
        };
        status.extend(resource::identity(&self.controller.addon.api.identity, &ids, &self.name()));
    }

    /// Plan, region and version as the cloud shows them; what a creation has just sent counts until it is read. Never the wish of an edit.
    fn tell_shape(&self, status: &mut Map<String, Value>) {
        if self.recorded().is_none() {
            return;
        }
        let offers = self.dossier.facts.offers.as_ref().map(|judged| judged.offers.clone());
        let facts = self.with_facts(self.known());
        let created = self.dossier.memory.created_from(self.generation());
        let asked = self.desired.as_ref().filter(|_| created).map(|desired| &desired.context);
        status.extend(resource::shape(&self.controller.addon, &Facets { facts: &facts, asked, offers: offers.as_deref() }));
    }

    fn tell_connection(&self, status: &mut Map<String, Value>) {
        if self.recorded().is_some() {
            let facts = self.with_facts(self.known());
            status.extend(resource::reached(&self.controller.addon, &facts));
        }
    }

    fn tell(&self, plan: &Plan, before: &Value) {
        let ready = before["conditions"].as_array().into_iter().flatten().find(|one| one["type"] == "Ready");
        let reason = plan.reason.to_string();
        let told = ready.is_some_and(|ready| ready["reason"] == reason.as_str());
        let Some(object) = self.object.as_deref().filter(|_| !told) else { return };
        let happening =
            EventSpec { warning: labels::is_warning(plan.reason), reason, action: format!("{:?}", plan.state), note: plan.because.clone() };
        self.engine.events.send(&self.controller.kind, object, &happening);
    }

    fn gauge(&mut self, plan: &Plan) {
        let state = self.object.is_some().then(|| labels::state(plan.state));
        if state != self.dossier.state {
            self.engine.telemetry.moved(&self.controller.kind.to_string(), self.dossier.state, state);
            self.dossier.state = state;
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
