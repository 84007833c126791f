//! Dry run of a reconciliation: reads and plans like a real one, but writes nothing. Writes to the resource
//! and its Secret are simulated, so that it gets as far as possible; it ends before any other write.

use std::collections::BTreeMap;

use interpreter::plan::{Ids, Plan, Reason, Record, Standing, Step, StepOutcome};
use kube::api::DynamicObject;
use serde::Serialize;

use crate::engine::annotations;
use crate::engine::kind::cache_entry::SecretRead;
use crate::engine::reconcile::reconciliation::{MAX_STEPS, Reconciliation};

/// Expected outcome for a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedOutcome {
    /// The add-on exists and is in sync.
    Unchanged,
    /// The add-on stays as it is, although it differs from the spec.
    LeftAsIs,
    /// The resource stalls until a user acts.
    Stalls,
    /// The cloud or the cluster did not answer, or was not read.
    Unknown,
    /// The resource has no add-on, so a new one is created.
    Created,
    /// The add-on is changed to match the spec.
    Updated,
    /// The resource is being deleted, and its add-on is deleted with it, if there is one.
    Deleted,
}

/// Source of an add-on's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// The record: this operator has managed the resource before.
    Record,
    /// The status names the add-on.
    Status,
    /// The cloud has an add-on with the resource's name.
    Name,
    /// No add-on was found.
    Nothing,
}

/// Result of a dry run.
#[derive(Debug)]
pub(crate) struct DryRun {
    pub(crate) addon: Option<String>,
    pub(crate) found_by: FoundBy,
    pub(crate) outcome: ExpectedOutcome,
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

impl Reconciliation<'_> {
    /// Runs the reconciliation until it would write.
    pub(crate) async fn dry_run(mut self) -> DryRun {
        let (status, recorded) = (self.status_id(), self.recorded());
        let mut last = None;
        for _ in 0..MAX_STEPS {
            if self.observe_surroundings().await.is_err() {
                break;
            }
            let plan = self.next_plan().await;
            let continues = match &plan.step {
                Step::Read(_) => {
                    self.execute_step(&plan).await;
                    true
                }
                Step::Write(record) => self.simulate_record(&plan, record),
                Step::ApplySecret => self.simulate_secret(&plan),
                Step::Intend(_)
                | Step::Create
                | Step::Delete(_)
                | Step::Change(_)
                | Step::AddFinalizer
                | Step::RemoveFinalizer
                | Step::Rest { .. } => false,
            };
            last = Some(plan);
            if !continues {
                break;
            }
        }
        let ids = self.recorded();
        let found_by = match (&recorded, &ids, &status) {
            (Some(_), _, _) => FoundBy::Record,
            (None, Some(ids), Some(status)) if ids.values().any(|id| id == status) => FoundBy::Status,
            (None, Some(_), _) => FoundBy::Name,
            (None, None, Some(_)) => FoundBy::Status,
            (None, None, None) => FoundBy::Nothing,
        };
        self.result(last, first(ids.as_ref()).or(status), found_by)
    }

    fn result(&self, last: Option<Plan>, addon: Option<String>, found_by: FoundBy) -> DryRun {
        let Some(plan) = last else {
            let message =
                "the API server did not answer whether the CRD is being deleted, or which credentials the namespace has. Run the preview again."
                    .to_owned();
            return DryRun {
                addon,
                found_by,
                outcome: ExpectedOutcome::Unknown,
                reason: Reason::ClusterUnavailable,
                message,
            };
        };
        let outcome = match (&plan.step, plan.reason.standing()) {
            (Step::Intend(_) | Step::Create, _) => ExpectedOutcome::Created,
            (Step::Delete(_) | Step::RemoveFinalizer, _) => ExpectedOutcome::Deleted,
            (Step::Change(_), _) => ExpectedOutcome::Updated,
            (_, Standing::Stalled) => ExpectedOutcome::Stalls,
            (_, Standing::Ready) if plan.reason == Reason::Adopted => ExpectedOutcome::LeftAsIs,
            (_, Standing::Ready) => ExpectedOutcome::Unchanged,
            (_, Standing::Reconciling) => ExpectedOutcome::Unknown,
        };
        DryRun { addon, found_by, outcome, reason: plan.reason, message: plan.because }
    }

    fn simulate_record(&mut self, plan: &Plan, record: &Record) -> bool {
        // This record starts an operation, whose effect cannot be simulated.
        if record.operation.is_some() {
            return false;
        }
        let Some(mut object) = self.object.as_deref().cloned() else { return false };
        note(&mut object, record);
        self.take(Some(object));
        self.simulated(plan);
        true
    }

    fn simulate_secret(&mut self, plan: &Plan) -> bool {
        let Some(secret) = self.previewed_secret() else { return false };
        self.cache_entry.secret = SecretRead::Ours(Box::new(secret));
        self.simulated(plan);
        true
    }

    fn simulated(&mut self, plan: &Plan) {
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
