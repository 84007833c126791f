//! Decides the one next step for a custom resource: never two add-ons, never none.
//!
//! A pass is: `plan`; if the step is to rest, report and end; else tell the memory that it is `starting`, execute it, tell the memory what
//! was `heard`, let it have `saw` the resource, and plan again. Everything that decides is in here; whoever executes only does and tells.
//!
//! Not here: waiting, clocks, dice, requests, and where any of the data is kept.

mod barred;
mod changing;
mod claimed;
mod confirmation;
mod creating;
mod deleting;
mod fresh;
mod gone;
mod held;
mod holding;
mod look;
mod lost_finalizer;
mod memory;
mod own_change;
mod patience;
mod reason;
mod record;
mod recorded;
mod retired;
mod sight;
mod state;
mod step;
mod timing;
mod trouble;
mod twins;
mod vanished;

pub use confirmation::Confirmation;
pub use memory::Memory;
pub use reason::{Reason, Standing};
pub use record::{Attempt, Ids, Operation, Place, RECORD, Record, same};
pub use sight::{
    Barred, Confirmed, Difference, Entry, Home, Listing, Observation, OtherClaim, RecordSight, Remedy, Resource, SecretSight, Sight, Wish,
};
pub use state::State;
pub use step::{Change, Heard, Plan, Progress, Read, Step};
pub use timing::{Now, Timing};

/// The one next step, and why. Pure: the same sight always gives the same plan.
pub fn plan(sight: &Sight<'_>) -> Plan {
    let plan = match State::of(sight) {
        State::Gone => gone::plan(sight),
        State::Holding => holding::plan(sight),
        State::Unreadable => claimed::unreadable(sight),
        State::Disagreeing => claimed::disagreeing(sight),
        State::Claimed => claimed::plan(sight),
        State::Adopting => claimed::adopting(sight),
        State::Deleting => deleting::plan(sight),
        State::Fresh | State::Vacant => fresh::plan(sight),
        State::Inherited => creating::inherited(sight),
        State::Intended => creating::intended(sight),
        State::Unsure => creating::unsure(sight),
        State::Vanished => vanished::plan(sight),
        State::Changing => changing::plan(sight),
        State::Recorded | State::Settled => recorded::plan(sight),
    };
    let plan = retired::rested(sight, barred::permitted(sight, held::known_first(sight, plan)));
    patience::patient(sight, lost_finalizer::put_back_first(sight, plan))
}
