//! Memory of one process about its own requests to read and to set marks.

use std::time::Duration;

use crate::plan::record::Ids;
use crate::plan::step::StepOutcome;

/// Requests of this process about marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnMarks {
    /// The last time at which the cloud refused to show marks.
    pub(crate) refused: Option<Duration>,
    /// The add-on that this process has marked.
    set: Option<Ids>,
}

impl OwnMarks {
    /// Takes the outcome of a read.
    pub(crate) fn read(&mut self, outcome: &StepOutcome, at: Duration) {
        if matches!(outcome, StepOutcome::Rejected { .. } | StepOutcome::NotFound) {
            self.refused = Some(at);
        }
    }

    /// Takes the outcome of a request that sets the marks of this add-on.
    pub(crate) fn set(&mut self, ids: &Ids, outcome: &StepOutcome) {
        if *outcome == StepOutcome::Done {
            self.set = Some(ids.clone());
        }
    }

    /// Returns true when this process has set the marks of this add-on.
    pub(crate) fn are_set(&self, ids: &Ids) -> bool {
        self.set.as_ref() == Some(ids)
    }
}
