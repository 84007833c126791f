//! The rate limit of an account. Waits where it must, and lets requests of users pass before the operator's
//! own.
//!
//! A budget hands out [`Permit`]s, and a request cannot be sent without one. It sees no request and no
//! response: the caller reports "too many requests" with [`Budget::throttled`].

mod pause;

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Mutex as FifoLock, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::cloud::budget::pause::Pause;
use crate::cloud::credentials::Fingerprint;
use crate::priority::Priority;

/// Time for which the first waiting background request lets users pass. Without a limit, a busy day would
/// starve every check.
const MAX_BACKGROUND_WAIT: Duration = Duration::from_secs(10);

/// Requests of one creation between its intent and its record: a list and the creation itself.
const CREATION_REQUESTS: u32 = 2;

/// The limits of one account, from its cloud's catalog entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sustained requests per second.
    pub per_second: NonZeroU32,
    /// Requests at once after an idle time. Background requests may use half of them.
    pub burst: NonZeroU32,
    /// Concurrent creations, each from its intent to its record.
    pub creating_at_once: NonZeroUsize,
}

/// Permission to send one request now. Dropped unused, it is lost.
#[must_use]
#[derive(Debug)]
pub struct Permit(());

/// Permission to create one add-on: a slot among the concurrent creations, and the permits for it, acquired
/// in advance.
///
/// Hold it from before the intent until the response is recorded. Then no request waits in a queue between
/// the intent and the request, where the creation window would run out.
#[must_use]
#[derive(Debug)]
pub(crate) struct CreationPermit {
    unused: u32,
    _slot: Option<OwnedSemaphorePermit>,
}

/// The budgets of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Budgets {
    /// By cloud and credentials. Never removed: a budget takes some hundred bytes, and a forgotten pause
    /// would trip the cloud's limit again.
    by_account: Mutex<HashMap<(String, Fingerprint), Budget>>,
}

/// The budget of one account. Clones share it.
///
/// Every wait can be cancelled at any moment by dropping its future: the place in the queue is free again,
/// and at most the permits acquired already are lost.
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
    user_line: FifoLock<()>,
    background_line: FifoLock<()>,
    users_waiting: watch::Sender<usize>,
    creations_waiting: watch::Sender<usize>,
    pause: Mutex<Pause>,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<std::time::Instant>>;

impl Budgets {
    /// Returns the budget of these credentials at this cloud. Changed limits create a new one.
    pub(crate) fn of(&self, cloud: &str, credentials: Fingerprint, limits: Limits) -> Budget {
        let mut by_account = self.by_account.lock();
        let budget = by_account.entry((cloud.to_owned(), credentials)).or_insert_with(|| Budget::new(limits));
        if budget.shared.limits != limits {
            *budget = Budget::new(limits);
        }
        budget.clone()
    }
}

impl Budget {
    /// Creates a full budget.
    pub fn new(limits: Limits) -> Self {
        let half = NonZeroU32::new(limits.burst.get() / 2).unwrap_or(NonZeroU32::MIN);
        let limiter = |burst| {
            Limiter::direct_with_clock(Quota::per_second(limits.per_second).allow_burst(burst), TokioClock)
        };
        let shared = Shared {
            limits,
            all: limiter(limits.burst),
            background: limiter(half),
            creating: Arc::new(Semaphore::new(limits.creating_at_once.get())),
            user_line: FifoLock::new(()),
            background_line: FifoLock::new(()),
            users_waiting: watch::Sender::new(0),
            creations_waiting: watch::Sender::new(0),
            pause: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Waits until one request may be sent; first come, first served within each priority.
    pub async fn admit(&self, priority: Priority) -> Permit {
        match priority {
            Priority::User => self.shared.admit_users(1).await,
            Priority::Background => self.shared.admit_background().await,
        }
        Permit(())
    }

    /// Waits until one more add-on may be created, and acquires its permits.
    ///
    /// The permits may be used some time later, so one second can see as many extra requests as all
    /// concurrent creations hold.
    pub(crate) async fn creation(&self) -> CreationPermit {
        let _waiting = Waiting::new(&self.shared.creations_waiting);
        // Always a slot: there is none only if the semaphore is closed, which never happens.
        let slot = Arc::clone(&self.shared.creating).acquire_owned().await.ok();
        self.shared.admit_users(CREATION_REQUESTS).await;
        CreationPermit { unused: CREATION_REQUESTS, _slot: slot }
    }

    /// The sustained number of requests per second.
    pub(crate) fn per_second(&self) -> u32 {
        self.shared.limits.per_second.get()
    }

    /// The number of creations that may be in progress at a time.
    pub(crate) fn creating_at_once(&self) -> usize {
        self.shared.limits.creating_at_once.get()
    }

    /// The number of creations that are in progress, or wait for their turn.
    pub(crate) fn creations(&self) -> usize {
        let in_progress = self.creating_at_once() - self.shared.creating.available_permits();
        // A creation with a slot may still wait for its requests.
        (*self.shared.creations_waiting.borrow()).max(in_progress)
    }

    /// Records that the cloud answered "too many requests": no permits are issued for a while.
    ///
    /// The pause is what the cloud asked for, or grows from one time to the next; a random part is added, so
    /// that replicas and neighbours do not come back together. Permits issued already stay valid: an intent
    /// must not wait.
    pub(crate) fn throttled(&self, retry_after: Option<Duration>) {
        let chance = rand::random_range(0.0..=1.0);
        self.shared.pause().extend(Instant::now(), retry_after, chance);
    }
}

impl CreationPermit {
    /// Returns one of the permits acquired in advance; `None` when they are used up, and a further request
    /// must be admitted like any other.
    pub(crate) fn prepaid(&mut self) -> Option<Permit> {
        self.unused = self.unused.checked_sub(1)?;
        Some(Permit(()))
    }
}

impl Shared {
    async fn admit_users(&self, requests: u32) {
        let _waiting = Waiting::new(&self.users_waiting);
        let _line = self.user_line.lock().await;
        self.acquire(requests).await;
    }

    /// Only the first in line lets users pass, and not without limit: then it joins them.
    async fn admit_background(&self) {
        let _line = self.background_line.lock().await;
        if timeout(MAX_BACKGROUND_WAIT, self.acquire_in_background()).await.is_err() {
            self.admit_users(1).await;
        }
    }

    async fn acquire_in_background(&self) {
        while let Err(wait) = self.try_acquire(&self.background) {
            sleep(wait).await;
        }
        loop {
            self.no_user_waits().await;
            match self.try_acquire(&self.all) {
                Ok(()) => return,
                Err(wait) => sleep(wait).await,
            }
        }
    }

    async fn no_user_waits(&self) {
        // Fails only if the sender is gone, which is a field of the same struct.
        let _ = self.users_waiting.subscribe().wait_for(|waiting| *waiting == 0).await;
    }

    async fn acquire(&self, requests: u32) {
        for _ in 0..requests {
            while let Err(wait) = self.try_acquire(&self.all) {
                sleep(wait).await;
            }
        }
    }

    fn try_acquire(&self, limiter: &Limiter) -> Result<(), Duration> {
        if let Some(wait) = self.pause().remaining(Instant::now()) {
            return Err(wait);
        }
        limiter.check().map_err(|until| until.wait_time_from(TokioClock.now()))
    }

    fn pause(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock()
    }
}

/// A waiting request of a user; counted until it is dropped.
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

/// The clock of tokio's timers; governor's own does not stop with tokio's, as in tests.
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
