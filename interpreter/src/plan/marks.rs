//! What marks say: whose an add-on is. A missing mark says nothing.

use std::time::Duration;

use crate::plan::marking::{MarkedAddon, OtherMark};
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, same};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};

/// Returns the marks, if they were read at this time or later. An API without marks shows none, and neither
/// does one that refuses to show them.
pub(crate) fn read_since<'a>(snapshot: &Snapshot<'a>, sent: Duration) -> Option<&'a [MarkedAddon]> {
    let Some(marking) = snapshot.marking else { return Some(&[]) };
    let read = marking.read.as_ref().filter(|marks| marks.sent >= sent);
    let refused = snapshot.memory.marks.refused.filter(|at| *at >= sent);
    read.map(|marks| marks.addons.as_slice()).or(refused.map(|_| [].as_slice()))
}

/// The time at which marks must have been read to decide whose an add-on is: a moment ago, because another operator
/// may have set them since.
pub(crate) fn fresh(snapshot: &Snapshot<'_>) -> Duration {
    snapshot.now.mono.saturating_sub(snapshot.timing.wait())
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

/// Returns true when a mark says that the add-on belongs to this resource.
pub(crate) fn is_ours(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    of(snapshot, ids).is_some_and(|marked| marked.is_ours)
}

/// Returns the resource that the marks of this add-on name instead of this one, if there is one.
pub(crate) fn other<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a OtherMark> {
    of(snapshot, ids).filter(|marked| !marked.is_ours)?.others.first()
}

/// Returns the resource of another cluster that the marks of this add-on name instead of this one, if there is
/// one.
pub(crate) fn elsewhere<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a OtherMark> {
    let marked = of(snapshot, ids).filter(|marked| !marked.is_ours)?;
    marked.others.iter().find(|other| other.is_elsewhere)
}

/// Returns true when the configuration says that no other cluster uses the add-on any more.
pub(crate) fn is_transferred(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    ids.values().any(|id| snapshot.resource.adoption.transferred.contains(id))
}
