//! Standard output, with tables and problems for it.

use std::io::{ErrorKind, IsTerminal, Write, stdout};

use anyhow::Result;
use clap::ValueEnum;
use interpreter::catalog::{self, Problem, Source};

/// The output format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// Print a table for people
    Table,
    /// Print one JSON object for programs
    Json,
}

/// Prints a text. A reader may close the pipe early.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Formats problems with the lines that they are about, coloured for a terminal.
pub(super) fn shown(problems: &[Problem], sources: &[Source]) -> String {
    let show = if stdout().is_terminal() { catalog::show_coloured } else { catalog::show };
    show(problems, sources)
}

/// Formats a table whose columns are aligned; the last one is not padded.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (1..N).map(|column| width(column - 1)).chain([0]).collect();
    let line = |row: &[String; N]| {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ") + "\n"
    };
    rows.iter().map(line).collect()
}
