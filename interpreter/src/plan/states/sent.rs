//! Values of the spec that the record remembers: noted once they are sent, or once the add-on is in sync.

use crate::plan::desired::DesiredState;
use crate::plan::reason::Reason;
use crate::plan::record::Record;
use crate::plan::sent::Sent;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::in_sync::in_sync_reason;
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
    snapshot.record().filter(|record| record.sent.is_none()).and_then(|_| in_sync(snapshot))
}

/// Notes the values of a spec that is in sync.
pub(crate) fn in_sync(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let record = snapshot.record()?;
    let noted = noted(snapshot.desired_state).filter(|noted| Some(*noted) != record.sent.as_ref())?;
    let noted = Record { sent: Some(noted.clone()), ..record.clone() };
    let because = "the operator notes the values of the spec, because the cloud may not show them";
    Some(snapshot.swap(State::Recorded, Step::Write(noted), in_sync_reason(snapshot).0, because))
}

fn noted(desired_state: &DesiredState) -> Option<&Sent> {
    match desired_state {
        DesiredState::Clear { remembered, .. } => remembered.noted.as_ref(),
        DesiredState::Unknown | DesiredState::Refused { .. } => None,
    }
}
