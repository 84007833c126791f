//! The schedule behind the work queue, without clock or lock: decides which key is next, given the time.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

use crate::priority::Priority;

/// Head start of an edit: it overtakes every check that has waited less, so no check starves.
const EDIT_HEAD_START: Duration = Duration::from_secs(30);

/// When an object is reconciled next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// When something happens to it.
    AwaitChange,
    /// At this instant, unless something happens before.
    At(Instant, Priority),
}

/// A key of the work queue.
pub(crate) trait QueueKey: Clone + Eq + Hash + Ord + Send + 'static {}

impl<K: Clone + Eq + Hash + Ord + Send + 'static> QueueKey for K {}

/// All keys that are queued or being reconciled.
pub(super) struct Schedule<K> {
    entries: HashMap<K, Entry>,
    /// Keys that are due, most urgent first.
    ready: BTreeSet<(Instant, u64, K)>,
    /// Keys that are not due yet, earliest first.
    delayed: BTreeSet<(Instant, u64, K)>,
    pushes: u64,
}

#[derive(Default)]
struct Entry {
    running: bool,
    request: Option<Request>,
}

/// When a key is to be reconciled next; there is at most one request per key.
#[derive(Clone, Copy)]
struct Request {
    at: Instant,
    priority: Priority,
    number: u64,
}

impl<K> Default for Schedule<K> {
    fn default() -> Self {
        Self { entries: HashMap::new(), ready: BTreeSet::new(), delayed: BTreeSet::new(), pushes: 0 }
    }
}

impl<K: QueueKey> Schedule<K> {
    pub(super) fn push(&mut self, key: K, at: Instant, priority: Priority) {
        let before = self.take_request(&key);
        self.pushes += 1;
        let running = self.entries.get(&key).is_some_and(|entry| entry.running);
        let request = Request {
            at: before.map_or(at, |before| before.at.min(at)),
            priority: most_urgent(before.map(|before| before.priority), priority),
            // The first push keeps its place in the queue.
            number: before.map_or(self.pushes, |before| before.number),
        };
        if !running {
            self.delayed.insert((request.at, request.number, key.clone()));
        }
        self.entries.entry(key).or_default().request = Some(request);
    }

    fn take_request(&mut self, key: &K) -> Option<Request> {
        let entry = self.entries.get_mut(key)?;
        let request = entry.request.take();
        if !entry.running {
            self.entries.remove(key);
        }
        if let Some(Request { at, priority, number }) = request {
            // The key is in one of the two sets, or in neither while it is being reconciled.
            self.ready.remove(&(rank(at, priority), number, key.clone()));
            self.delayed.remove(&(at, number, key.clone()));
        }
        request
    }

    /// Takes the most urgent key, which counts as running from now on.
    pub(super) fn pop(&mut self, now: Instant) -> Option<K> {
        self.promote_due(now);
        let (_, _, key) = self.ready.pop_first()?;
        let entry = self.entries.entry(key.clone()).or_default();
        entry.running = true;
        entry.request = None;
        Some(key)
    }

    /// Returns when the next key becomes due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.delayed.first().map(|(at, _, _)| *at)
    }

    /// Returns how many keys are queued, and how many are being reconciled.
    pub(super) fn len(&self) -> (usize, usize) {
        let running = self.entries.values().filter(|entry| entry.running).count();
        (self.ready.len() + self.delayed.len(), running)
    }

    fn promote_due(&mut self, now: Instant) {
        while let Some((at, number, key)) = self.delayed.pop_first() {
            if at > now {
                self.delayed.insert((at, number, key));
                return;
            }
            if let Some(request) = self.entries.get(&key).and_then(|entry| entry.request) {
                self.ready.insert((rank(at, request.priority), number, key));
            }
        }
    }

    /// Ends the reconciliation of a key and queues it again as requested meanwhile and by `next`.
    pub(super) fn done(&mut self, key: &K, next: Next) {
        let request = self.entries.remove(key).and_then(|entry| entry.request);
        if let Some(request) = request {
            self.push(key.clone(), request.at, request.priority);
        }
        if let Next::At(at, priority) = next {
            self.push(key.clone(), at, priority);
        }
    }
}

fn most_urgent(one: Option<Priority>, other: Priority) -> Priority {
    match (one, other) {
        (Some(Priority::User), _) | (_, Priority::User) => Priority::User,
        (Some(Priority::Background) | None, Priority::Background) => Priority::Background,
    }
}

fn rank(at: Instant, priority: Priority) -> Instant {
    match priority {
        Priority::User => at,
        Priority::Background => at + EDIT_HEAD_START,
    }
}
