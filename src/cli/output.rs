//! Standard output, and tables for it.

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
