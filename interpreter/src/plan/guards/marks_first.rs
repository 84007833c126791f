//! Guard for marks: before an add-on is changed or deleted, its marks are read, because a resource of another
//! cluster may have taken it over.

use crate::plan::guards::read_only::announces;
use crate::plan::marks::{self, is_transferred};
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, names};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// Replaces a step that changes or deletes an add-on by a read of the marks, unless they were read a moment ago, and
/// since the resource is being deleted; and the deletion of an add-on that is marked in another cluster by a rest.
pub(crate) fn permitted(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    if !affects_existing(snapshot, &plan.step) {
        return plan;
    }
    let because =
        "the operator checks that no resource of another cluster uses the add-on before it writes to it";
    // What was read before this process set its own marks says nothing about others.
    let set = snapshot.ids().and_then(|ids| snapshot.memory.marks.set_at(ids)).unwrap_or_default();
    let ends = snapshot.memory.ending.since.unwrap_or_default();
    let since = marks::fresh(snapshot).max(set).max(ends);
    if let Some(plan) = marks::look(snapshot, plan.state, since, (plan.reason, because)) {
        return plan;
    }
    let Step::Delete(ids) = &plan.step else { return plan };
    match marks::elsewhere(snapshot, ids).filter(|_| !is_transferred(snapshot, ids)) {
        Some(other) => kept(snapshot, &plan, ids, &other.resource),
        None => plan,
    }
}

fn kept(snapshot: &Snapshot<'_>, plan: &Plan, ids: &Ids, other: &str) -> Plan {
    let because = format!("{} belongs to {other}, so the operator does not delete it.", names(ids));
    if plan.state == State::Gone {
        return snapshot.plan(State::Gone, Step::Rest { until: None }, plan.reason, because);
    }
    snapshot.until_listed(plan.state, Reason::OwnedByOther, because)
}

fn affects_existing(snapshot: &Snapshot<'_>, step: &Step) -> bool {
    match step {
        Step::Change(_) | Step::Delete(_) => true,
        Step::Write(record) => announces(snapshot, record),
        Step::Read(_)
        | Step::Intend(_)
        | Step::AddFinalizer
        | Step::RemoveFinalizer(_)
        | Step::Create
        | Step::ReportLeftover(_)
        | Step::Mark(_)
        | Step::ApplySecret
        | Step::Rest { .. } => false,
    }
}
