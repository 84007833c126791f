//! How often an account may be asked. Waits where it must, and lets people's requests pass before the operator's own.
//!
//! A budget hands out [`Ticket`]s; a request cannot be sent without one. It sees no request and no answer: who reads an answer as
//! "too many requests" says so by [`Budget::throttled`].

mod pause;

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{Mutex as Turn, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

use super::Fingerprint;
use pause::Pause;

/// How long the first of the waiting background requests lets others pass. Without an end, a busy day would starve every check.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one creation sends between its intent and its record: a list and the creation itself.
const REQUESTS_OF_A_CREATION: u32 = 2;

/// The limits of one account, as its cloud's catalog entry states them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests per second, in the long run.
    pub per_second: NonZeroU32,
    /// Requests at once, after a rest. Background requests may use half of them.
    pub burst: NonZeroU32,
    /// Creations between intent and record.
    pub creating_at_once: NonZeroUsize,
}

/// On whose behalf a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Somebody changed something and waits.
    User,
    /// The operator looks whether all is well.
    Background,
}

/// The right to send one request, now. Dropped unused, it is lost.
#[must_use]
#[derive(Debug)]
pub struct Ticket(());

/// The right to create one thing: a place among those being created, and the tickets for it, paid in advance.
///
/// Hold it from before the intent until the answer is recorded. Nothing then stands in a queue between the intent and the request, where
/// the time in which the intent may still be acted upon would run out.
#[must_use]
#[derive(Debug)]
pub struct CreationPermit {
    unused: u32,
    _place: Option<OwnedSemaphorePermit>,
}

/// The budgets of all accounts.
#[derive(Debug, Default)]
pub struct Budgets {
    /// By cloud and credentials. None is ever forgotten: it is some hundred bytes, and a forgotten pause would anger a cloud again.
    by_account: Mutex<HashMap<(String, Fingerprint), Budget>>,
}

/// The budget of one account. Clones share it.
///
/// Every wait in it can be given up at any moment (a dropped future): the place in the queue is free again, and at most the tickets that
/// were paid for already are lost.
#[derive(Clone, Debug)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limits: Limits,
    all: Limiter,
    background: Limiter,
    creating: Arc<Semaphore>,
    user_turn: Turn<()>,
    background_turn: Turn<()>,
    users_waiting: watch::Sender<usize>,
    pause: Mutex<Pause>,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<std::time::Instant>>;

impl Budgets {
    /// The budget of these credentials at this cloud. Limits that changed make a new one.
    pub fn of(&self, cloud: &str, credentials: Fingerprint, limits: Limits) -> Budget {
        let mut by_account = self.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = by_account.entry((cloud.to_owned(), credentials)).or_insert_with(|| Budget::new(limits));
        if budget.shared.limits != limits {
            *budget = Budget::new(limits);
        }
        budget.clone()
    }
}

impl Budget {
    /// A full budget.
    pub fn new(limits: Limits) -> Self {
        let half = NonZeroU32::new(limits.burst.get() / 2).unwrap_or(NonZeroU32::MIN);
        let limiter = |burst| Limiter::direct_with_clock(Quota::per_second(limits.per_second).allow_burst(burst), TokioClock);
        let shared = Shared {
            limits,
            all: limiter(limits.burst),
            background: limiter(half),
            creating: Arc::new(Semaphore::new(limits.creating_at_once.get())),
            user_turn: Turn::new(()),
            background_turn: Turn::new(()),
            users_waiting: watch::Sender::new(0),
            pause: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Waits until one request may be sent. First come, first served, within each lane.
    pub async fn admit(&self, lane: Lane) -> Ticket {
        match lane {
            Lane::User => self.shared.admit_users(1).await,
            Lane::Background => self.shared.admit_background().await,
        }
        Ticket(())
    }

    /// Waits until one more thing may be created, and pays for it.
    ///
    /// The tickets may be used some time after they were paid for, so a second can see as many requests more as all creations at once hold.
    pub async fn creation(&self) -> CreationPermit {
        // Always a place: it would be none only if the semaphore were closed, and nobody does.
        let place = Arc::clone(&self.shared.creating).acquire_owned().await.ok();
        self.shared.admit_users(REQUESTS_OF_A_CREATION).await;
        CreationPermit { unused: REQUESTS_OF_A_CREATION, _place: place }
    }

    /// The cloud said that it was asked too often: nobody is admitted for a while.
    ///
    /// The while is what the cloud asked for, or grows from one time to the next; some chance is added, so that replicas and neighbours
    /// do not come back together. Tickets that are out already stay good: an intent must not wait.
    pub fn throttled(&self, retry_after: Option<Duration>) {
        let chance = rand::random_range(0.0..=1.0);
        self.shared.pause().extend(Instant::now(), retry_after, chance);
    }

    /// How long nobody is admitted from now, if so.
    pub fn paused_for(&self) -> Option<Duration> {
        self.shared.pause().remaining(Instant::now())
    }
}

impl CreationPermit {
    /// One of the tickets that were paid for; `None` when they are used up, and a further request must be admitted like any other.
    pub fn prepaid(&mut self) -> Option<Ticket> {
        self.unused = self.unused.checked_sub(1)?;
        Some(Ticket(()))
    }
}

impl Shared {
    async fn admit_users(&self, requests: u32) {
        let _waiting = Waiting::new(&self.users_waiting);
        let _turn = self.user_turn.lock().await;
        self.pay(requests).await;
    }

    /// Only the first in line waits for users to have passed, and not for ever: then it joins them.
    async fn admit_background(&self) {
        let _turn = self.background_turn.lock().await;
        if timeout(PATIENCE, self.pay_in_the_background()).await.is_err() {
            self.admit_users(1).await;
        }
    }

    async fn pay_in_the_background(&self) {
        while let Err(wait) = self.try_pay(&self.background) {
            sleep(wait).await;
        }
        loop {
            self.no_user_waits().await;
            match self.try_pay(&self.all) {
                Ok(()) => return,
                Err(wait) => sleep(wait).await,
            }
        }
    }

    async fn no_user_waits(&self) {
        // Fails only when the sender is gone, which is beside us.
        let _ = self.users_waiting.subscribe().wait_for(|waiting| *waiting == 0).await;
    }

    async fn pay(&self, requests: u32) {
        for _ in 0..requests {
            while let Err(wait) = self.try_pay(&self.all) {
                sleep(wait).await;
            }
        }
    }

    fn try_pay(&self, limiter: &Limiter) -> Result<(), Duration> {
        if let Some(wait) = self.pause().remaining(Instant::now()) {
            return Err(wait);
        }
        limiter.check().map_err(|until| until.wait_time_from(TokioClock.now()))
    }

    fn pause(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One user's request that waits; counted until it is dropped, however that comes.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|waiting| *waiting += 1);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

/// The clock by which we also sleep; governor's own does not stop where tokio's is stopped, as in tests.
#[derive(Clone, Copy, Debug)]
struct TokioClock;

impl Clock for TokioClock {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        Instant::now().into_std()
    }
}

#[cfg(test)]
mod tests;
