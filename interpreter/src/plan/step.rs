//! What is done next, and what is heard of it. A step is so specific that nothing is left to decide while it is executed.

use std::time::Duration;

use crate::plan::location::Place;
use crate::plan::reason::{Reason, Standing};
use crate::plan::record::{Ids, Record};
use crate::plan::state::State;

/// The one next step, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How the resource stands.
    pub state: State,
    /// What is done next.
    pub step: Step,
    /// Why, in one sentence for people: logged, and the condition's message where the step is to rest.
    pub because: String,
    /// The same in one word.
    pub reason: Reason,
    /// The place at the cloud that the step is for.
    pub at: Place,
    /// The add-on can be used as it is, also while it is being changed.
    pub available: bool,
}

impl Plan {
    /// The reason, where only a person can help.
    pub fn stall(&self) -> Option<Reason> {
        (self.reason.standing() == Standing::Stalled).then_some(self.reason)
    }
}

/// What can be done next: at most one write to the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something must be known first.
    Read(Read),
    /// Write this record and the finalizer, in one compare-and-swap. Take the permit for one list and one creation first.
    Intend(Record),
    /// Write this record, by compare-and-swap, and the finalizer with it unless the resource is being deleted. Where it opens an operation's attempt, take the permit for the change first.
    Write(Record),
    /// Put our finalizer back, by compare-and-swap.
    AddFinalizer,
    /// Remove our finalizer, by compare-and-swap.
    RemoveFinalizer,
    /// Create the add-on, with nothing in between.
    Create,
    /// Delete this add-on.
    Delete(Ids),
    /// Send this change.
    Change(Change),
    /// Write the Secret.
    ApplySecret,
    /// Do nothing …
    Rest {
        /// … until then, or until something happens.
        until: Option<Duration>,
    },
}

/// What may have to be known first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// The resource, from the API server itself.
    Live,
    /// A list of the place that the plan is `at`.
    Listing {
        /// One that was sent at this time or later will do.
        sent_after: Duration,
    },
    /// What is offered.
    Offers,
    /// This add-on by its id.
    Get(Ids),
    /// What comparing the add-on with the spec needs.
    Observed,
    /// What the add-on gives: the content of the Secret.
    Outputs,
    /// The change of the record's operation: looked up where it has no ids, followed where it has.
    Operation,
}

/// A change to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The catalog's name for it.
    pub name: String,
    /// The fields that it moves.
    pub fields: Vec<String>,
}

/// What was heard of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was done, or read.
    Done,
    /// The creation's own answer.
    Created(Ids),
    /// The change was accepted; what the cloud calls it.
    Changed(Ids),
    /// What became of the operation's change.
    Progress(Progress),
    /// Somebody else has written the resource in the meantime; or, for a Secret, holds it.
    Conflict,
    /// The cloud says that there is no such thing; or the cluster, that the resource is gone.
    NotFound,
    /// Certainly nothing was sent.
    Unsent(String),
    /// It may or may not have been done.
    Ambiguous(String),
    /// No, and no again until somebody does something.
    Rejected {
        /// In one word.
        reason: Reason,
        /// The cloud's own words.
        message: String,
    },
    /// Too many requests.
    Throttled {
        /// When to come back, if the cloud said so.
        after: Option<Duration>,
        /// The cloud's own words.
        message: String,
    },
    /// No usable answer to a read. Of a write it counts as ambiguous.
    Unavailable(String),
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is known of it.
    Absent,
    /// It is under way, under these ids.
    Running(Ids),
    /// It is done.
    Done,
    /// It failed, for this reason.
    Failed(String),
}
