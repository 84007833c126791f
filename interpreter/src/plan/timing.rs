//! Timeouts and intervals. Only durations: the time from which each is counted is given where it is used.

use std::time::Duration;

/// Number of poll intervals after which outputs are read again: each read is a request of its own, whereas one list
/// compares all add-ons of an account.
const POLLS: u32 = 3;
/// Shortest interval of these reads.
const OUTPUTS_MIN: Duration = Duration::from_secs(300);
/// Share of a budget that these reads may use: one in this number of its requests.
const SHARE: u64 = 5;

/// Timeouts and intervals of one operator; every process of it must use the same ones.
///
/// `list_lag` assumes that a list shows the effect of a request if it is sent this long after the
/// last byte of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Creation window: a creation may be sent only this long after the write of its attempt was started.
    pub creation_window: Duration,
    /// Timeout of a request: its last byte is sent by then, or never.
    pub request: Duration,
    /// List lag: a list that is sent this much later shows the effect of a request.
    pub list_lag: Duration,
    /// Absence time: the time for which lists must lack an add-on before they prove that it is gone, if the cloud
    /// acknowledged no deletion of it.
    pub absence_time: Duration,
    /// Poll interval: the time between two lists that check an add-on in sync.
    pub poll_interval: Duration,
    /// The time for which lists and marks say whose an add-on is: another operator may take it at any moment.
    pub recent: Duration,
    /// The time for which reads of the add-on are valid for the comparison with its spec.
    pub observed: Duration,
    /// The time after which the outputs are read again.
    pub outputs: Duration,
    /// The time between two reads of a change in progress.
    pub follow: Duration,
    /// The shortest pause between two reads of anything in progress.
    pub look: Duration,
    /// The first pause after a passing failure; doubled each time.
    pub retry_first: Duration,
    /// The longest pause after a passing failure.
    pub retry_last: Duration,
    /// The first pause after a refusal that lasts until the user or an administrator acts; doubled each time.
    pub slow_first: Duration,
    /// The longest pause after such a refusal.
    pub slow_last: Duration,
}

impl Timing {
    /// The time for which another process's attempt must have been known before its absence from a list
    /// counts.
    pub fn wait(&self) -> Duration {
        self.creation_window + self.request + self.list_lag
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            creation_window: Duration::from_secs(20),
            request: Duration::from_secs(30),
            list_lag: Duration::from_secs(60),
            absence_time: Duration::from_secs(15 * 60),
            poll_interval: Duration::from_secs(600),
            recent: Duration::from_secs(120),
            observed: Duration::from_secs(6 * 3600),
            outputs: Duration::from_secs(30 * 60),
            follow: Duration::from_secs(10),
            look: Duration::from_secs(2),
            retry_first: Duration::from_secs(1),
            retry_last: Duration::from_secs(300),
            slow_first: Duration::from_secs(60),
            slow_last: Duration::from_secs(3600),
        }
    }
}

/// Returns the interval at which outputs are read again if this number of add-ons shares a budget of so many requests
/// per second: a fifth of it is enough for all.
pub fn outputs_interval(poll_interval: Duration, addons: usize, per_second: u32) -> Duration {
    let addons = u64::try_from(addons).unwrap_or(u64::MAX);
    let needed = addons.saturating_mul(SHARE) / u64::from(per_second.max(1));
    poll_interval.saturating_mul(POLLS).max(OUTPUTS_MIN).max(Duration::from_secs(needed))
}

/// Returns milliseconds since 1970 as a time of the day, for messages.
pub(crate) fn utc(millis: i64) -> String {
    let seconds = millis.div_euclid(1000).rem_euclid(24 * 3600);
    format!("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A moment, by both clocks of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Time since the process started; never jumps, but may stand still while the machine sleeps.
    pub mono: Duration,
    /// Milliseconds since 1970; may jump, but does not stand still.
    pub wall: i64,
}

impl Now {
    /// Returns true when less than `limit` has passed since `then` by *both* clocks.
    ///
    /// A wall clock that went backwards proves nothing, so it counts as too late.
    pub fn within(&self, limit: Duration, then: Now) -> bool {
        let wall = u64::try_from(self.wall.saturating_sub(then.wall)).map(Duration::from_millis);
        self.mono.saturating_sub(then.mono) < limit && wall.is_ok_and(|passed| passed < limit)
    }
}
