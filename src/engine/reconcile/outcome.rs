//! Outcomes: of a reconciliation, and of a failed call to the API server.

use std::time::Duration;

use interpreter::plan::{Reason, Standing, StepOutcome};

use crate::cluster::Failure;
use crate::engine::labels;
use crate::telemetry::ReconcileResult;

/// Result of a reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The reconciliation is complete; the next one follows the next event.
    AwaitChange,
    /// The reconciliation is complete. The time of the next one, by the monotonic clock, if no event comes
    /// before.
    Requeue(Duration),
    /// The reconciliation has exceeded the step limit.
    StepLimit,
}

impl Action {
    /// Returns the action that reconciles again at this time, if there is one.
    pub(crate) fn at(time: Option<Duration>) -> Self {
        time.map_or(Self::AwaitChange, Self::Requeue)
    }

    /// The result for metrics: an error if the resource is stalled, if the cloud or the cluster fails, or if
    /// the step limit was reached.
    pub(crate) fn result(self, reason: Option<Reason>) -> ReconcileResult {
        match (self, reason) {
            (Self::StepLimit, _) => ReconcileResult::Error,
            (_, Some(reason)) if labels::is_warning(reason) => ReconcileResult::Error,
            (_, Some(reason)) if reason.standing() == Standing::Ready => ReconcileResult::Success,
            (Self::AwaitChange, _) => ReconcileResult::Success,
            (Self::Requeue(_), _) => ReconcileResult::Requeue,
        }
    }
}

/// Result of a status update.
pub(super) enum StatusUpdate {
    /// The status is up to date, or the resource is gone.
    UpToDate,
    /// The resource has changed meanwhile, so the plan may be outdated.
    Stale,
    /// The status could not be written; retry at this time.
    RetryAt(Duration),
}

/// An observation that planning requires and that has failed.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {failure}")]
pub(crate) struct Unknown {
    pub(crate) what: &'static str,
    pub(crate) failure: Failure,
}

/// Converts a failed write of an object into an outcome. A refusal of its content has the reason `refused`, and keeps
/// the words of the API server.
pub(super) fn write_outcome(failure: Failure, (refused, object): (Reason, &str)) -> StepOutcome {
    match failure.refused_content() {
        Some(words) => StepOutcome::Rejected {
            reason: refused,
            message: format!("the API server refuses {object}: \"{}\"", words.trim()),
        },
        None => outcome_of(failure),
    }
}

/// Converts a failed call to the API server into an outcome.
pub(super) fn outcome_of(failure: Failure) -> StepOutcome {
    match failure {
        Failure::Conflict => StepOutcome::Conflict,
        Failure::Gone => StepOutcome::NotFound,
        Failure::Lost(why) => StepOutcome::Ambiguous(why),
        Failure::NamespaceTerminating => StepOutcome::Unsent("the namespace is being deleted".into()),
        Failure::Refused(_) => {
            let reason = if failure.missing_permission().is_some() {
                Reason::PermissionDenied
            } else {
                Reason::ClusterUnavailable
            };
            StepOutcome::Rejected { reason, message: failure.to_string() }
        }
    }
}
