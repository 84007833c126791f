//! How long things take, and how long to wait. Only durations: what they are counted from stands where they are used.

use std::time::Duration;

/// The waits of one operator; every process of it must use the same ones.
///
/// The promise behind `settle`: what was done at the cloud shows in a list sent this long after the last byte of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A creation may be sent only this long after the write of its attempt was started.
    pub fence: Duration,
    /// A request is given up after this long: its last byte is sent by then, or never.
    pub request: Duration,
    /// What was done at the cloud is in a list that is sent this much later.
    pub settle: Duration,
    /// A settled add-on is looked for in the list this often.
    pub check: Duration,
    /// What was read to compare an add-on with its spec is good for this long.
    pub observed: Duration,
    /// A change that is under way is looked at this often.
    pub follow: Duration,
    /// The shortest pause between two looks at something that is under way.
    pub look: Duration,
    /// The first pause after trouble that passes by itself; doubled each time.
    pub retry_first: Duration,
    /// The longest pause after trouble that passes by itself.
    pub retry_last: Duration,
    /// The first pause after a refusal that stays until somebody does something; doubled each time.
    pub slow_first: Duration,
    /// The longest pause after such a refusal.
    pub slow_last: Duration,
}

impl Timing {
    /// How long somebody else's attempt must have been known before its absence from a list says anything.
    pub fn wait(&self) -> Duration {
        self.fence + self.request + self.settle
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            fence: Duration::from_secs(20),
            request: Duration::from_secs(30),
            settle: Duration::from_secs(60),
            check: Duration::from_secs(600),
            observed: Duration::from_secs(6 * 3600),
            follow: Duration::from_secs(10),
            look: Duration::from_secs(2),
            retry_first: Duration::from_secs(1),
            retry_last: Duration::from_secs(300),
            slow_first: Duration::from_secs(60),
            slow_last: Duration::from_secs(3600),
        }
    }
}

/// One moment, by both clocks of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Since the process started; never jumps, but may stand still while the machine sleeps.
    pub mono: Duration,
    /// Milliseconds since 1970; may jump, but does not stand still.
    pub wall: i64,
}

impl Now {
    /// Whether less than `limit` has passed since `then` by *both* clocks.
    ///
    /// A wall clock that went backwards says nothing, so it counts as too late.
    pub fn within(&self, limit: Duration, then: Now) -> bool {
        let wall = u64::try_from(self.wall.saturating_sub(then.wall)).map(Duration::from_millis);
        self.mono.saturating_sub(then.mono) < limit && wall.is_ok_and(|passed| passed < limit)
    }
}
