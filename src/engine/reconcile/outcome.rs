//! Outcome of a reconciliation.

use std::time::Duration;

use crate::cluster::Failure;

/// Result of a reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The reconciliation is complete. The time of the next one, by the monotonic clock, if no event comes
    /// before.
    Resting(Option<Duration>),
    /// The reconciliation has exceeded the step limit.
    Restless,
}

/// Result of a status update.
pub(crate) enum Reported {
    /// The status is up to date, or the resource is gone.
    Told,
    /// The resource has changed meanwhile, so the plan may be outdated.
    Stale,
    /// The status could not be written; retry at this time.
    Later(Duration),
}

/// An observation that planning requires and that has failed.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {failure}")]
pub(crate) struct Unknown {
    pub(crate) what: &'static str,
    pub(crate) failure: Failure,
}
