//! Runs commands of Go, and shows on stderr that they go on.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::tail;

/// Time between two reports: on a terminal, where a report replaces the one before, and elsewhere.
const TERMINAL_INTERVAL: Duration = Duration::from_secs(2);
const LOG_INTERVAL: Duration = Duration::from_secs(30);

/// Runs a command, and passes each line of its stderr to `state`, which also goes to `log`. Reports `state`
/// every few seconds.
///
/// # Errors
/// Fails if the command does. The message contains the end of the log.
pub(crate) fn run<S>(
    command: &mut Command,
    log: &Path,
    state: &mut S,
    observe: impl Fn(&mut S, &str),
    report: impl Fn(&S, Duration) -> String,
) -> Result<()> {
    let began = Instant::now();
    let mut reports = Reports::new();
    let mut child = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run `go`: install Go 1.26 or newer and add it to PATH")?;
    let stderr = child.stderr.take().context("stderr is not piped")?;
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(stderr).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    let mut copy = File::create(log)?;
    loop {
        match lines.recv_timeout(reports.interval) {
            Ok(line) => {
                writeln!(copy, "{line}")?;
                observe(state, &line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        reports.show(|| report(state, began.elapsed()));
    }
    reports.end();
    let status = child.wait()?;
    if !status.success() {
        bail!("`{}` failed ({status}):\n{}", shown(command), tail(log));
    }
    Ok(())
}

/// Prints a line of progress.
pub(crate) fn progress(message: &str) {
    eprintln!("control-plane: {message}");
}

/// Reports at intervals.
struct Reports {
    terminal: bool,
    interval: Duration,
    last: Instant,
    /// A report stands on the terminal, without the end of its line.
    open: bool,
}

impl Reports {
    fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let interval = if terminal { TERMINAL_INTERVAL } else { LOG_INTERVAL };
        Reports { terminal, interval, last: Instant::now(), open: false }
    }

    fn show(&mut self, message: impl FnOnce() -> String) {
        if self.last.elapsed() < self.interval {
            return;
        }
        self.last = Instant::now();
        if self.terminal {
            // Carriage return, and clear to the end of the line.
            eprint!("\r\x1b[Kcontrol-plane: {}", message());
            self.open = true;
        } else {
            progress(&message());
        }
    }

    fn end(&mut self) {
        if self.open {
            eprintln!();
        }
    }
}

fn shown(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(command.get_program().to_string_lossy()).chain(arguments).collect::<Vec<_>>().join(" ")
}
