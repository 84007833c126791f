//! The closed list of states, and which one a resource is in. What follows from a state stands in the state's own file.

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
}
