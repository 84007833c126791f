//! The two clocks of this process. The only place of the engine where time is read.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use interpreter::plan::Now;
use jiff::Timestamp;

/// The clocks, counted from the start of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// Starts counting.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// This moment, by both clocks.
    pub(crate) fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: self.started.elapsed(), wall: i64::try_from(wall.as_millis()).unwrap_or(i64::MAX) }
    }

    /// This moment, as Kubernetes writes it.
    pub(crate) fn stamp(&self) -> String {
        Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// How long it is until `moment`.
    pub(crate) fn until(&self, moment: Duration) -> Duration {
        moment.saturating_sub(self.started.elapsed())
    }
}
