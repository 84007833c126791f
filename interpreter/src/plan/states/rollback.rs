//! Rollback: what this process created and no record will name is deleted.

use crate::plan::memory::Held;
use crate::plan::reason::Reason;
use crate::plan::record::names;
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// Takes back what this process created and nobody will record.
pub(crate) fn lost(sight: &Sight<'_>, state: State, held: &Held) -> Plan {
    let because = format!("{} was created in a race that was lost, and is taken back", names(&held.ids));
    sight.plan(state, Step::Delete(held.ids.clone()), Reason::Deleting, because)
}
