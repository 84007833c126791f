//! What the record remembers of the spec: the values that were sent, and the generation in sync.

use crate::plan::desired::DesiredState;
use crate::plan::reason::Reason;
use crate::plan::record::Record;
use crate::plan::sent::Sent;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::in_sync::{in_sync_reason, late_change};
use crate::plan::step::{Plan, Step};

/// Notes the values that changes of this process have sent, before the spec is compared with the record.
pub(crate) fn changed(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let sent = &snapshot.memory.change.sent;
    let record = snapshot.record().filter(|_| !sent.is_empty())?;
    let noted = record.clone().with_sent(sent);
    let because = "the operator notes the values that it has sent, because the cloud may not show them";
    Some(snapshot.swap(State::Recorded, Step::Write(noted), Reason::Changing, because))
}

/// Notes the values of the spec with which the add-on was adopted, before an edit of them counts as a difference.
pub(crate) fn first(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let record = snapshot.record().filter(|record| record.sent.is_none())?;
    write(snapshot, record, record.synced)
}

/// Notes that the add-on is in sync with the spec, and the values of the spec.
pub(crate) fn in_sync(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let record = snapshot.record()?;
    // What was adopted, and not edited since, is not applied anyway.
    let is_adopted = record.adopted == Some(snapshot.resource.generation);
    // A request without an answer may still change the add-on, which is then no drift.
    let may_change = late_change(snapshot).is_some_and(|settled| settled > snapshot.now.mono);
    let synced = if is_adopted || may_change { record.synced } else { Some(snapshot.resource.generation) };
    write(snapshot, record, synced)
}

fn write(snapshot: &Snapshot<'_>, record: &Record, synced: Option<i64>) -> Option<Plan> {
    let sent = noted(snapshot.desired_state).or(record.sent.as_ref()).cloned();
    let noted = Record { sent, synced, ..record.clone() };
    if noted == *record {
        return None;
    }
    let because = "the operator notes the values with which the add-on is in sync, because later differences are compared with them";
    Some(snapshot.swap(State::Recorded, Step::Write(noted), in_sync_reason(snapshot).0, because))
}

fn noted(desired_state: &DesiredState) -> Option<&Sent> {
    match desired_state {
        DesiredState::Clear { remembered, .. } => remembered.noted.as_ref(),
        DesiredState::Unknown | DesiredState::Refused { .. } => None,
    }
}
