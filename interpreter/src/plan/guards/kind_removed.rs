//! Guard for a kind whose catalog entry was removed: its add-ons stay as they are until their resources are
//! deleted. Some steps go on.

use crate::plan::reason::Reason;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

const BECAUSE: &str = "the catalog no longer has an entry for this kind, so the operator does not manage this resource. \
    Restore the entry to continue, or delete the resource, and the operator deletes its add-on.";

/// Replaces the step by a rest with the reason, if the kind was removed and the resource stays. A deletion
/// needs no entry. An answer that this process holds is recorded, because the process that deletes the
/// resource later must know of the add-on.
pub(crate) fn stop_managing(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    let leaving = snapshot.is_gone() || snapshot.resource.deleting;
    if !snapshot.kind_removed || leaving || plan.state == State::Holding || needs_record_correction(&plan) {
        return plan;
    }
    snapshot.stall(plan.state, Reason::KindRemoved, BECAUSE)
}

/// Returns true for a plan that asks for a correction of the record, without which the resource cannot be
/// deleted.
fn needs_record_correction(plan: &Plan) -> bool {
    matches!(plan.state, State::Unreadable | State::Disagreeing | State::Claimed | State::Unproven)
        && matches!(plan.step, Step::Rest { .. })
}
