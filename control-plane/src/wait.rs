//! Waits for conditions by polling. No other module of this crate sleeps.

use std::process::{Child, ExitStatus};
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

/// Waits for a process to exit, without a timeout. Calls `report` with the elapsed seconds every `interval`.
pub(crate) fn for_exit(child: &mut Child, interval: Duration, report: impl Fn(u64)) -> Result<ExitStatus> {
    let began = Instant::now();
    let mut next = interval;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if began.elapsed() >= next {
            report(next.as_secs());
            next += interval;
        }
        sleep();
    }
}

#[allow(clippy::disallowed_methods, reason = "blocking on purpose: no runtime runs on these threads")]
fn sleep() {
    std::thread::sleep(POLL_INTERVAL);
}
