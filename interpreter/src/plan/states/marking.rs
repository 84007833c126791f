//! The add-on is in sync: sets the marks of the resource at it, once, for other clusters and for later resources of
//! the same name.

use std::time::Duration;

use crate::plan::marking::MarkChange;
use crate::plan::marks::{self, is_transferred};
use crate::plan::reason::Reason;
use crate::plan::record::Record;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// Plans to set the marks, or to read them again; never before the Secret is in sync.
///
/// What was adopted is marked at its first edit, or if the configuration asks for it, so that a move from another
/// operator writes nothing. A mark of another cluster moves only if the configuration transfers the add-on.
pub(crate) fn plan(snapshot: &Snapshot<'_>, reason: Reason) -> Option<Plan> {
    let (record, ids) = (snapshot.record()?, snapshot.ids()?);
    let marking = snapshot.marking.filter(|marking| !marking.own.is_empty())?;
    if snapshot.resource.management.only_reads() || snapshot.namespace_terminating {
        return None;
    }
    let is_edited = record.adopted.is_some_and(|generation| generation < snapshot.resource.generation);
    let is_adopted = (record.adopted.is_some() || record.names_other) && !is_edited;
    if is_adopted && !marking.marks_adopted && !is_transferred(snapshot, ids) {
        return None;
    }
    let because = "the operator reads the marks of the add-ons, which may name a resource of another cluster";
    if let Some(look) = marks::look(snapshot, State::Settled, since(snapshot, record), (reason, because)) {
        return quietly(snapshot, look);
    }
    // Without the marks that are there, two resources could both seem to have the add-on.
    marking.read.as_ref()?;
    if marks::is_ours(snapshot, ids) || snapshot.memory.marks.are_set(ids) {
        return None;
    }
    let others = marks::of(snapshot, ids).map(|marked| marked.others.as_slice()).unwrap_or_default();
    if others.iter().any(|other| other.is_elsewhere) && !is_transferred(snapshot, ids) {
        return None;
    }
    let change = MarkChange {
        ids: ids.clone(),
        add: marking.own.clone(),
        remove: others.iter().map(|other| other.text.clone()).collect(),
    };
    let because = "the operator marks the add-on as that of this resource";
    quietly(snapshot, snapshot.plan(State::Settled, Step::Mark(change), reason, because))
}

/// The time at which the marks must have been read: within a poll interval, and for an adopted add-on since this
/// process has known that it is recorded. A new add-on has no marks.
fn since(snapshot: &Snapshot<'_>, record: &Record) -> Duration {
    let recorded = snapshot.memory.recorded.as_ref().map(|seen| seen.at).unwrap_or_default();
    let is_new = record.adopted.is_none() && !record.names_other;
    let polled = snapshot.now.mono.saturating_sub(snapshot.timing.poll_interval);
    if is_new { polled } else { polled.max(recorded) }
}

/// Returns the plan unless its step has just failed: a missing mark is no problem of the resource.
fn quietly(snapshot: &Snapshot<'_>, plan: Plan) -> Option<Plan> {
    let failure = snapshot.memory.failures.holding(&plan.step, snapshot.timing, snapshot.now.mono);
    failure.is_none().then_some(plan)
}
