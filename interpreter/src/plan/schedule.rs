//! Schedule of a resource, as its user sets it by annotations: whether the operator writes anything, when it looks
//! next, and how often.

use std::time::Duration;

use crate::plan::timing::Timing;

/// The annotation that stops the operator from writing anything, with the value `true`.
pub const PAUSED: &str = "operator.clever-cloud.com/paused";
/// The annotation with a value that a user changes to have the resource reconciled at once: the time, by convention.
pub const RECONCILE_REQUESTED_AT: &str = "operator.clever-cloud.com/reconcile-requested-at";
/// The annotation with the interval at which the resource is compared with the cloud.
pub const POLL_INTERVAL: &str = "operator.clever-cloud.com/poll-interval";

/// Schedule of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The operator looks and reports, and writes nothing.
    pub paused: bool,
    /// The time at which this process first saw a request to reconcile that the status does not name yet: what was
    /// read before is read again.
    pub requested: Option<Duration>,
    /// The interval at which the add-on is compared with its spec.
    pub poll_interval: Option<Duration>,
    /// The problem of one of the annotations; that one is ignored, but an unclear pause is one.
    pub problem: Option<String>,
}

impl Schedule {
    /// Returns the timing of this resource.
    pub(crate) fn timing(&self, timing: &Timing) -> Timing {
        let timing = timing.clone();
        match self.poll_interval {
            // A longer interval delays no look at a problem.
            Some(interval) => {
                Timing { poll_interval: interval.min(timing.poll_interval), observed: interval, ..timing }
            }
            None => timing,
        }
    }
}
