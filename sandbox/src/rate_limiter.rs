//! A rate limiter with a sliding window for each key.

use std::collections::{HashMap, VecDeque};

use crate::settings::RateLimit;
use crate::time::Millis;

/// The times of recent requests, by key.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter(HashMap<String, VecDeque<Millis>>);

impl RateLimiter {
    /// Counts a request and returns true if the limit allows it.
    pub(crate) fn try_acquire(&mut self, key: String, limit: Option<RateLimit>, now: Millis) -> bool {
        let Some(RateLimit { requests, per }) = limit else {
            return true;
        };
        let recent = self.0.entry(key).or_default();
        while recent.front().is_some_and(|time| time.saturating_add(per) <= now) {
            recent.pop_front();
        }
        if recent.len() >= requests {
            return false;
        }
        recent.push_back(now);
        true
    }
}
