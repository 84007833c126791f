//! Dry run of a reconciliation: reads and plans like a real one, but writes nothing. Writes to the resource
//! and its Secret are simulated, so that it gets as far as possible; it ends before any other write.

use std::collections::BTreeMap;

use interpreter::plan::{Ids, Plan, Reason, Record, Standing, Step, StepOutcome};
use kube::api::DynamicObject;
use serde::Serialize;

use crate::engine::annotations;
use crate::engine::kind::cache_entry::SecretRead;
use crate::engine::reconcile::reconciliation::{MOST_STEPS, Reconciliation};

/// Expected outcome for a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The add-on exists and is in sync.
    GoesOn,
    /// The add-on stays as it is, although it differs from the spec.
    Differs,
    /// The resource stalls until a user acts.
    Stalls,
    /// Nothing is known: the cloud or the cluster does not answer, or may not be asked.
    Unknown,
    /// The resource has no add-on, so a new one is created.
    Makes,
    /// The add-on is changed to match the spec.
    Changes,
    /// The resource is being deleted, and its add-on is deleted with it, if there is one.
    Deletes,
}

/// Source of an add-on's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// The record: this operator has managed the resource before.
    Record,
    /// The status names the add-on.
    Status,
    /// The cloud has an add-on with the resource's name.
    Name,
    /// No add-on was found.
    Nowhere,
}

/// Result of a dry run.
#[derive(Debug)]
pub(crate) struct Rehearsed {
    pub(crate) addon: Option<String>,
    pub(crate) found: Found,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

impl Reconciliation<'_> {
    /// Runs the reconciliation until it would write.
    pub(crate) async fn rehearse(mut self) -> Rehearsed {
        let (status, recorded) = (self.status_id(), self.recorded());
        let mut last = None;
        for _ in 0..MOST_STEPS {
            if self.observe_surroundings().await.is_err() {
                break;
            }
            let plan = self.next_plan().await;
            let goes_on = match &plan.step {
                Step::Read(_) => {
                    self.execute_step(&plan).await;
                    true
                }
                Step::Write(record) => self.imagine_record(&plan, record),
                Step::ApplySecret => self.imagine_secret(&plan),
                Step::Intend(_)
                | Step::Create
                | Step::Delete(_)
                | Step::Change(_)
                | Step::AddFinalizer
                | Step::RemoveFinalizer
                | Step::Rest { .. } => false,
            };
            last = Some(plan);
            if !goes_on {
                break;
            }
        }
        let ids = self.recorded();
        let found = match (&recorded, &ids, &status) {
            (Some(_), _, _) => Found::Record,
            (None, Some(ids), Some(status)) if ids.values().any(|id| id == status) => Found::Status,
            (None, Some(_), _) => Found::Name,
            (None, None, Some(_)) => Found::Status,
            (None, None, None) => Found::Nowhere,
        };
        self.ended(last, first(ids.as_ref()).or(status), found)
    }

    fn ended(&self, last: Option<Plan>, addon: Option<String>, found: Found) -> Rehearsed {
        let Some(plan) = last else {
            let message =
                "the cluster does not say whether its definition is being deleted, or whether its namespace has credentials of its own"
                    .to_owned();
            return Rehearsed {
                addon,
                found,
                outcome: Outcome::Unknown,
                reason: Reason::ClusterUnavailable,
                message,
            };
        };
        let outcome = match (&plan.step, plan.reason.standing()) {
            (Step::Intend(_) | Step::Create, _) => Outcome::Makes,
            (Step::Delete(_) | Step::RemoveFinalizer, _) => Outcome::Deletes,
            (Step::Change(_), _) => Outcome::Changes,
            (_, Standing::Stalled) => Outcome::Stalls,
            (_, Standing::Ready) if plan.reason == Reason::Adopted => Outcome::Differs,
            (_, Standing::Ready) => Outcome::GoesOn,
            (_, Standing::Reconciling) => Outcome::Unknown,
        };
        Rehearsed { addon, found, outcome, reason: plan.reason, message: plan.because }
    }

    fn imagine_record(&mut self, plan: &Plan, record: &Record) -> bool {
        // This record starts an operation, whose effect cannot be simulated.
        if record.operation.is_some() {
            return false;
        }
        let Some(mut object) = self.object.as_deref().cloned() else { return false };
        note(&mut object, record);
        self.take(Some(object));
        self.imagined(plan);
        true
    }

    fn imagine_secret(&mut self, plan: &Plan) -> bool {
        let Some(secret) = self.previewed_secret() else { return false };
        self.cache_entry.secret = SecretRead::Ours(Box::new(secret));
        self.imagined(plan);
        true
    }

    fn imagined(&mut self, plan: &Plan) {
        let now = self.engine.clock.now();
        self.cache_entry.memory.starting(&plan.step, now);
        self.cache_entry.memory.outcome(&plan.step, &StepOutcome::Done, now);
    }
}

fn note(object: &mut DynamicObject, record: &Record) {
    let annotations: &mut BTreeMap<_, _> = object.metadata.annotations.get_or_insert_default();
    annotations.insert(annotations::RECORD.to_owned(), record.text());
}

fn first(ids: Option<&Ids>) -> Option<String> {
    ids.and_then(|ids| ids.values().next().cloned())
}
