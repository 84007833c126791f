//! Classification: the state that a snapshot shows.

use crate::plan::holder::{Holder, holder};
use crate::plan::observed::RecordSight;
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::{ownership, updating, vanished};

/// The state that a resource is in.
pub(crate) fn classify(sight: &Sight<'_>) -> State {
    if sight.is_gone() {
        return State::Gone;
    }
    if sight.abandoned && sight.resource.deleting {
        return State::Deleting;
    }
    match &sight.resource.record {
        RecordSight::Unreadable(_) => State::Unreadable,
        RecordSight::Ours(_) if sight.disagrees() => State::Disagreeing,
        RecordSight::Foreign(..) | RecordSight::None | RecordSight::Ours(_) if sight.memory.held.is_some() => State::Holding,
        RecordSight::Foreign(record) if record.ids.is_some() => of_claimed(sight),
        RecordSight::Ours(_) if sight.resource.deleting => State::Deleting,
        RecordSight::Ours(_) if matches!(holder(sight), Holder::Contested(_) | Holder::Other(_)) => State::Claimed,
        RecordSight::Ours(_) => of_recorded(sight),
        RecordSight::Foreign(..) | RecordSight::None => of_unrecorded(sight),
    }
}

fn of_claimed(sight: &Sight<'_>) -> State {
    if sight.resource.deleting && ownership::is_others(sight) { State::Deleting } else { State::Claimed }
}

fn of_unrecorded(sight: &Sight<'_>) -> State {
    if sight.resource.deleting {
        State::Deleting
    } else if sight.resource.status_id.is_some() {
        State::Adopting
    } else if sight.resource.finalizer {
        State::Inherited
    } else {
        State::Fresh
    }
}

fn of_recorded(sight: &Sight<'_>) -> State {
    let Some(record) = sight.record() else {
        return State::Fresh;
    };
    if record.ids.is_none() {
        return match &record.attempt {
            None => State::Vacant,
            Some(_) if sight.own().is_some_and(|own| !own.in_flight) => State::Intended,
            Some(_) => State::Unsure,
        };
    }
    if vanished::suspected(sight) {
        State::Vanished
    } else if updating::is_open(record) {
        State::Changing
    } else {
        State::Recorded
    }
}
