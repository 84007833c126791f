//! Pace at which outputs are read again: the more add-ons share a budget, the longer each waits.

use std::collections::HashMap;
use std::time::Duration;

use interpreter::plan::outputs_interval;
use parking_lot::Mutex;

use crate::engine::context::Engine;

/// Time for which a number of add-ons counts.
const COUNT_TTL: Duration = Duration::from_secs(30);

/// Number of resources of each API, and when it was counted.
#[derive(Default)]
pub(crate) struct OutputsPace(Mutex<HashMap<String, (Duration, usize)>>);

impl Engine {
    /// Returns the interval at which the outputs of an add-on of this API are read again. All resources of the API
    /// count, whatever their credentials.
    pub(super) fn outputs_interval(&self, api: &str, poll_interval: Duration, per_second: u32) -> Duration {
        let now = self.clock.now().mono;
        let counted = self
            .outputs_pace
            .0
            .lock()
            .get(api)
            .filter(|(at, _)| *at + COUNT_TTL > now)
            .map(|(_, count)| *count);
        let count = counted.unwrap_or_else(|| {
            let count = self.of_api(api).iter().map(|controller| controller.len()).sum();
            self.outputs_pace.0.lock().insert(api.to_owned(), (now, count));
            count
        });
        let interval = outputs_interval(poll_interval, count, per_second);
        self.telemetry.metrics.outputs_interval(api, interval);
        interval
    }
}
