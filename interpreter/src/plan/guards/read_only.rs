//! Guard for a resource that only observes its add-on: no step writes to the cloud, whatever the state.

use crate::plan::reason::Reason;
use crate::plan::record::Record;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// Replaces a step that writes to the cloud, or announces such a write, by a rest.
///
/// Most states plan no such step for a resource that only observes. This is for what began before.
pub(crate) fn permitted(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    if !snapshot.resource.management.only_reads() || !writes(snapshot, &plan.step) {
        return plan;
    }
    let is_leaving = matches!(plan.state, State::Gone | State::Deleting);
    let is_change = plan.state == State::Changing || matches!(plan.step, Step::Delete(_));
    let reason = match (is_leaving, is_change) {
        (true, _) => Reason::Deleting,
        (false, true) => Reason::Observed,
        (false, false) => Reason::ExternalResourceNotFound,
    };
    let because = format!(
        "the operator writes nothing to the cloud for this resource, so it does not go on: {}",
        plan.because
    );
    snapshot.until_listed(plan.state, reason, because)
}

fn writes(snapshot: &Snapshot<'_>, step: &Step) -> bool {
    match step {
        Step::Intend(_) | Step::Create | Step::Delete(_) | Step::Change(_) | Step::Mark(_) => true,
        Step::Write(record) => announces(snapshot, record),
        Step::Read(_)
        | Step::AddFinalizer
        | Step::RemoveFinalizer(_)
        | Step::ReportLeftover(_)
        | Step::ApplySecret
        | Step::Rest { .. } => false,
    }
}

/// Returns true for a record that opens another attempt of a change.
pub(super) fn announces(snapshot: &Snapshot<'_>, record: &Record) -> bool {
    let attempt = |record: &Record| record.operation.as_ref().and_then(|operation| operation.attempt.clone());
    let before = snapshot.record().and_then(attempt);
    attempt(record).is_some_and(|attempt| before.as_ref() != Some(&attempt))
}
