//! The closed list of states. The steps that follow from a state are in the state's own file.

/// State of a resource. Each state has one next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No attempt was ever made.
    Fresh,
    /// An attempt was made, and it certainly had no effect.
    Vacant,
    /// Our finalizer is there without a record: another process may have created an add-on.
    Inherited,
    /// An attempt of this process is open, and nothing was sent under it.
    Intended,
    /// An attempt is open under which a request may be in flight.
    Unsure,
    /// This process has an answer to its creation that is not recorded.
    Holding,
    /// The add-on is recorded, and a step is left to do.
    Recorded,
    /// The add-on is recorded and in sync.
    Settled,
    /// A change that must be made once is in progress.
    Changing,
    /// The recorded add-on is not found any more.
    Vanished,
    /// The status names an add-on, and there is no record yet.
    Adopting,
    /// The record was written for another resource, or names an add-on that another resource holds.
    Claimed,
    /// Nothing proves that the recorded add-on belongs to the resource.
    Unproven,
    /// Record and status name different add-ons.
    Disagreeing,
    /// The record cannot be read.
    Unreadable,
    /// The resource is being deleted.
    Deleting,
    /// The resource is gone, or will be without a step of ours.
    Gone,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 17] = [
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
        Self::Unproven,
        Self::Disagreeing,
        Self::Unreadable,
        Self::Deleting,
        Self::Gone,
    ];
}
