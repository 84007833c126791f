//! Which object is looked at next: one pass per key at a time, edits before checks, later ones when their time has come.
//! Knows neither objects nor passes.

mod line;

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use line::Line;

/// How urgent a pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Somebody waits for it: an object is new, or was edited.
    Edit,
    /// Nobody does.
    Check,
}

/// A pass that ended without a word (it panicked) is looked at again after this.
const AFTER_A_CRASH: Duration = Duration::from_secs(60);

/// The keys that wait for a pass. Clones are the same queue.
pub struct Queue<K: Key> {
    shared: Arc<Shared<K>>,
}

/// What can be queued.
pub trait Key: Clone + Eq + Hash + Ord + Send + 'static {}

impl<K: Clone + Eq + Hash + Ord + Send + 'static> Key for K {}

/// The right to run the one pass of a key. Dropping it unfinished brings the key back after a minute.
pub struct Turn<K: Key> {
    key: K,
    shared: Arc<Shared<K>>,
    finished: bool,
}

/// When an object is looked at next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// When something happens to it.
    Rest,
    /// At this instant, unless something happens before.
    At(Instant, Lane),
}

struct Shared<K: Key> {
    state: Mutex<State<K>>,
    changed: Notify,
}

struct State<K: Key> {
    gate: Gate,
    line: Line<K>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    Paused,
    Closed,
}

enum Taken<K> {
    Key(K),
    Nothing { until: Option<Instant> },
    Closed,
}

impl<K: Key> Clone for Queue<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K: Key> Default for Queue<K> {
    fn default() -> Self {
        let shared = Shared { state: Mutex::new(State { gate: Gate::Open, line: Line::default() }), changed: Notify::new() };
        Self { shared: Arc::new(shared) }
    }
}

impl<K: Key> Queue<K> {
    /// Wants a pass now. It replaces one that was wanted later: the coming pass says anew when to look again.
    pub fn push(&self, key: K, lane: Lane) {
        self.push_at(key, Instant::now(), lane);
    }

    /// Wants a pass at `at`; where one is wanted already, the earlier counts and the more urgent lane.
    pub fn push_at(&self, key: K, at: Instant, lane: Lane) {
        self.shared.state().line.want(key, at, lane);
        self.shared.changed.notify_waiters();
    }

    /// Wants no pass any more; one that is running goes on.
    pub fn forget(&self, key: &K) {
        self.shared.state().line.forget(key);
    }

    /// Hands out nothing until [`Queue::resume`]; what is pushed meanwhile waits.
    pub fn pause(&self) {
        self.shared.turn_gate(Gate::Paused);
    }

    /// Hands out again.
    pub fn resume(&self) {
        self.shared.turn_gate(Gate::Open);
    }

    /// Hands out nothing ever again.
    pub fn close(&self) {
        self.shared.turn_gate(Gate::Closed);
    }

    /// The most urgent key whose pass may start; `None` once the queue is closed.
    pub async fn next(&self) -> Option<Turn<K>> {
        loop {
            // Enabled before looking, or a push between the look and the wait would be missed.
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let wake_at = match self.shared.state().take(Instant::now()) {
                Taken::Closed => return None,
                Taken::Key(key) => return Some(Turn::new(key, &self.shared)),
                Taken::Nothing { until } => until,
            };
            match wake_at {
                Some(at) => tokio::select! { () = changed => {}, () = sleep_until(at) => {} },
                None => changed.await,
            }
        }
    }

    /// How many keys wait and how many passes run; for figures and tests.
    pub fn counts(&self) -> (usize, usize) {
        self.shared.state().line.len()
    }

    /// Whether nothing waits and nothing runs.
    pub fn is_empty(&self) -> bool {
        self.counts() == (0, 0)
    }
}

impl<K: Key> Turn<K> {
    fn new(key: K, shared: &Arc<Shared<K>>) -> Self {
        Self { key, shared: Arc::clone(shared), finished: false }
    }

    /// Whose pass it is.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The pass is over.
    pub fn finish(mut self, next: Next) {
        self.finished = true;
        self.shared.finish(&self.key, next);
    }
}

impl<K: Key> Drop for Turn<K> {
    fn drop(&mut self) {
        if !self.finished {
            let again = Next::At(Instant::now() + AFTER_A_CRASH, Lane::Check);
            self.shared.finish(&self.key, again);
        }
    }
}

impl<K: Key> Shared<K> {
    /// Every change below leaves the state whole, so one that panicked elsewhere spoils nothing.
    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn_gate(&self, gate: Gate) {
        let mut state = self.state();
        if state.gate != Gate::Closed {
            state.gate = gate;
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn finish(&self, key: &K, next: Next) {
        self.state().line.finish(key, next);
        self.changed.notify_waiters();
    }
}

impl<K: Key> State<K> {
    fn take(&mut self, now: Instant) -> Taken<K> {
        match self.gate {
            Gate::Closed => Taken::Closed,
            Gate::Paused => Taken::Nothing { until: None },
            Gate::Open => match self.line.take(now) {
                Some(key) => Taken::Key(key),
                None => Taken::Nothing { until: self.line.next_due() },
            },
        }
    }
}

#[cfg(test)]
mod tests;
