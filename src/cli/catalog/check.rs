//! `catalog check [PATH]...`: shows all problems of a catalog, for people, for programs, or for GitHub's pull
//! requests.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use interpreter::catalog::{Problem, Severity};

use crate::cli::options::GlobalOptions;
use crate::cli::output::{print, shown};

/// Options of `catalog check`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Check this catalog: its files, or a folder with `*.yaml`, or with `apis/*.yaml` and `addons/*.yaml`;
    /// default: `--catalog`, or the built-in catalog
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Show problems in this format
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Treat these problems as errors
    #[arg(long, value_enum)]
    deny: Option<Denied>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Print text, with the lines of the catalog
    Text,
    /// Print one JSON array
    Json,
    /// Print annotations for a GitHub workflow
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Denied {
    /// Deny warnings, such as an unused definition
    Warnings,
}

/// Shows all problems, those of kinds that this version does not manage included, and returns an error if any of
/// them counts as one.
pub(super) fn check(options: &GlobalOptions, command: &Command) -> Result<()> {
    let named = command.paths.as_slice();
    let loaded =
        options.load_catalog_with(if named.is_empty() { options.catalog.as_slice() } else { named })?;
    let not_managed: Vec<_> = loaded.not_managed().collect();
    let kinds = loaded.catalog.addons.len() - not_managed.len();
    let mut problems = [loaded.problems.clone(), not_managed].concat();
    problems.sort();
    let problems = &problems;
    match command.format {
        Format::Text if problems.is_empty() => (),
        Format::Text => print(&format!("{}\n", shown(problems, &loaded.sources)))?,
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(problems)?))?,
        Format::Github => print(&problems.iter().map(annotation).collect::<String>())?,
    }
    let summary = summary(problems, loaded.catalog.apis.len(), kinds);
    let counts =
        |problem: &Problem| problem.severity == Severity::Error || command.deny == Some(Denied::Warnings);
    if problems.iter().any(counts) {
        bail!(summary);
    }
    match command.format {
        Format::Text => print(&format!("{summary}\n")),
        Format::Json | Format::Github => Ok(()),
    }
}

/// Counts the valid entries and the problems.
fn summary(problems: &[Problem], apis: usize, kinds: usize) -> String {
    let of = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    let good = format!("{} and {} are valid", count(apis, "API"), count(kinds, "kind"));
    let found = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
    let found: Vec<_> = found
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| count(number, word))
        .collect();
    if found.is_empty() {
        format!("{good}; no problems found")
    } else {
        format!("{}; {good}", found.join(", "))
    }
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// Formats a workflow command, which GitHub shows at the line of a pull request.
fn annotation(problem: &Problem) -> String {
    let level = problem.severity.name();
    let mut place = format!("file={},line={},col={}", property(&problem.file), problem.line, problem.column);
    if problem.length > 0 {
        // Writing to a text cannot fail.
        let _ = write!(place, ",endColumn={}", problem.column + problem.length);
    }
    let help = problem.help.iter().map(|help| format!("\n{help}")).collect::<String>();
    format!(
        "::{level} {place},title={}::{}\n",
        problem.code.name(),
        message(&format!("{}{help}", problem.message))
    )
}

/// Escapes the text of a command as GitHub's toolkit does: it must stay one line.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property, which ends at a comma.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
