//! Steps and their outcomes. A step is so specific that nothing is left to decide while it is executed.

use std::time::Duration;

use crate::plan::location::Location;
use crate::plan::marking::MarkChange;
use crate::plan::reason::{Reason, Standing};
use crate::plan::record::{Ids, Record};
use crate::plan::retention::Retention;
use crate::plan::sent::Sent;
use crate::plan::state::State;

/// The next step, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The state of the resource.
    pub state: State,
    /// The next step.
    pub step: Step,
    /// The reason in one sentence: logged, and used as the condition's message when the step is to rest.
    pub because: String,
    /// The reason for conditions, events and metrics.
    pub reason: Reason,
    /// The location that the step is for.
    pub at: Location,
    /// The add-on can be used as it is, also while it is being changed.
    pub available: bool,
    /// The reason for which a deletion of the resource keeps the add-on, if there is one.
    pub retention: Option<Retention>,
}

impl Plan {
    /// Returns the reason if only the user can help.
    pub fn stall(&self) -> Option<Reason> {
        (self.reason.standing() == Standing::Stalled).then_some(self.reason)
    }
}

/// A step: at most one write to the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read this first.
    Read(Read),
    /// Write this record and the finalizer, in one compare-and-swap. Take the permit for one list and one
    /// creation first.
    Intend(Record),
    /// Write this record by compare-and-swap, with the finalizer unless the resource is being deleted. If the
    /// record opens an operation's attempt, take the permit for the change first.
    Write(Record),
    /// Put our finalizer back, by compare-and-swap.
    AddFinalizer,
    /// Remove our finalizer and write this closed record, if there is a record of ours, in one
    /// compare-and-swap.
    RemoveFinalizer(Option<Record>),
    /// Create the add-on, without any request in between.
    Create,
    /// Delete this add-on.
    Delete(Ids),
    /// Report this add-on, which the cluster no longer knows and the operator did not delete, in the log and in an event.
    ReportLeftover(Ids),
    /// Send this change.
    Change(Change),
    /// Set and remove these marks. Safe to repeat.
    Mark(MarkChange),
    /// Write the Secret.
    ApplySecret,
    /// Rest …
    Rest {
        /// … until this time, or until the next event.
        until: Option<Duration>,
    },
}

/// Reads that a plan may need first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// The resource, from the API server itself.
    Live,
    /// A list of the plan's location `at`.
    Listing {
        /// The earliest time at which the list may have been sent.
        sent_after: Duration,
    },
    /// The marks of the add-ons of the plan's location `at`.
    Marks {
        /// The earliest time at which the request may have been sent.
        sent_after: Duration,
    },
    /// The offers.
    Offers,
    /// The add-on with these ids.
    Get(Ids),
    /// The reads that comparing the add-on with the spec needs.
    Observed,
    /// The outputs of the add-on: the content of the Secret.
    Outputs,
    /// The change of the record's operation: looked up if it has no ids, followed if it has.
    Operation,
}

/// A change to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The catalog's name for the change.
    pub name: String,
    /// The fields that the change sets.
    pub fields: Vec<String>,
    /// Their values, as far as they are remembered.
    pub sent: Sent,
}

/// The outcome of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// The write was made, or the read succeeded.
    Done,
    /// The answer to the creation.
    Created(Ids),
    /// The change was accepted, under these ids.
    Changed(Ids),
    /// The progress of the operation's change.
    Progress(Progress),
    /// Another writer has changed the resource in the meantime; or, for a Secret, owns it.
    Conflict,
    /// The cloud has no such object; or the cluster no such resource.
    NotFound,
    /// Certainly nothing was sent.
    Unsent(String),
    /// The request may or may not have taken effect.
    Ambiguous(String),
    /// Refused, and refused again until the user or an administrator acts.
    Rejected {
        /// The reason, for conditions and metrics.
        reason: Reason,
        /// The message of the cloud.
        message: String,
    },
    /// Too many requests.
    Throttled {
        /// The pause that the cloud asked for, if any.
        after: Option<Duration>,
        /// The message of the cloud.
        message: String,
    },
    /// No usable answer to a read. For a write it counts as ambiguous.
    Unavailable(String),
}

impl StepOutcome {
    /// Returns the outcome with another message, if it has one.
    #[must_use]
    pub fn map_message(self, map: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Done
            | Self::Created(_)
            | Self::Changed(_)
            | Self::Progress(Progress::Absent | Progress::Running(_) | Progress::Done)
            | Self::Conflict
            | Self::NotFound => self,
            Self::Progress(Progress::Failed(why)) => Self::Progress(Progress::Failed(map(why))),
            Self::Unsent(why) => Self::Unsent(map(why)),
            Self::Ambiguous(why) => Self::Ambiguous(map(why)),
            Self::Rejected { reason, message } => Self::Rejected { reason, message: map(message) },
            Self::Throttled { after, message } => Self::Throttled { after, message: map(message) },
            Self::Unavailable(why) => Self::Unavailable(map(why)),
        }
    }
}

/// Progress of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The cloud does not know the change.
    Absent,
    /// The change is in progress, under these ids.
    Running(Ids),
    /// The change is done.
    Done,
    /// The change failed, for this reason.
    Failed(String),
}
