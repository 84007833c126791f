//! Backoff: the last failure of each kind of operation, its count, and the time of the next try. Decides
//! nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::plan::reason::{Reason, Standing};
use crate::plan::step::{Read, Step, StepOutcome};
use crate::plan::timing::Timing;

/// Failures that hold up steps, by kind of operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failures(BTreeMap<OperationKind, FailedOperation>);

/// Kind of operation that a step belongs to. A failure of one kind does not hold up the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OperationKind {
    Resource,
    Listing,
    Marks,
    Offers,
    Get,
    Observed,
    Outputs,
    Operation,
    Create,
    Delete,
    Change,
    Mark,
    Secret,
}

/// The last failure of an operation, and the number of failures in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailedOperation {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    at: Duration,
    /// Number of failures in a row of the same sort: passing, or lasting until the user or an administrator
    /// acts …
    count: u32,
    /// … and of the other sort. Each has its own pauses: a refusal after lost answers is still the first
    /// refusal.
    others: u32,
    pause: Option<Duration>,
}

impl OperationKind {
    /// The kinds of operation whose failures hold up this step.
    pub(crate) fn of(step: &Step) -> &'static [Self] {
        match step {
            Step::Read(read) => Self::of_read(read),
            Step::Intend(_) => &[Self::Create, Self::Listing, Self::Resource],
            Step::Write(_) | Step::AddFinalizer | Step::RemoveFinalizer(_) => &[Self::Resource],
            Step::Create => &[Self::Create],
            Step::Delete(_) => &[Self::Delete],
            Step::Change(_) => &[Self::Change],
            Step::Mark(_) => &[Self::Mark],
            Step::ApplySecret => &[Self::Secret],
            Step::ReportLeftover(_) | Step::Rest { .. } => &[],
        }
    }

    fn of_read(read: &Read) -> &'static [Self] {
        match read {
            Read::Live => &[Self::Resource],
            Read::Listing { .. } => &[Self::Listing],
            Read::Marks { .. } => &[Self::Marks],
            Read::Offers => &[Self::Offers],
            Read::Get(_) => &[Self::Get],
            Read::Observed => &[Self::Observed],
            Read::Outputs => &[Self::Outputs],
            Read::Operation => &[Self::Operation],
        }
    }

    /// The kind of operation that the outcome of this step counts for.
    fn counts_for(step: &Step) -> Option<Self> {
        match step {
            // A conflict asks for another read; a successful read does not mean that the next write succeeds.
            Step::Intend(_) => Some(Self::Resource),
            Step::Read(_)
            | Step::Write(_)
            | Step::AddFinalizer
            | Step::RemoveFinalizer(_)
            | Step::Create
            | Step::Delete(_)
            | Step::ReportLeftover(_)
            | Step::Change(_)
            | Step::Mark(_)
            | Step::ApplySecret
            | Step::Rest { .. } => Self::of(step).first().copied(),
        }
    }
}

impl Failures {
    /// The failure that holds up this step now, and the time until which it does.
    pub(crate) fn holding(
        &self,
        step: &Step,
        timing: &Timing,
        now: Duration,
    ) -> Option<(&FailedOperation, Duration)> {
        let held = |operation| {
            self.0.get(operation).map(|failure: &FailedOperation| (failure, failure.until(timing)))
        };
        OperationKind::of(step)
            .iter()
            .filter_map(held)
            .filter(|(_, until)| *until > now)
            .max_by_key(|(_, until)| *until)
    }

    /// Returns the failure of a refused operation as long as its backoff lasts.
    pub(crate) fn refused(
        &self,
        operation: OperationKind,
        timing: &Timing,
        now: Duration,
    ) -> Option<&FailedOperation> {
        let refused = |failure: &&FailedOperation| failure.stays() && failure.until(timing) > now;
        self.0.get(&operation).filter(refused)
    }

    /// Forgets the failure of an operation: what it depends on has changed.
    pub(crate) fn forget(&mut self, operation: OperationKind) {
        self.0.remove(&operation);
    }

    /// Returns the message of the last failure of this operation, if it has not succeeded since.
    pub(crate) fn message(&self, operation: OperationKind) -> Option<&str> {
        self.0.get(&operation).map(|failure| failure.message.as_str())
    }

    /// Forgets every failure: the spec or the credentials are new, so everything is worth trying at once.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn outcome(&mut self, step: &Step, outcome: &StepOutcome, now: Duration) {
        let Some(operation) = OperationKind::counts_for(step) else {
            return;
        };
        let Some((reason, message, pause)) = failure(step, outcome) else {
            if *step != Step::Read(Read::Live) {
                self.0.remove(&operation);
            }
            return;
        };
        let before = self.0.get(&operation);
        let (count, others) = before.map_or((0, 0), |before| match before.stays() == stays(reason) {
            true => (before.count, before.others),
            false => (before.others, before.count),
        });
        self.0
            .insert(operation, FailedOperation { reason, message, at: now, count: count + 1, others, pause });
    }
}

impl FailedOperation {
    fn stays(&self) -> bool {
        stays(self.reason)
    }

    fn until(&self, timing: &Timing) -> Duration {
        let (first, last) = self.pauses(timing);
        self.at + self.pause.unwrap_or(doubled(first, last, self.count))
    }

    /// The longest time between two attempts.
    pub(crate) fn longest_pause(&self, timing: &Timing) -> Duration {
        self.pause.unwrap_or(self.pauses(timing).1)
    }

    /// The first and the longest pause after failures of this sort.
    fn pauses(&self, timing: &Timing) -> (Duration, Duration) {
        if self.stays() {
            (timing.slow_first, timing.slow_last)
        } else {
            (timing.retry_first, timing.retry_last)
        }
    }
}

/// Returns true for a failure that lasts until an observed change. No event reports a permission that was
/// given, so a missing permission is retried like a passing failure.
fn stays(reason: Reason) -> bool {
    reason.standing() == Standing::Stalled && reason != Reason::PermissionDenied
}

/// Returns `first`, doubled with every further failure, at most `last`.
pub(crate) fn doubled(first: Duration, last: Duration, count: u32) -> Duration {
    first.saturating_mul(1 << count.saturating_sub(1).min(20)).min(last)
}

/// Returns the time until which a repair waits that another writer keeps undoing. The first few repairs are
/// made at once.
pub(crate) fn pause_between_repairs(repaired: Option<(u32, Duration)>, timing: &Timing) -> Option<Duration> {
    let (count, last) = repaired.filter(|(count, _)| *count > 3)?;
    Some(last + doubled(timing.retry_first, timing.retry_last, count - 3))
}

/// Returns the failure that this outcome means, if any, with the pause that the answer asks for.
fn failure(step: &Step, outcome: &StepOutcome) -> Option<(Reason, String, Option<Duration>)> {
    let to_cluster = matches!(
        step,
        Step::Intend(_)
            | Step::Write(_)
            | Step::AddFinalizer
            | Step::RemoveFinalizer(_)
            | Step::ApplySecret
            | Step::Read(Read::Live)
    );
    let passing = if to_cluster { Reason::ClusterUnavailable } else { Reason::CloudUnavailable };
    match outcome {
        StepOutcome::Done | StepOutcome::Created(_) | StepOutcome::Changed(_) | StepOutcome::Progress(_) => {
            None
        }
        StepOutcome::NotFound if matches!(step, Step::Delete(_) | Step::Read(Read::Get(_))) || to_cluster => {
            None
        }
        StepOutcome::NotFound => Some((passing, "the cloud answered `not found`".to_owned(), None)),
        StepOutcome::Conflict => Some((passing, "another client wrote at the same time".to_owned(), None)),
        StepOutcome::Unsent(message)
        | StepOutcome::Ambiguous(message)
        | StepOutcome::Unavailable(message) => Some((passing, message.clone(), None)),
        StepOutcome::Rejected { reason, message } => Some((*reason, message.clone(), None)),
        StepOutcome::Throttled { after, message } => Some((Reason::Throttled, message.clone(), *after)),
    }
}

/// Returns the duration in its largest whole unit, rounded up to a second. The message names the longest pause, not the next attempt,
/// so that a retry that fails again changes no status.
pub(crate) fn in_words(duration: Duration) -> String {
    match duration.as_millis().div_ceil(1000) {
        hours if hours >= 3600 && hours % 3600 == 0 => format!("{} h", hours / 3600),
        minutes if minutes >= 60 && minutes % 60 == 0 => format!("{} min", minutes / 60),
        seconds => format!("{seconds} s"),
    }
}
