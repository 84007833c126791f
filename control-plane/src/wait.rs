//! Waiting for conditions, never for a length of time. The only place of this crate that sleeps.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How long anything may take before it counts as broken: generous, for machines that are busy with a build.
const TIMEOUT: Duration = Duration::from_secs(180);

/// Looks until `look` finds something, and gives up at once when `look` fails.
pub(crate) fn until<T>(condition: &str, mut poll: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = poll()? {
            return Ok(found);
        }
        if began.elapsed() > TIMEOUT {
            bail!("waited {} s in vain until {condition}", TIMEOUT.as_secs());
        }
        sleep();
    }
}

/// Waits for the end of a process however long it takes, and calls `say` with the seconds gone by each `interval`.
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
