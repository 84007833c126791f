//! The monotonic and the wall clock. The engine reads time only here.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use interpreter::plan::Now;

/// Both clocks; the monotonic one counts from the start of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// Starts the monotonic clock.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Returns the current time of both clocks.
    pub(crate) fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: self.started.elapsed(), wall: i64::try_from(wall.as_millis()).unwrap_or(i64::MAX) }
    }

    /// Returns the time left until `moment`; zero when it has passed.
    pub(crate) fn until(&self, moment: Duration) -> Duration {
        moment.saturating_sub(self.started.elapsed())
    }
}
