//! The work queue of a controller: one reconciliation per key at a time, edits before checks, delayed keys
//! once they are due. Knows neither objects nor reconciliation.

mod schedule;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::cluster::queue::schedule::Schedule;
use crate::priority::Priority;

pub(crate) use crate::cluster::queue::schedule::{Next, QueueKey};

/// Delay of a key whose reconciliation panicked.
const RETRY_AFTER_PANIC: Duration = Duration::from_secs(60);

/// The keys that wait to be reconciled. Clones share the queue.
pub(crate) struct Queue<K: QueueKey> {
    shared: Arc<Shared<K>>,
}

/// A key taken from the queue: no other reconciliation of it starts until [`WorkItem::done`]. Dropped before
/// that, the key comes back after a minute.
pub(crate) struct WorkItem<K: QueueKey> {
    key: K,
    shared: Arc<Shared<K>>,
    done: bool,
}

struct Shared<K: QueueKey> {
    state: Mutex<State<K>>,
    changed: Notify,
}

struct State<K: QueueKey> {
    mode: Mode,
    schedule: Schedule<K>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Running,
    Paused,
    Closed,
}

enum Popped<K> {
    Key(K),
    Nothing { until: Option<Instant> },
    Closed,
}

impl<K: QueueKey> Clone for Queue<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K: QueueKey> Default for Queue<K> {
    fn default() -> Self {
        let shared = Shared {
            state: Mutex::new(State { mode: Mode::Running, schedule: Schedule::default() }),
            changed: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }
}

impl<K: QueueKey> Queue<K> {
    /// Queues a key now. Replaces a later request for it: the coming reconciliation decides when it runs
    /// next.
    pub(crate) fn push(&self, key: K, priority: Priority) {
        self.push_at(key, Instant::now(), priority);
    }

    /// Queues a key for `at`. If it is queued already, the earlier time and the more urgent priority count.
    pub(crate) fn push_at(&self, key: K, at: Instant, priority: Priority) {
        self.shared.state().schedule.push(key, at, priority);
        self.shared.changed.notify_waiters();
    }

    /// Stops handing out keys until [`Queue::resume`]; keys pushed meanwhile wait.
    pub(crate) fn pause(&self) {
        self.shared.set_mode(Mode::Paused);
    }

    /// Hands out keys again.
    pub(crate) fn resume(&self) {
        self.shared.set_mode(Mode::Running);
    }

    /// Stops handing out keys for good.
    pub(crate) fn close(&self) {
        self.shared.set_mode(Mode::Closed);
    }

    /// Waits for the most urgent key that is due; `None` once the queue is closed.
    pub(crate) async fn next(&self) -> Option<WorkItem<K>> {
        loop {
            // Enabled before looking, or a push between the look and the wait would be missed.
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let wake_at = match self.shared.state().pop(Instant::now()) {
                Popped::Closed => return None,
                Popped::Key(key) => return Some(WorkItem::new(key, &self.shared)),
                Popped::Nothing { until } => until,
            };
            match wake_at {
                Some(at) => tokio::select! { () = changed => {}, () = sleep_until(at) => {} },
                None => changed.await,
            }
        }
    }

    /// Returns how many keys are queued and how many are being reconciled; for metrics and tests.
    pub(crate) fn counts(&self) -> (usize, usize) {
        self.shared.state().schedule.len()
    }
}

impl<K: QueueKey> WorkItem<K> {
    fn new(key: K, shared: &Arc<Shared<K>>) -> Self {
        Self { key, shared: Arc::clone(shared), done: false }
    }

    /// Returns the key to reconcile.
    pub(crate) fn key(&self) -> &K {
        &self.key
    }

    /// Ends the reconciliation and queues the key again as `next` says.
    pub(crate) fn done(mut self, next: Next) {
        self.done = true;
        self.shared.done(&self.key, next);
    }
}

impl<K: QueueKey> Drop for WorkItem<K> {
    fn drop(&mut self) {
        if !self.done {
            let retry = Next::At(Instant::now() + RETRY_AFTER_PANIC, Priority::Background);
            self.shared.done(&self.key, retry);
        }
    }
}

impl<K: QueueKey> Shared<K> {
    /// Locks the state. Every change below leaves it consistent, so a panic elsewhere does not corrupt it.
    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock()
    }

    fn set_mode(&self, mode: Mode) {
        let mut state = self.state();
        if state.mode != Mode::Closed {
            state.mode = mode;
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn done(&self, key: &K, next: Next) {
        self.state().schedule.done(key, next);
        self.changed.notify_waiters();
    }
}

impl<K: QueueKey> State<K> {
    fn pop(&mut self, now: Instant) -> Popped<K> {
        match self.mode {
            Mode::Closed => Popped::Closed,
            Mode::Paused => Popped::Nothing { until: None },
            Mode::Running => match self.schedule.pop(now) {
                Some(key) => Popped::Key(key),
                None => Popped::Nothing { until: self.schedule.next_due() },
            },
        }
    }
}

#[cfg(test)]
mod tests;
