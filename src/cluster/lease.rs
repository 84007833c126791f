//! Who leads: one Lease object, of which at most one process at a time may believe that it holds it.
//!
//! Kubernetes fences nobody: a process that was frozen wakes up and goes on as if nothing had happened. So whoever is
//! about to write elsewhere asks for the [`Fence`] right before, and a lease that was not renewed lately gives none.

mod election;
pub mod store;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    sync::watch::{Receiver, Sender, channel},
    time::Instant,
};

use election::{Election, Told};
use store::LeaseStore;

/// The times of an election.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long others wait after the last sign of the leader before one of them takes over.
    pub duration: Duration,
    /// How long the leader may write after it began its last successful renewal.
    pub renew_deadline: Duration,
    /// Time between two tries, to which a random fifth is added.
    pub retry: Duration,
}

/// What a clock shows: monotonic time stops while a machine sleeps, wall time jumps; neither is enough.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Never goes back.
    pub monotonic: Instant,
    /// Goes on while the machine sleeps.
    pub wall: SystemTime,
}

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// What this process knows of its own leadership. Clones know the same.
#[derive(Clone)]
pub struct Leadership {
    tenure: Receiver<Option<Tenure>>,
    standing: Receiver<Standing>,
    resigned: Arc<Sender<bool>>,
    renew_deadline: Duration,
    clock: Clock,
}

/// The proof that this process led when it asked. It does not last: ask again whether it still [`holds`](Fence::holds).
#[derive(Clone)]
pub struct Fence {
    leadership: Leadership,
    term: u64,
}

/// How the election stands, as far as this process knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No try has come to an end yet.
    Undecided,
    /// This process leads.
    Held,
    /// This other one does, or may.
    HeldBy(String),
    /// The lease cannot be read or renewed, for this reason.
    Unreachable(String),
}

/// A time of leading without a gap.
#[derive(Debug, Clone, Copy)]
struct Tenure {
    term: u64,
    /// When the last successful renewal *began*: it may have reached the store right then.
    renewed: Moment,
}

/// A candidate named `identity` for the lease in `store`. The future does the work: it wants to be polled until it ends,
/// which it does after [`Leadership::resign`], with the lease released.
pub fn elect<S: LeaseStore>(store: S, settings: Settings, identity: String, clock: Clock) -> (Leadership, impl Future<Output = ()> + Send) {
    let (tenure, seen) = channel(None);
    let (standing, seen_standing) = channel(Standing::Undecided);
    let (resign, resigned) = channel(false);
    let leadership = Leadership {
        tenure: seen,
        standing: seen_standing,
        resigned: Arc::new(resign),
        renew_deadline: settings.renew_deadline,
        clock: Arc::clone(&clock),
    };
    (leadership, Election::new(store, settings, identity, clock, Told { tenure, standing }).run(resigned))
}

/// A name that no other process has or ever had, not even one of the same pod.
pub fn identity(pod: &str) -> String {
    format!("{pod}_{}", uuid::Uuid::new_v4())
}

/// The machine's clocks.
pub fn system_clock() -> Clock {
    Arc::new(|| Moment { monotonic: Instant::now(), wall: SystemTime::now() })
}

impl Default for Settings {
    fn default() -> Self {
        Self { duration: Duration::from_secs(15), renew_deadline: Duration::from_secs(10), retry: Duration::from_secs(2) }
    }
}

impl Settings {
    /// Why these times would let two lead at once, or nobody for long.
    pub fn problem(&self) -> Option<&'static str> {
        if self.duration.subsec_nanos() != 0 {
            Some("the lease's duration must be whole seconds")
        } else if self.renew_deadline >= self.duration {
            Some("the renew deadline must be shorter than the lease's duration")
        } else if self.retry.mul_f64(1.2) >= self.renew_deadline {
            Some("the renew deadline must leave time for a second try")
        } else {
            None
        }
    }
}

impl Moment {
    /// Whether less than `limit` has passed since then, by either clock. A wall clock that was set back proves nothing.
    fn is_within(&self, limit: Duration, now: Moment) -> bool {
        let by_wall = now.wall.duration_since(self.wall);
        now.monotonic.duration_since(self.monotonic) < limit && by_wall.is_ok_and(|age| age < limit)
    }
}

impl Leadership {
    /// Whether this process leads, as far as it can know.
    pub fn is_leader(&self) -> bool {
        self.fence().is_some()
    }

    /// Asked right before a write elsewhere: `None` means that another may lead by now.
    pub fn fence(&self) -> Option<Fence> {
        let tenure = (*self.tenure.borrow())?;
        let holds = tenure.renewed.is_within(self.renew_deadline, (self.clock)());
        holds.then(|| Fence { leadership: self.clone(), term: tenure.term })
    }

    /// How the election stands. Leading is believed of the clocks alone, whatever the last try came to.
    pub fn standing(&self) -> Standing {
        let told = self.standing.borrow().clone();
        match told {
            _ if self.is_leader() => Standing::Held,
            _ if self.standing.has_changed().is_err() => Standing::Unreachable("the election has ended".into()),
            Standing::Held => Standing::Unreachable("it was not renewed in time".into()),
            Standing::Undecided | Standing::HeldBy(_) | Standing::Unreachable(_) => told,
        }
    }

    /// Returns once this process leads; never, if the election has ended.
    pub async fn elected(&self) {
        let mut tenure = self.tenure.clone();
        if tenure.wait_for(Option::is_some).await.is_err() {
            std::future::pending().await
        }
    }

    /// Returns once this process does not lead.
    pub async fn lost(&self) {
        // An error means that the election has ended, and nobody renews.
        let _ = self.tenure.clone().wait_for(Option::is_none).await;
    }

    /// Gives the lease back, so that the next takes over at once. What was begun under it must have ended before.
    pub fn resign(&self) {
        self.resigned.send_replace(true);
    }
}

impl Fence {
    /// Whether this process still leads, and did without a gap since the fence was asked for.
    pub fn holds(&self) -> bool {
        self.leadership.fence().is_some_and(|now| now.term == self.term)
    }
}

#[cfg(test)]
mod tests;
