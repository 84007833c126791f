//! Decides the one next step for a custom resource: never two add-ons, never none.
//!
//! A pass is: `plan`; if the step is to rest, report and end; else tell the memory that it is `starting`, execute it, tell the memory what
//! was `heard`, let it have `saw` the resource, and plan again. Everything that decides is in here; whoever executes only does and tells.
//!
//! Not here: waiting, clocks, dice, requests, and where any of the data is kept.

mod backoff;
mod classify;
mod confirmation;
mod desired;
mod guards;
mod holder;
mod location;
mod memory;
mod observed;
mod own_attempt;
mod own_change;
mod reason;
mod record;
mod snapshot;
mod state;
mod states;
mod step;
mod timing;

pub use confirmation::Confirmation;
pub use desired::{Difference, Observation, Remedy, Wish};
pub use location::{Barred, Home, Place};
pub use memory::Memory;
pub use observed::{Confirmed, Entry, Listing, OtherClaim, RecordSight, Resource, SecretSight};
pub use reason::{Reason, Standing};
pub use record::{Attempt, Ids, Operation, RECORD, Record, same};
pub use snapshot::Sight;
pub use state::State;
pub use step::{Change, Heard, Plan, Progress, Read, Step};
pub use timing::{Now, Timing};

use crate::plan::classify::classify;
use crate::plan::guards::{access_denied, backing_off, kind_removed, lost_finalizer};
use crate::plan::states::{created_unrecorded, creating, deleting, existing, gone, not_created, ownership, updating, vanished};

/// The one next step, and why. Pure: the same sight always gives the same plan.
pub fn plan(sight: &Sight<'_>) -> Plan {
    let plan = match classify(sight) {
        State::Gone => gone::plan(sight),
        State::Holding => created_unrecorded::plan(sight),
        State::Unreadable => ownership::unreadable(sight),
        State::Disagreeing => ownership::disagreeing(sight),
        State::Claimed => ownership::plan(sight),
        State::Adopting => ownership::adopting(sight),
        State::Deleting => deleting::plan(sight),
        state @ (State::Fresh | State::Vacant) => not_created::plan(sight, state),
        State::Inherited => creating::inherited(sight),
        State::Intended => creating::intended(sight),
        State::Unsure => creating::unsure(sight),
        State::Vanished => vanished::plan(sight),
        State::Changing => updating::plan(sight),
        State::Recorded | State::Settled => existing::plan(sight),
    };
    let plan = kind_removed::rested(sight, access_denied::permitted(sight, holder::known_first(sight, plan)));
    backing_off::patient(sight, lost_finalizer::put_back_first(sight, plan))
}
