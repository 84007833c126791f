//! Memory of the record: values of the spec that were sent, or that were in sync.

use crate::plan::backoff::pause_between_repairs;
use crate::plan::confirmation::{Confirmation, confirmed_drift};
use crate::plan::desired::DesiredState;
use crate::plan::reason::Reason;
use crate::plan::record::Record;
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
    let reason = match snapshot.desired_state {
        DesiredState::Clear { changes, .. } if !changes.is_empty() => Reason::Changing,
        DesiredState::Clear { .. } | DesiredState::Unknown | DesiredState::Refused { .. } => {
            in_sync_reason(snapshot).0
        }
    };
    write(snapshot, record, (noted(snapshot, record), reason))
}

/// Notes the values of a spec that is in sync, and that confirmations are used up.
pub(crate) fn in_sync(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let record = snapshot.record()?;
    if late_change(snapshot).is_some_and(|settled| settled > snapshot.now.mono) {
        // A request without an answer may still change the add-on, which is then no drift.
        return None;
    }
    let is_agreed = record.ids.as_ref().is_some_and(|ids| Confirmation::Apply.is_given(snapshot, ids));
    let next = record.confirmed_drifts + 1;
    let is_used = confirmed_drift(snapshot).is_some_and(|(number, _)| number == next);
    let ends_adoption = record.adopted.is_some() && is_agreed;
    let noted = Record {
        adopted: record.adopted.filter(|_| !is_agreed),
        // Attempts from before the adoption must not make a twin of the add-on that was used then.
        first: record.first.filter(|_| !ends_adoption),
        confirmed_drifts: if is_used { next } else { record.confirmed_drifts },
        operation: None,
        ..noted(snapshot, record)
    };
    write(snapshot, record, (noted, in_sync_reason(snapshot).0))
}

fn noted(snapshot: &Snapshot<'_>, record: &Record) -> Record {
    let noted = snapshot.desired_state.remembered().and_then(|remembered| remembered.noted.clone());
    Record { sent: noted.or_else(|| record.sent.clone()), ..record.clone() }
}

/// Writes the record if it has changed; less and less often, if another client keeps changing it.
fn write(snapshot: &Snapshot<'_>, record: &Record, (noted, reason): (Record, Reason)) -> Option<Plan> {
    let pause = pause_between_repairs(snapshot.memory.signed, snapshot.timing);
    let is_due = pause.is_none_or(|until| until <= snapshot.now.mono);
    if noted == *record || !is_due {
        return None;
    }
    let because =
        "the operator notes the values of the spec, because later differences are compared with them";
    Some(snapshot.swap(State::Recorded, Step::Write(noted), reason, because))
}
