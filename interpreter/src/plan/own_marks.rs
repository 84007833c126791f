//! Memory of one process about its own requests to read and to set marks.

use std::time::Duration;

use crate::plan::reason::Reason;
use crate::plan::record::Ids;
use crate::plan::step::StepOutcome;

/// Requests of this process about marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnMarks {
    /// The last time at which the cloud refused to show marks to these credentials.
    pub(crate) refused: Option<Duration>,
    /// The time since which every read of the marks has failed.
    pub(crate) failing: Option<Duration>,
    /// The add-on that this process has marked, and when.
    set: Option<(Ids, Duration)>,
}

impl OwnMarks {
    /// Takes the outcome of a read.
    pub(crate) fn read(&mut self, outcome: &StepOutcome, at: Duration) {
        match outcome {
            StepOutcome::Done => (self.refused, self.failing) = (None, None),
            StepOutcome::Rejected { reason: Reason::Unauthorized, .. } => self.refused = Some(at),
            StepOutcome::Rejected { .. }
            | StepOutcome::NotFound
            | StepOutcome::Created(_)
            | StepOutcome::Changed(_)
            | StepOutcome::Progress(_)
            | StepOutcome::Conflict
            | StepOutcome::Unsent(_)
            | StepOutcome::Ambiguous(_)
            | StepOutcome::Throttled { .. }
            | StepOutcome::Unavailable(_) => {
                self.failing.get_or_insert(at);
            }
        }
    }

    /// Takes the outcome of a request that sets the marks of this add-on.
    pub(crate) fn set(&mut self, ids: &Ids, outcome: &StepOutcome, at: Duration) {
        if *outcome == StepOutcome::Done {
            self.set = Some((ids.clone(), at));
        }
    }

    /// The time at which this process last set the marks of this add-on, if it did.
    pub(crate) fn set_at(&self, ids: &Ids) -> Option<Duration> {
        self.set.as_ref().filter(|(of, _)| of == ids).map(|(_, at)| *at)
    }
}
