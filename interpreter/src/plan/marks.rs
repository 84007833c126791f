//! Meaning of marks: whose an add-on is. A missing mark says nothing.

use std::time::Duration;

use crate::plan::marking::{MarkedAddon, OtherMark};
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, same};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};

/// Returns the marks, if they were read at this time or later. An API without marks shows none, and neither
/// does one that refuses to show them, or has failed for as long as an outage may last.
pub(crate) fn read_since<'a>(snapshot: &Snapshot<'a>, sent: Duration) -> Option<&'a [MarkedAddon]> {
    let Some(marking) = snapshot.marking else { return Some(&[]) };
    let read = marking.read.as_ref().filter(|marks| marks.sent >= sent);
    read.map(|marks| marks.addons.as_slice()).or(is_silent(snapshot, sent).then_some([].as_slice()))
}

/// Returns true when the cloud shows no marks, and it is not worth waiting for them.
fn is_silent(snapshot: &Snapshot<'_>, sent: Duration) -> bool {
    let memory = snapshot.memory;
    let read = Step::Read(Read::Marks { sent_after: sent });
    let is_held = || memory.failures.holding(&read, snapshot.timing, snapshot.now.mono).is_some();
    let is_refused = memory.marks.refused.is_some_and(|at| at >= sent || is_held());
    let failing = memory.marks.failing.map(|since| since + snapshot.timing.absence_time);
    is_refused || failing.is_some_and(|ends| ends <= snapshot.now.mono)
}

/// The time at which marks must have been read to decide whose an add-on is: a moment ago, because another operator
/// may have set them since.
pub(crate) fn fresh(snapshot: &Snapshot<'_>) -> Duration {
    snapshot.now.mono.saturating_sub(snapshot.timing.recent)
}

/// Plans to read the marks, unless they were read at this time or later.
pub(crate) fn look(
    snapshot: &Snapshot<'_>,
    state: State,
    since: Duration,
    (reason, because): (Reason, &str),
) -> Option<Plan> {
    let read = Step::Read(Read::Marks { sent_after: since });
    read_since(snapshot, since).is_none().then(|| snapshot.plan(state, read, reason, because))
}

/// Returns the add-on with one of these ids, as the marks were last read.
pub(crate) fn of<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a MarkedAddon> {
    let read = snapshot.marking?.read.as_ref()?;
    read.addons.iter().find(|one| same(&one.ids, ids))
}

/// Returns true when the marks say that the add-on with one of these ids belongs to this resource alone: a mark of
/// another cluster beside it is one of a take-over. The ids of a record prove nothing by that, because a user may
/// have combined them.
pub(crate) fn is_ours(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    of(snapshot, ids).is_some_and(|marked| marked.is_ours) && elsewhere(snapshot, ids).is_none()
}

/// Returns the resource that the marks of this add-on name instead of this one, if there is one.
pub(crate) fn other<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a OtherMark> {
    of(snapshot, ids).filter(|marked| !marked.is_ours)?.others.first()
}

/// Returns the resource of another cluster that the marks of this add-on name, if there is one. Beside a mark of this
/// resource, it is one that takes the add-on over.
pub(crate) fn elsewhere<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a OtherMark> {
    of(snapshot, ids)?.others.iter().find(|other| other.is_elsewhere)
}

/// Returns true when this process has set the marks of this add-on since they were read.
pub(crate) fn are_outdated(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    let read = snapshot.marking.and_then(|marking| marking.read.as_ref()).map(|marks| marks.sent);
    snapshot.memory.marks.set_at(ids).is_some_and(|set| read.is_some_and(|read| read < set))
}

/// Returns true when the configuration says that no other cluster uses the add-on any more.
pub(crate) fn is_transferred(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    ids.values().any(|id| snapshot.resource.adoption.transferred.contains(id))
}

/// Returns the plan unless its step has just failed: a missing mark is no problem of the resource.
pub(crate) fn quietly(snapshot: &Snapshot<'_>, plan: Plan) -> Option<Plan> {
    let failure = snapshot.memory.failures.holding(&plan.step, snapshot.timing, snapshot.now.mono);
    failure.is_none().then_some(plan)
}
