//! The add-on is in sync: sets the marks of the resource at it, once, for other clusters and for later resources of
//! the same name.

use crate::plan::marking::{MarkChange, Marking};
use crate::plan::marks::{self, is_transferred};
use crate::plan::reason::Reason;
use crate::plan::record::Ids;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// Plans to set the marks, or to read them again, after everything else is in sync.
///
/// What was adopted is marked at its first edit, or if the configuration asks for it, so that a move from another
/// operator writes nothing. A mark of another cluster moves only if the configuration transfers the add-on.
pub(crate) fn plan(snapshot: &Snapshot<'_>, reason: Reason) -> Option<Plan> {
    let (record, ids) = (snapshot.record()?, snapshot.ids()?);
    let marking = snapshot.marking.filter(|marking| marking.resource.is_some())?;
    let is_transferred = is_transferred(snapshot, ids);
    let keeps_apart = record.names_other && !is_transferred;
    if snapshot.resource.management.only_reads() || snapshot.namespace_terminating || keeps_apart {
        return None;
    }
    let is_edited = record.adopted.is_some_and(|generation| generation < snapshot.resource.generation);
    let is_adopted = record.adopted.is_some() && !is_edited && !marking.marks_adopted && !is_transferred;
    if is_adopted && marking.name.is_none() {
        return None;
    }
    let polled = snapshot.now.mono.saturating_sub(snapshot.timing.poll_interval);
    let because = "the operator reads the marks of the add-ons, which may name a resource of another cluster";
    let read = |since| {
        let look = marks::look(snapshot, State::Settled, since, (reason, because))?;
        Some(marks::quietly(snapshot, look))
    };
    if let Some(look) = read(polled) {
        return look;
    }
    let change = change(snapshot, marking, ids, is_transferred)?;
    if is_adopted && !marks::is_ours(snapshot, ids) {
        return None;
    }
    // Another operator may have set its mark since the last poll.
    if let Some(look) = read(marks::fresh(snapshot)) {
        return look;
    }
    let because = "the operator marks the add-on as that of this resource";
    marks::quietly(snapshot, snapshot.plan(State::Settled, Step::Mark(change), reason, because))
}

/// Returns the marks to set and to remove, if there are any. Without the marks that are there, two resources could
/// both seem to have the add-on.
fn change(snapshot: &Snapshot<'_>, marking: &Marking, ids: &Ids, is_transferred: bool) -> Option<MarkChange> {
    let read = marking.read.as_ref()?;
    let marked = marks::of(snapshot, ids);
    let others = marked.map(|marked| marked.others.as_slice()).unwrap_or_default();
    // What this process has set may not show yet; and it is set once.
    let settled = snapshot.memory.marks.set_at(ids).map(|at| at + snapshot.timing.list_lag);
    let is_set = settled.is_some_and(|settled| read.sent < settled || others.is_empty());
    if is_set || (others.iter().any(|other| other.is_elsewhere) && !is_transferred) {
        return None;
    }
    let has_name = marked.is_some_and(|marked| marked.has_name);
    let is_ours = marked.is_some_and(|marked| marked.is_ours);
    // The name first: a later look takes the other one for the sign that both are there.
    let name = marking.name.as_ref().filter(|_| !has_name);
    let resource = marking.resource.as_ref().filter(|_| !is_ours);
    let change = MarkChange {
        ids: ids.clone(),
        add: name.into_iter().chain(resource).cloned().collect(),
        remove: others.iter().map(|other| other.text.clone()).collect(),
    };
    (!change.add.is_empty() || !change.remove.is_empty()).then_some(change)
}
