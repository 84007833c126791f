//! What one process remembers of its own request to change an add-on: the attempt, the answer, and how the change goes.

use std::time::Duration;

use crate::plan::own_attempt::{Own, Seen};
use crate::plan::record::Ids;
use crate::plan::step::{Heard, Progress};
use crate::plan::timing::Now;

/// The own request to change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnChange {
    /// The operation's attempt, and when this process first saw it.
    pub(crate) attempt: Option<Seen<String>>,
    /// The operation's attempt that this process wrote itself.
    pub(crate) own: Option<Own>,
    /// The own answer, until it is recorded: for this attempt, this.
    pub(crate) answer: Option<(String, Result<Ids, String>)>,
    /// What the last look found, and when.
    pub(crate) progress: Option<(Progress, Duration)>,
    /// When the last request to change was answered.
    pub(crate) done: Option<Duration>,
    /// When the last request to change got no answer: it may yet take effect, after a newer one even.
    pub(crate) unsure: Option<Duration>,
    /// How often in a row something repeatable was changed.
    pub(crate) count: u32,
}

impl OwnChange {
    /// Takes in what was heard of the request.
    pub(crate) fn heard(&mut self, heard: &Heard, now: Now) {
        let nonce = self.own.as_ref().map(|own| own.nonce.clone());
        match heard {
            Heard::Done | Heard::Changed(_) => {
                let ids = if let Heard::Changed(ids) = heard { ids.clone() } else { Ids::new() };
                self.answer = nonce.map(|nonce| (nonce, Ok(ids)));
                self.done = Some(now.mono);
                self.count += 1;
            }
            Heard::Rejected { message, .. } => self.answer = nonce.map(|nonce| (nonce, Err(message.clone()))),
            Heard::Throttled { .. } | Heard::Unsent(_) => {
                if let Some(own) = &mut self.own {
                    own.in_flight = false;
                }
            }
            Heard::Created(_) | Heard::Progress(_) | Heard::Conflict | Heard::NotFound => (self.own, self.done) = (None, Some(now.mono)),
            Heard::Ambiguous(_) | Heard::Unavailable(_) => {
                (self.own, self.done, self.unsure) = (None, Some(now.mono), Some(now.mono));
            }
        }
    }
}
