//! Schedule of a resource, read from its annotations and its status.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;

use crate::plan::{PAUSED, POLL_INTERVAL, RECONCILE_REQUESTED_AT, Schedule};

/// The field of the status that names the last request to reconcile which was handled.
pub(super) const LAST_HANDLED: &str = "lastHandledReconcileAt";

/// The shortest interval at which a user may have a resource compared with the cloud.
const POLL_INTERVAL_MIN: Duration = Duration::from_secs(10);
/// The longest one.
const POLL_INTERVAL_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// The longest request to reconcile: the status repeats it.
const REQUEST_MAX_LEN: usize = 256;

/// Request of a user to reconcile at once, and the time at which this process first saw it.
#[derive(Default)]
pub(super) struct ReconcileRequest(Option<(String, Duration)>);

impl ReconcileRequest {
    /// Returns the time at which this process first saw the request, if it is not handled yet.
    pub(super) fn saw(&mut self, open: Option<&String>, now: Duration) -> Option<Duration> {
        let open = open?;
        match &self.0 {
            Some((seen, at)) if seen == open => Some(*at),
            Some(_) | None => {
                self.0 = Some((open.clone(), now));
                Some(now)
            }
        }
    }
}

/// Returns what these annotations set, without the time of a request.
pub(super) fn schedule(annotations: Option<&BTreeMap<String, String>>) -> Schedule {
    let value = |name| annotations.and_then(|all| all.get(name)).map(String::as_str);
    let (paused, unclear) = match value(PAUSED) {
        None | Some("false") => (false, None),
        Some("true") => (true, None),
        Some(_) => (true, Some(format!("the annotation `{PAUSED}` must be `true` or `false`"))),
    };
    let interval = value(POLL_INTERVAL).map(|text| poll_interval(text).ok_or_else(invalid_interval));
    let (poll_interval, invalid) = match interval {
        Some(Ok(interval)) => (Some(interval), None),
        Some(Err(problem)) => (None, Some(problem)),
        None => (None, None),
    };
    let long = value(RECONCILE_REQUESTED_AT).filter(|request| request.len() > REQUEST_MAX_LEN).map(|_| {
        format!("the annotation `{RECONCILE_REQUESTED_AT}` must have at most {REQUEST_MAX_LEN} bytes")
    });
    Schedule { paused, requested: None, poll_interval, problem: unclear.or(invalid).or(long) }
}

/// Returns the request to reconcile that the annotations name.
pub(super) fn requested(annotations: Option<&BTreeMap<String, String>>) -> Option<&String> {
    annotations?.get(RECONCILE_REQUESTED_AT).filter(|request| request.len() <= REQUEST_MAX_LEN)
}

/// Returns true when the status says that this request was handled.
pub(super) fn is_handled(status: &Value, request: &str) -> bool {
    status[LAST_HANDLED].as_str() == Some(request)
}

fn poll_interval(text: &str) -> Option<Duration> {
    let interval = Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()?;
    (POLL_INTERVAL_MIN..=POLL_INTERVAL_MAX).contains(&interval).then_some(interval)
}

fn invalid_interval() -> String {
    format!("the annotation `{POLL_INTERVAL}` must be a duration between `10s` and `7d`, such as `30m`")
}
