//! Outcome of a reconciliation.

use std::time::Duration;

use crate::cluster::Failure;

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// At rest: when to come again, by the monotonic clock, if not for an event.
    Resting(Option<Duration>),
    /// It took too many steps.
    Restless,
}

impl Ended {
    /// In one word, for metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Resting(_) => "resting",
            Self::Restless => "restless",
        }
    }
}

/// Whether the status says how it stands.
pub(crate) enum Reported {
    /// It does, or there is nothing left that could.
    Told,
    /// The resource was written in the meantime: the plan may be another.
    Stale,
    /// It could not be written: come again then.
    Later(Duration),
}

/// What must be known, and is not.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {failure}")]
pub(crate) struct Unknown {
    pub(crate) what: &'static str,
    pub(crate) failure: Failure,
}
