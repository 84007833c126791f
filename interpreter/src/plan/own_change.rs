//! Memory of one process about its own request to change an add-on: the attempt, the answer, and the progress
//! of the change.

use std::time::Duration;

use crate::plan::own_attempt::{Own, Seen};
use crate::plan::record::{Ids, Record};
use crate::plan::sent::{Sent, SentValue};
use crate::plan::step::{Change, Progress, StepOutcome};
use crate::plan::timing::Now;

/// The request of this process to change the add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnChange {
    /// The operation's attempt, and when this process first saw it.
    pub(crate) attempt: Option<Seen<String>>,
    /// The operation's attempt that this process wrote itself.
    pub(crate) own: Option<Own>,
    /// The attempt's nonce and the answer to its request, until the answer is recorded.
    pub(crate) answer: Option<(String, Result<Ids, String>)>,
    /// The result of the last read of the operation, and its time.
    pub(crate) progress: Option<(Progress, Duration)>,
    /// The time at which the last request to change was answered.
    pub(crate) done: Option<Duration>,
    /// The time at which the last request to change got no answer. It may still take effect, even after a
    /// newer one.
    pub(crate) unsure: Option<Duration>,
    /// The values that repeatable changes have sent, until they are recorded.
    pub(crate) sent: Sent,
    /// The number of repeatable changes in a row.
    pub(crate) count: u32,
}

impl OwnChange {
    /// Updates the memory from the outcome of the request.
    pub(crate) fn outcome(&mut self, change: &Change, outcome: &StepOutcome, now: Now) {
        let nonce = self.own.as_ref().map(|own| own.nonce.clone());
        match outcome {
            StepOutcome::Done | StepOutcome::Changed(_) => {
                if nonce.is_none() {
                    self.sent.extend(change.sent.clone());
                }
                let ids = if let StepOutcome::Changed(ids) = outcome { ids.clone() } else { Ids::new() };
                self.answer = nonce.map(|nonce| (nonce, Ok(ids)));
                self.done = Some(now.mono);
                self.count += 1;
            }
            StepOutcome::Rejected { message, .. } => {
                self.answer = nonce.map(|nonce| (nonce, Err(message.clone())))
            }
            StepOutcome::Throttled { .. } | StepOutcome::Unsent(_) => {
                if let Some(own) = &mut self.own {
                    own.in_flight = false;
                }
            }
            StepOutcome::Created(_)
            | StepOutcome::Progress(_)
            | StepOutcome::Conflict
            | StepOutcome::NotFound => (self.own, self.done) = (None, Some(now.mono)),
            StepOutcome::Ambiguous(_) | StepOutcome::Unavailable(_) => {
                (self.own, self.done, self.unsure) = (None, Some(now.mono), Some(now.mono));
            }
        }
    }

    /// Takes the record as read: the values in it need no further write.
    pub(crate) fn recorded(&mut self, record: Option<&Record>) {
        let recorded = record.and_then(|record| record.sent.as_ref());
        let is_open =
            |field: &String, value: &SentValue| recorded.is_none_or(|all| all.get(field) != Some(value));
        match record.filter(|record| record.ids.is_some()) {
            Some(_) => self.sent.retain(|field, value| is_open(field, value)),
            None => self.sent.clear(),
        }
    }
}
