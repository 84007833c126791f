//! The closed list of states, and which one a resource is in. What follows from a state stands in the state's own file.

use super::held::{Holder, holder};
use super::sight::{RecordSight, Sight};
use super::{changing, claimed, vanished};

/// How a resource stands; each has one next action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing was ever tried.
    Fresh,
    /// Something was tried, and certainly nothing came of it.
    Vacant,
    /// Our finalizer is there without a record: somebody may have created.
    Inherited,
    /// An attempt is open that this process wrote itself, and nothing was sent under it.
    Intended,
    /// An attempt is open under which something may be in flight.
    Unsure,
    /// This process has an answer to its creation that is not recorded.
    Holding,
    /// The add-on is recorded, something is left to do.
    Recorded,
    /// The add-on is recorded and as it should be.
    Settled,
    /// A change that must be made once is under way.
    Changing,
    /// The recorded add-on is not found any more.
    Vanished,
    /// The status names an add-on, and there is no record yet.
    Adopting,
    /// The record was written for another resource, or names what another resource holds.
    Claimed,
    /// Record and status name different add-ons.
    Disagreeing,
    /// The record cannot be read.
    Unreadable,
    /// The resource is being deleted.
    Deleting,
    /// The resource is gone, or will be without our doing.
    Gone,
}

impl State {
    /// Every state there is.
    pub const ALL: [Self; 16] = [
        Self::Fresh,
        Self::Vacant,
        Self::Inherited,
        Self::Intended,
        Self::Unsure,
        Self::Holding,
        Self::Recorded,
        Self::Settled,
        Self::Changing,
        Self::Vanished,
        Self::Adopting,
        Self::Claimed,
        Self::Disagreeing,
        Self::Unreadable,
        Self::Deleting,
        Self::Gone,
    ];

    /// The state that a resource is in.
    pub(super) fn of(sight: &Sight<'_>) -> Self {
        if sight.is_gone() {
            return Self::Gone;
        }
        if sight.abandoned && sight.resource.deleting {
            return Self::Deleting;
        }
        match &sight.resource.record {
            RecordSight::Unreadable(_) => Self::Unreadable,
            RecordSight::Ours(_) if sight.disagrees() => Self::Disagreeing,
            RecordSight::Foreign(..) | RecordSight::None | RecordSight::Ours(_) if sight.memory.held.is_some() => Self::Holding,
            RecordSight::Foreign(record) if record.ids.is_some() => Self::of_claimed(sight),
            RecordSight::Ours(_) if sight.resource.deleting => Self::Deleting,
            RecordSight::Ours(_) if matches!(holder(sight), Holder::Contested(_) | Holder::Other(_)) => Self::Claimed,
            RecordSight::Ours(_) => Self::of_recorded(sight),
            RecordSight::Foreign(..) | RecordSight::None => Self::of_unrecorded(sight),
        }
    }

    fn of_claimed(sight: &Sight<'_>) -> Self {
        if sight.resource.deleting && claimed::is_others(sight) { Self::Deleting } else { Self::Claimed }
    }

    fn of_unrecorded(sight: &Sight<'_>) -> Self {
        if sight.resource.deleting {
            Self::Deleting
        } else if sight.resource.status_id.is_some() {
            Self::Adopting
        } else if sight.resource.finalizer {
            Self::Inherited
        } else {
            Self::Fresh
        }
    }

    fn of_recorded(sight: &Sight<'_>) -> Self {
        let Some(record) = sight.record() else {
            return Self::Fresh;
        };
        if record.ids.is_none() {
            return match &record.attempt {
                None => Self::Vacant,
                Some(_) if sight.own().is_some_and(|own| !own.in_flight) => Self::Intended,
                Some(_) => Self::Unsure,
            };
        }
        if vanished::suspected(sight) {
            Self::Vanished
        } else if changing::is_open(record) {
            Self::Changing
        } else {
            Self::Recorded
        }
    }
}
