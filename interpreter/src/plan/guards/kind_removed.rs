//! Guard for a kind whose catalog entry was removed: its add-ons stay as they are until their resources are
//! deleted. Some steps go on.

use crate::plan::reason::Reason;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

const BECAUSE: &str = "the catalog has no entry for this kind any more, so nothing is done for this resource. \
    It can be deleted, and what was made for it goes with it; or put the entry back, and it goes on.";

/// Replaces the step by a rest with the reason, if the kind was removed and the resource stays. A deletion
/// needs no entry. An answer that this process holds is recorded, because the process that deletes the
/// resource later must know of the add-on.
pub(crate) fn rested(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    let leaving = snapshot.is_gone() || snapshot.resource.deleting;
    if !snapshot.retired || leaving || plan.state == State::Holding || speaks_of_record(&plan) {
        return plan;
    }
    snapshot.stall(plan.state, Reason::KindRemoved, BECAUSE)
}

/// Returns true for a plan that asks for a correction of the record, without which the resource cannot be
/// deleted.
fn speaks_of_record(plan: &Plan) -> bool {
    matches!(plan.state, State::Unreadable | State::Disagreeing | State::Claimed)
        && matches!(plan.step, Step::Rest { .. })
}
