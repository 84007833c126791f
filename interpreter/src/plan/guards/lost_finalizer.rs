//! Guard for a live resource with a record and without our finalizer: it is put back, because a deletion
//! would leave the add-on behind.

use std::time::Duration;

use crate::plan::backoff::pause_between_repairs;
use crate::plan::observed::ObservedRecord;
use crate::plan::reason::Reason;
use crate::plan::snapshot::{Snapshot, is_vacant_or_none};
use crate::plan::step::{Plan, Step};

/// Puts the finalizer back before the planned step. Another writer that keeps removing it slows this down, as
/// with the Secret, and so does an API server that refuses the write; meanwhile the plan goes on.
pub(crate) fn put_back_first(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    if !is_lost(snapshot) || matches!(plan.step, Step::Write(_) | Step::Intend(_)) {
        return plan;
    }
    let refused = snapshot
        .memory
        .failures
        .holding(&Step::AddFinalizer, snapshot.timing, snapshot.now.mono)
        .map(|(_, until)| until);
    let repaired = pause_between_repairs(snapshot.memory.finalizer, snapshot.timing);
    match refused.max(repaired).filter(|until| *until > snapshot.now.mono) {
        None => snapshot.swap(
            plan.state,
            Step::AddFinalizer,
            Reason::WaitingForOutputs,
            "another client removed the finalizer, so the operator puts it back",
        ),
        Some(pause) => at_the_latest(plan, pause),
    }
}

fn at_the_latest(plan: Plan, pause: Duration) -> Plan {
    let Step::Rest { until } = plan.step else { return plan };
    Plan { step: Step::Rest { until: Some(until.map_or(pause, |until| until.min(pause))) }, ..plan }
}

fn is_lost(snapshot: &Snapshot<'_>) -> bool {
    let resource = snapshot.resource;
    // A record that cannot be read may be the only trace of an add-on.
    let has_record = matches!(resource.record, ObservedRecord::Unreadable(_)) || !is_vacant_or_none(snapshot);
    resource.exists && !resource.deleting && !resource.finalizer && has_record
}
