//! Number of add-ons that share a budget: the more there are, the longer each waits until its outputs are read again.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

/// Time for which a number of add-ons counts.
const COUNT_TTL: Duration = Duration::from_secs(30);

/// Number of resources of each API, and when it was counted.
#[derive(Default)]
pub(crate) struct OutputsPace(Mutex<HashMap<String, (Duration, usize)>>);

impl OutputsPace {
    /// Returns the number of resources of an API; it is counted again if the last number is too old.
    pub(crate) fn count(&self, api: &str, now: Duration, count: impl FnOnce() -> usize) -> usize {
        let last = self.0.lock().get(api).filter(|(at, _)| *at + COUNT_TTL > now).map(|(_, count)| *count);
        last.unwrap_or_else(|| {
            let count = count();
            self.0.lock().insert(api.to_owned(), (now, count));
            count
        })
    }
}
