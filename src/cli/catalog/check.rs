//! `catalog check [DIR]`: everything that is wrong with a catalog, for people, for programs, or for GitHub's pull requests.

use std::fmt::Write;
use std::io::{IsTerminal, stdout};
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use interpreter::catalog::{self, Problem, Severity, Source};

use crate::cli::{Arguments, print};

/// What is checked, and how it is shown.
#[derive(Debug, Args)]
pub struct Options {
    /// The catalog: a folder with `*.yaml`, or with `apis/*.yaml` and `addons/*.yaml`; else that of `--catalog`, else the one built in
    directory: Option<PathBuf>,
    /// How problems are shown
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// What is as bad as an error
    #[arg(long, value_enum)]
    deny: Option<Denied>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// With the lines that they are about
    Text,
    /// As one array
    Json,
    /// As annotations of a workflow on GitHub
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Denied {
    /// Something is for nothing
    Warnings,
}

/// Shows all problems, and fails if there are any that count.
pub(super) fn check(arguments: &Arguments, options: &Options) -> Result<()> {
    let shelf = arguments.shelf_with(options.directory.as_deref().or(arguments.catalog.as_deref()))?;
    let problems = &shelf.problems;
    match options.format {
        Format::Text => print(&text(problems, &shelf.sources))?,
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(problems)?))?,
        Format::Github => print(&problems.iter().map(annotation).collect::<String>())?,
    }
    let summary = summary(problems, &shelf.catalog);
    let counts = |problem: &Problem| problem.severity == Severity::Error || options.deny == Some(Denied::Warnings);
    if problems.iter().any(counts) {
        bail!(summary);
    }
    match options.format {
        Format::Text => print(&format!("{summary}\n")),
        Format::Json | Format::Github => Ok(()),
    }
}

fn text(problems: &[Problem], sources: &[Source]) -> String {
    let shown = if stdout().is_terminal() { catalog::show_coloured(problems, sources) } else { catalog::show(problems, sources) };
    if shown.is_empty() { shown } else { shown + "\n" }
}

/// What can be used, and how much cannot.
fn summary(problems: &[Problem], catalog: &catalog::Catalog) -> String {
    let of = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    let good = format!("{} and {} can be used", count(catalog.apis.len(), "API"), count(catalog.addons.len(), "kind"));
    let found = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
    let found: Vec<_> = found.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| count(number, word)).collect();
    if found.is_empty() { format!("{good}; nothing is wrong") } else { format!("{}; {good}", found.join(", ")) }
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// A workflow command: GitHub shows it at the line of a pull request.
fn annotation(problem: &Problem) -> String {
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut place = format!("file={},line={},col={}", property(&problem.file), problem.line, problem.column);
    if problem.length > 0 {
        // Writing to a text cannot fail.
        let _ = write!(place, ",endColumn={}", problem.column + problem.length);
    }
    let help = problem.help.iter().map(|help| format!("\n{help}")).collect::<String>();
    format!("::{level} {place},title={}::{}\n", problem.code.name(), message(&format!("{}{help}", problem.message)))
}

/// As GitHub's own toolkit writes the text of a command: it must stay one line.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property, which ends at a comma.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
