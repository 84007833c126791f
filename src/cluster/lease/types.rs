//! The settings, clocks and states of an election.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// The times of an election.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Time that candidates wait after the leader's last sign of life before one of them takes over.
    pub duration: Duration,
    /// Time for which the leader may write, counted from the start of its last successful renewal.
    pub renew_deadline: Duration,
    /// Time between two tries; up to a fifth is added at random.
    pub retry: Duration,
}

/// A reading of both clocks: monotonic time stops while a machine sleeps, and wall time jumps; neither is
/// enough alone.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Never goes back.
    pub(crate) monotonic: Instant,
    /// Goes on while the machine sleeps.
    pub(crate) wall: SystemTime,
}

/// Reads the clocks.
pub(crate) type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// State of the election, as far as this process knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LeaseState {
    /// No try has finished yet.
    Undecided,
    /// This process leads.
    Held,
    /// Another process, of this identity, leads or may lead.
    HeldBy(String),
    /// The lease cannot be read or renewed, for this reason.
    Unreachable(String),
}

/// A term of leadership: a period of leading without a gap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub(super) number: u64,
    /// Start of the last successful renewal: it may have reached the store right then.
    pub(super) renewed: Moment,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

impl Moment {
    /// Returns whether less than `limit` has passed by both clocks. A wall clock that was set back proves
    /// nothing.
    pub(super) fn is_within(&self, limit: Duration, now: Moment) -> bool {
        let by_wall = now.wall.duration_since(self.wall);
        now.monotonic.duration_since(self.monotonic) < limit && by_wall.is_ok_and(|age| age < limit)
    }
}
