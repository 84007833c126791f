//! The pause after a cloud answered "too many requests". Pure: time and random factor are parameters.

use std::time::Duration;

use tokio::time::Instant;

/// The first pause, if the cloud requests none.
const PAUSE_INITIAL: Duration = Duration::from_secs(1);

/// Maximum of a pause that grows by itself.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Maximum of a requested pause: a header must not stop an account for a day.
const REQUESTED_PAUSE_MAX: Duration = Duration::from_secs(15 * 60);

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
    /// Returns the remaining time of the pause.
    pub(super) fn remaining(&self, now: Instant) -> Option<Duration> {
        self.last.map(|last| last.end.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }

    /// Starts a pause of at least the requested length, or extends the running one; `jitter` (0 to 1) adds up
    /// to a half.
    ///
    /// Responses during a pause belong to requests sent before it: they do not make it grow.
    pub(super) fn extend(&mut self, now: Instant, requested: Option<Duration>, jitter: f64) {
        let requested = requested.unwrap_or_default().min(REQUESTED_PAUSE_MAX);
        let length = if self.remaining(now).is_some() { requested } else { requested.max(self.grown(now)) };
        let end = now + length.mul_f64(1.0 + jitter / 2.0);
        if self.last.is_none_or(|last| last.end < end) {
            self.last = Some(Last { end, length });
        }
    }

    /// Returns twice the last pause, unless as long a calm followed it.
    fn grown(&self, now: Instant) -> Duration {
        match self.last {
            Some(last) if now < last.end + last.length => (last.length * 2).clamp(PAUSE_INITIAL, PAUSE_MAX),
            Some(_) | None => PAUSE_INITIAL,
        }
    }
}
