//! The catalog has no entry for this kind any more: what is there stays as it is, until it is deleted. What goes on all the same.

use crate::plan::reason::Reason;
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

const BECAUSE: &str = "the catalog has no entry for this kind any more, so nothing is done for this resource. \
    It can be deleted, and what was made for it goes with it; or put the entry back, and it goes on.";

/// The plan, unless the kind is retired and the resource stays: then to rest, and to say so. A deletion needs no entry, and an answer that
/// this process holds is recorded: whoever deletes the resource later must know of the add-on.
pub(crate) fn rested(sight: &Sight<'_>, plan: Plan) -> Plan {
    let leaving = sight.is_gone() || sight.resource.deleting;
    if !sight.retired || leaving || plan.state == State::Holding || speaks_of_record(&plan) {
        return plan;
    }
    sight.stall(plan.state, Reason::Retired, BECAUSE)
}

/// What is wrong there has to be set right before it can be deleted.
fn speaks_of_record(plan: &Plan) -> bool {
    matches!(plan.state, State::Unreadable | State::Disagreeing | State::Claimed) && matches!(plan.step, Step::Rest { .. })
}
