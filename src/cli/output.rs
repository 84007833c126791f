//! Standard output.

use std::io::{ErrorKind, Write, stdout};

use anyhow::Result;

/// Prints a text. A reader may close the pipe early.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}
