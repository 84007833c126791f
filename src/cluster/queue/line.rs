//! The line itself, without clock or lock: which key is next, given the time.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::time::Instant;

use super::{Key, Lane, Next};

/// How much waiting an edit is worth: it overtakes every check that has waited less, so no check starves.
const HEAD_START: Duration = Duration::from_secs(30);

/// All that waits or runs.
pub(super) struct Line<K> {
    entries: HashMap<K, Entry>,
    /// Ready keys, most urgent first.
    ready: BTreeSet<(Instant, u64, K)>,
    /// Keys whose time has not come, earliest first.
    later: BTreeSet<(Instant, u64, K)>,
    pushes: u64,
}

#[derive(Default)]
struct Entry {
    running: bool,
    wish: Option<Wish>,
}

/// When a key wants its next pass; there is at most one wish per key.
#[derive(Clone, Copy)]
struct Wish {
    at: Instant,
    lane: Lane,
    number: u64,
}

impl<K> Default for Line<K> {
    fn default() -> Self {
        Self { entries: HashMap::new(), ready: BTreeSet::new(), later: BTreeSet::new(), pushes: 0 }
    }
}

impl<K: Key> Line<K> {
    pub(super) fn want(&mut self, key: K, at: Instant, lane: Lane) {
        let before = self.unwant(&key);
        self.pushes += 1;
        let running = self.entries.get(&key).is_some_and(|entry| entry.running);
        let wish = Wish {
            at: before.map_or(at, |before| before.at.min(at)),
            lane: urgent(before.map(|before| before.lane), lane),
            // The first push keeps its place in the line.
            number: before.map_or(self.pushes, |before| before.number),
        };
        if !running {
            self.later.insert((wish.at, wish.number, key.clone()));
        }
        self.entries.entry(key).or_default().wish = Some(wish);
    }

    /// Drops the wish of a key; a pass that runs goes on.
    pub(super) fn forget(&mut self, key: &K) {
        self.unwant(key);
    }

    fn unwant(&mut self, key: &K) -> Option<Wish> {
        let entry = self.entries.get_mut(key)?;
        let wish = entry.wish.take();
        if !entry.running {
            self.entries.remove(key);
        }
        if let Some(Wish { at, lane, number }) = wish {
            // It stands in one of them, or in neither while a pass runs.
            self.ready.remove(&(rank(at, lane), number, key.clone()));
            self.later.remove(&(at, number, key.clone()));
        }
        wish
    }

    /// The most urgent key, whose pass runs from now on.
    pub(super) fn take(&mut self, now: Instant) -> Option<K> {
        self.ripen(now);
        let (_, _, key) = self.ready.pop_first()?;
        let entry = self.entries.entry(key.clone()).or_default();
        entry.running = true;
        entry.wish = None;
        Some(key)
    }

    /// When the next key becomes due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.later.first().map(|(at, _, _)| *at)
    }

    /// How many keys wait, and how many passes run.
    pub(super) fn len(&self) -> (usize, usize) {
        let running = self.entries.values().filter(|entry| entry.running).count();
        (self.ready.len() + self.later.len(), running)
    }

    /// Moves what has become due into the line.
    fn ripen(&mut self, now: Instant) {
        while let Some((at, number, key)) = self.later.pop_first() {
            if at > now {
                self.later.insert((at, number, key));
                return;
            }
            if let Some(wish) = self.entries.get(&key).and_then(|entry| entry.wish) {
                self.ready.insert((rank(at, wish.lane), number, key));
            }
        }
    }

    pub(super) fn finish(&mut self, key: &K, next: Next) {
        let wish = self.entries.remove(key).and_then(|entry| entry.wish);
        if let Some(wish) = wish {
            self.want(key.clone(), wish.at, wish.lane);
        }
        if let Next::At(at, lane) = next {
            self.want(key.clone(), at, lane);
        }
    }
}

fn urgent(one: Option<Lane>, other: Lane) -> Lane {
    match (one, other) {
        (Some(Lane::Edit), _) | (_, Lane::Edit) => Lane::Edit,
        (Some(Lane::Check) | None, Lane::Check) => Lane::Check,
    }
}

fn rank(at: Instant, lane: Lane) -> Instant {
    match lane {
        Lane::Edit => at,
        Lane::Check => at + HEAD_START,
    }
}
