//! Rollback: an add-on that this process created and that no record will name is deleted.

use crate::plan::known_addons::Held;
use crate::plan::reason::Reason;
use crate::plan::record::names;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// Deletes the add-on that this process created and no process will record.
pub(crate) fn roll_back(snapshot: &Snapshot<'_>, state: State, held: &Held) -> Plan {
    let because =
        format!("deleting {}: this process created it, and no resource records it", names(&held.ids));
    snapshot.plan(state, Step::Delete(held.ids.clone()), Reason::Deleting, because)
}
