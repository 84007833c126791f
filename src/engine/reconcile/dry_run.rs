//! Dry run of a reconciliation: reads and plans like a real one, but writes nothing. Writes to the resource
//! and its Secret are simulated, so that it gets as far as possible; it ends before any other write.

use std::sync::Arc;

use interpreter::plan::{Ids, Plan, Reason, Record, Release, Standing, Step, StepOutcome};
use interpreter::reconcile::Subject;
use serde::Serialize;

use crate::engine::context::Engine;
use crate::engine::kind::controller::Controller;
use crate::engine::object_ref::ObjectRef;
use crate::engine::reconcile::caches::Caches;
use crate::engine::reconcile::reconciliation::Reconciliation;

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

/// Returns the caches for a dry run of a resource. Without credentials, the error says why the result is unknown.
pub(crate) async fn readable<'a>(
    engine: &'a Engine,
    controller: &Arc<Controller>,
    subject: &ObjectRef,
) -> Result<Caches<'a>, (Reason, String)> {
    // Without an answer, the wrong credentials might be resolved.
    if let Err(failure) = engine.credentials.read_live(&subject.namespace).await {
        let message = format!("the credentials of the namespace cannot be read: {failure}");
        return Err((Reason::ClusterUnavailable, message));
    }
    let api = &controller.managed.addon.api.name;
    let caches = Caches::new(engine, controller.clone(), subject.clone());
    let is_configured = caches.config.apis.get(api).is_some_and(|settings| !settings.credentials.is_empty());
    // Without configured credentials, only the cluster can be read.
    if caches.credentials.access.is_err() && !is_configured {
        let message = format!(
            "no credentials are configured for `{api}`, so the cloud was not read. Configure them, and run the command again."
        );
        return Err((Reason::CredentialsInvalid, message));
    }
    Ok(caches)
}

impl Reconciliation<'_> {
    /// Runs the reconciliation until it would write.
    pub(crate) async fn dry_run(mut self) -> DryRun {
        let first = self.subject();
        let mut last = None;
        loop {
            let subject = self.subject();
            if let Some(prerequisite) = self.prerequisite(&subject) {
                match self.read(prerequisite, &subject).await {
                    Ok(()) => continue,
                    Err(_) => break,
                }
            }
            let (observed, effect) = self.next(subject, None);
            let Some(plan) = effect.plan().cloned() else { break };
            let continues = match &plan.step {
                Step::Read(_) => {
                    self.perform(&plan, &observed).await;
                    true
                }
                Step::Write(record) => self.simulate_record(record) && self.simulated(&plan),
                Step::ApplySecret => self.preview_secret(&observed.subject) && self.simulated(&plan),
                Step::Intend(_)
                | Step::Create
                | Step::Delete(_)
                | Step::Change(_)
                | Step::Mark(_)
                | Step::AddFinalizer
                | Step::RemoveFinalizer(_)
                | Step::ReportLeftover(_)
                | Step::Rest { .. } => false,
            };
            last = Some(plan);
            if !continues {
                break;
            }
        }
        let (addon, found_by) = self.found(&first);
        self.result(last.as_ref(), addon, found_by)
    }

    /// Returns the id of the add-on and its source. `first` is the resource before the dry run.
    pub(super) fn found(&mut self, first: &Subject) -> (Option<String>, FoundBy) {
        let end = self.subject();
        let (ids, status) = (recorded(&end), first.resource.status_id.as_ref());
        let found_by = match (recorded(first), ids, status) {
            (Some(_), _, _) => FoundBy::Record,
            (None, Some(ids), Some(status)) if ids.values().any(|id| id == status) => FoundBy::Status,
            (None, Some(_), _) => FoundBy::Name,
            (None, None, Some(_)) => FoundBy::Status,
            (None, None, None) => FoundBy::Nothing,
        };
        (ids.and_then(|ids| ids.values().next()).or(status).cloned(), found_by)
    }

    pub(super) fn result(&self, last: Option<&Plan>, addon: Option<String>, found_by: FoundBy) -> DryRun {
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
            (Step::RemoveFinalizer(_), _) if is_kept(&plan.step) => ExpectedOutcome::LeftAsIs,
            (Step::Delete(_) | Step::RemoveFinalizer(_), _) => ExpectedOutcome::Deleted,
            (Step::Change(_), _) => ExpectedOutcome::Updated,
            (_, Standing::Stalled) => ExpectedOutcome::Stalls,
            (_, Standing::Ready) if matches!(plan.reason, Reason::Adopted | Reason::Observed) => {
                ExpectedOutcome::LeftAsIs
            }
            (_, Standing::Ready) => ExpectedOutcome::Unchanged,
            (_, Standing::Reconciling) => ExpectedOutcome::Unknown,
        };
        DryRun { addon, found_by, outcome, reason: plan.reason, message: plan.because.clone() }
    }

    /// Takes the record as if it had been written. Returns false if it starts an operation, whose effect
    /// cannot be simulated.
    fn simulate_record(&mut self, record: &Record) -> bool {
        let Some(mut object) = self.object.as_deref().cloned().filter(|_| record.operation.is_none()) else {
            return false;
        };
        let written = self.annotations(record).into_iter();
        let written = written.filter_map(|(name, value)| Some((name, value?)));
        object.metadata.annotations.get_or_insert_default().extend(written);
        self.take(Some(object));
        true
    }

    pub(super) fn simulated(&mut self, plan: &Plan) -> bool {
        let now = self.now();
        self.cache_entry.machine.skip(&plan.step, &StepOutcome::Done, now);
        true
    }
}

/// Returns true for the end of a deletion that keeps the add-on.
fn is_kept(step: &Step) -> bool {
    let Step::RemoveFinalizer(Some(closed)) = step else { return false };
    closed.ids.is_some() && matches!(closed.released, Some(Release::Retained | Release::Abandoned))
}

/// The ids of the recorded add-on.
fn recorded(subject: &Subject) -> Option<&Ids> {
    subject.record()?.ids.as_ref()
}
