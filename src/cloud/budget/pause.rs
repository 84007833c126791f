//! How long to leave a cloud alone that said it was asked too often. Plain data: time and chance are given.

use std::time::Duration;

use tokio::time::Instant;

/// The first pause, where the cloud names none.
const FIRST: Duration = Duration::from_secs(1);

/// The longest pause that grows by itself.
const LONGEST: Duration = Duration::from_secs(60);

/// The longest pause that is granted on request: a header must not stop an account for a day.
const LONGEST_ASKED: Duration = Duration::from_secs(15 * 60);

/// The pause of one account, running or over.
#[derive(Debug, Default)]
pub(super) struct Pause {
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    end: Instant,
    length: Duration,
}

impl Pause {
    /// What is left of it.
    pub(super) fn remaining(&self, now: Instant) -> Option<Duration> {
        self.last.map(|last| last.end.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }

    /// Begins a pause, of at least what was asked for, or prolongs the running one; by up to a half more by chance (0 to 1).
    ///
    /// Complaints during a pause come from requests sent before it: they do not make it grow.
    pub(super) fn extend(&mut self, now: Instant, asked: Option<Duration>, chance: f64) {
        let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
        let length = if self.remaining(now).is_some() { asked } else { asked.max(self.grown(now)) };
        let end = now + length.mul_f64(1.0 + chance / 2.0);
        if self.last.is_none_or(|last| last.end < end) {
            self.last = Some(Last { end, length });
        }
    }

    /// Twice the last, unless it was followed by as long a calm.
    fn grown(&self, now: Instant) -> Duration {
        match self.last {
            Some(last) if now < last.end + last.length => (last.length * 2).clamp(FIRST, LONGEST),
            Some(_) | None => FIRST,
        }
    }
}
