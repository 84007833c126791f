//! Waits for conditions by polling. No other module of this crate sleeps.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Time after which a wait fails; long enough for machines that are busy with a build.
const TIMEOUT: Duration = Duration::from_secs(180);

/// Polls until `poll` returns a value.
///
/// # Errors
/// Fails if `poll` fails, or after `TIMEOUT`.
pub(crate) fn until<T>(condition: &str, mut poll: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = poll()? {
            return Ok(found);
        }
        if began.elapsed() > TIMEOUT {
            bail!("timed out after {} s waiting until {condition}", TIMEOUT.as_secs());
        }
        sleep();
    }
}

#[allow(clippy::disallowed_methods, reason = "blocking on purpose: no runtime runs on these threads")]
fn sleep() {
    std::thread::sleep(POLL_INTERVAL);
}
