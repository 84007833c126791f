//! Classification: the state that a snapshot shows.

use crate::plan::external::External;
use crate::plan::holder::{Holder, holder};
use crate::plan::observed::ObservedRecord;
use crate::plan::proof::is_proven;
use crate::plan::record::Record;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::{ownership, updating, vanished};

/// Returns the state that the snapshot shows.
pub(crate) fn classify(snapshot: &Snapshot<'_>) -> State {
    if snapshot.is_gone() {
        return State::Gone;
    }
    if snapshot.abandoned.is_some() && snapshot.resource.deleting {
        return State::Deleting;
    }
    match &snapshot.resource.record {
        ObservedRecord::Unreadable(_) => State::Unreadable,
        ObservedRecord::Ours(_) if snapshot.disagrees() => State::Disagreeing,
        ObservedRecord::Foreign(..) | ObservedRecord::None | ObservedRecord::Ours(_)
            if snapshot.memory.held.is_some() =>
        {
            State::Holding
        }
        ObservedRecord::Foreign(record) if record.ids.is_some() => of_claimed(snapshot),
        ObservedRecord::Ours(_) if snapshot.resource.deleting => State::Deleting,
        ObservedRecord::Ours(_) if matches!(holder(snapshot), Holder::Contested(_) | Holder::Other(_)) => {
            State::Claimed
        }
        ObservedRecord::Ours(_) if ownership::user_elsewhere(snapshot).is_some() => State::Claimed,
        ObservedRecord::Ours(_) if !is_proven(snapshot) => State::Unproven,
        ObservedRecord::Ours(_) => of_recorded(snapshot),
        ObservedRecord::Foreign(..) | ObservedRecord::None => of_unrecorded(snapshot),
    }
}

fn of_claimed(snapshot: &Snapshot<'_>) -> State {
    if snapshot.resource.deleting && ownership::is_others(snapshot) {
        State::Deleting
    } else {
        State::Claimed
    }
}

fn of_unrecorded(snapshot: &Snapshot<'_>) -> State {
    if snapshot.resource.deleting {
        State::Deleting
    } else if snapshot.resource.status_id.is_some() || snapshot.resource.external.is_some() {
        State::Adopting
    } else if snapshot.resource.finalizer {
        State::Inherited
    } else {
        State::Fresh
    }
}

/// Returns true when an annotation names an existing add-on. It is read once: an add-on that vanished and may be
/// replaced is not looked for again.
fn wants_existing(snapshot: &Snapshot<'_>, record: &Record) -> bool {
    let is_replaced = |external: &External| match external {
        External::Id(_) => record.replaced.as_ref().is_some_and(|ids| external.has_id(ids)),
        External::Name(_) => record.replaced.is_some(),
        // The attempt began because there was no such add-on.
        External::NameOrNew(_) => record.replaced.is_some() || record.attempt.is_some(),
    };
    snapshot.resource.external.as_ref().is_some_and(|external| !is_replaced(external))
}

fn of_recorded(snapshot: &Snapshot<'_>) -> State {
    let Some(record) = snapshot.record() else {
        return State::Fresh;
    };
    if record.ids.is_none() {
        return match &record.attempt {
            _ if wants_existing(snapshot, record) => State::Adopting,
            None => State::Vacant,
            Some(_) if snapshot.own().is_some_and(|own| !own.in_flight) => State::Intended,
            Some(_) => State::Unsure,
        };
    }
    if vanished::suspected(snapshot) {
        State::Vanished
    } else if updating::is_open(record) {
        State::Changing
    } else {
        State::Recorded
    }
}
