//! Attempts of this process, and the times at which it first saw a value.

use std::time::Duration;

use crate::plan::timing::Now;

/// A value, and when this process first saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen<T> {
    pub(crate) what: T,
    pub(crate) at: Duration,
}

/// An attempt that this process wrote itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) nonce: String,
    /// The time at which the write of the attempt was *started*: the creation window starts here.
    pub(crate) started: Now,
    /// The time at which this process first saw the attempt in the resource: a list counts if it was sent
    /// from here on.
    pub(crate) seen: Option<Duration>,
    /// The one request of this attempt was started.
    pub(crate) spent: bool,
    /// The one request of this attempt may have an effect.
    pub(crate) in_flight: bool,
    /// The value of `unsure` before the request.
    pub(crate) unsure_before: Option<Duration>,
}

impl Own {
    pub(crate) fn new(nonce: &str, started: Now) -> Self {
        let nonce = nonce.to_owned();
        Self { nonce, started, seen: None, spent: false, in_flight: false, unsure_before: None }
    }
}

/// Keeps the time since which something holds, and starts it when it begins to hold.
pub(crate) fn keep(since: &mut Option<Duration>, holds: bool, now: Now) {
    *since = holds.then(|| since.unwrap_or(now.mono));
}

/// Keeps the time of a value that was seen before, and starts a new one for a new value.
pub(crate) fn first_seen<T: Clone + PartialEq>(seen: &mut Option<Seen<T>>, what: Option<&T>, now: Now) {
    if seen.as_ref().map(|seen| &seen.what) != what {
        *seen = what.map(|what| Seen { what: what.clone(), at: now.mono });
    }
}
