//! Milestones: what was done about an add-on, in one line of the log and one Event each.

use interpreter::plan::{
    Change, DesiredState, DriftPolicy, Ids, Plan, Reason, Record, Release, State, Step, StepOutcome,
};
use interpreter::reconcile::Observed;

use crate::engine::events::MilestoneReason;
use crate::engine::reconcile::reconciliation::Reconciliation;

impl Reconciliation<'_> {
    /// Reports a step that completes work on an add-on.
    pub(super) fn report_milestone(&self, plan: &Plan, observed: &Observed, outcome: &StepOutcome) {
        let before = observed.subject.record();
        let Some((reason, ids)) = milestone(plan, before, &observed.inputs.desired_state, outcome) else {
            return;
        };
        let addon = ids.values().map(String::as_str).collect::<Vec<_>>().join(", ");
        let (object_ref, kind) = (&self.caches.object_ref, &self.caches.controller.kind);
        let because = &if let Step::Change(change) = &plan.step {
            changed(change, &observed.inputs.desired_state, &plan.because)
        } else {
            plan.because.clone()
        };
        tracing::info!(object = %object_ref, addon, because, "{}", line(reason));
        if reason == MilestoneReason::DriftCorrected {
            self.count_drift(DriftPolicy::Correct);
        }
        let is_named = ids.values().any(|id| because.contains(id));
        let note = if is_named { because.clone() } else { format!("{addon}: {because}") };
        let event = reason.event(note);
        let gone = kind.object(&object_ref.key(), &object_ref.uid);
        self.caches.engine.events.send(kind, self.object.as_deref().unwrap_or(&gone), &event);
    }

    /// Counts a drift that the operator leaves, when the status begins to tell of it.
    pub(super) fn count_left_drift(&self, plan: &Plan, observed: &Observed) {
        if plan.reason == Reason::Drifted {
            self.count_drift(DriftPolicy::Report);
        } else if plan.reason == Reason::FieldIgnored && has_ignored_drift(&observed.inputs.desired_state) {
            self.count_drift(DriftPolicy::Ignore);
        }
    }

    fn count_drift(&self, policy: DriftPolicy) {
        let kind = self.caches.controller.kind.to_string();
        self.caches.engine.telemetry.metrics.drift(&kind, policy.name());
    }
}

fn milestone(
    plan: &Plan,
    before: Option<&Record>,
    desired_state: &DesiredState,
    outcome: &StepOutcome,
) -> Option<(MilestoneReason, Ids)> {
    let recorded = before.and_then(|record| record.ids.as_ref());
    match (&plan.step, outcome) {
        (Step::Write(record), StepOutcome::Done) if record.ids.as_ref() != recorded => {
            let is_adopted = record.adopted.is_some()
                || matches!(plan.state, State::Adopting | State::Claimed | State::Unproven);
            let reason = if is_adopted { MilestoneReason::Adopted } else { MilestoneReason::Created };
            Some((reason, record.ids.clone()?))
        }
        (Step::Change(change), StepOutcome::Changed(_)) => {
            let is_drift =
                changes(desired_state).any(|one| change.fields.contains(&one.field) && !one.edited);
            let reason =
                if is_drift { MilestoneReason::DriftCorrected } else { MilestoneReason::ChangeAccepted };
            Some((reason, recorded?.clone()))
        }
        (Step::RemoveFinalizer(Some(record)), StepOutcome::Done)
            if record.released == Some(Release::Deleted) =>
        {
            Some((MilestoneReason::Deleted, record.ids.clone()?))
        }
        // A superfluous add-on of the same name.
        (Step::Delete(ids), StepOutcome::Done) if recorded.is_some_and(|recorded| recorded != ids) => {
            Some((MilestoneReason::Deleted, ids.clone()))
        }
        _ => None,
    }
}

/// Returns the fields of a change with both values of each, if they are known.
fn changed(change: &Change, desired_state: &DesiredState, otherwise: &str) -> String {
    let own = changes(desired_state).filter(|one| change.fields.contains(&one.field));
    let values: Vec<_> = own.map(|one| format!("{}: {}", one.field, one.what)).collect();
    if values.is_empty() { otherwise.to_owned() } else { values.join("; ") }
}

fn changes(desired_state: &DesiredState) -> impl Iterator<Item = &interpreter::plan::Difference> {
    let changes = match desired_state {
        DesiredState::Clear { changes, .. } => changes.as_slice(),
        DesiredState::Unknown | DesiredState::Refused { .. } => &[],
    };
    changes.iter()
}

fn has_ignored_drift(desired_state: &DesiredState) -> bool {
    changes(desired_state).any(|one| !one.edited && one.drift == DriftPolicy::Ignore)
}

fn line(reason: MilestoneReason) -> &'static str {
    match reason {
        MilestoneReason::Created => "created an add-on",
        MilestoneReason::Adopted => "adopted an add-on",
        MilestoneReason::ChangeAccepted => "changed an add-on",
        MilestoneReason::DriftCorrected => "changed an add-on back",
        MilestoneReason::SecretUpdated => "wrote new connection data",
        MilestoneReason::Deleted => "deleted an add-on",
    }
}
