//! The report as a table: the outcome of each resource, what differs, and what blocks the migration.

use std::fmt::Write as _;

use crate::cli::takeover::report::Report;
use crate::engine::{Found, Outcome, Prospect};

/// Renders the report.
pub(super) fn table(report: &Report) -> String {
    let mut text = rows(&report.survey.resources);
    let differing = report
        .survey
        .resources
        .iter()
        .filter(|one| matches!(one.outcome, Outcome::Differs | Outcome::Changes));
    text += &list(
        "Differences from the spec:",
        &differing.map(|one| format!("{}: {}", title(one), one.message)).collect::<Vec<_>>(),
    );
    text += &list("Blocks the migration:", &report.in_the_way);
    text += &list("Not checked:", &report.survey.unseen);
    text
}

/// Returns kind and name, as `kubectl` takes them.
pub(super) fn title(one: &Prospect) -> String {
    match one.namespace.as_str() {
        "" => format!("{} {}", one.kind, one.name),
        namespace => format!("{} {namespace}/{}", one.kind, one.name),
    }
}

fn rows(resources: &[Prospect]) -> String {
    if resources.is_empty() {
        return "There are no resources to take over.\n".to_owned();
    }
    let head = ["RESOURCE", "ADD-ON", "FOUND BY", "OUTCOME", "REASON"].map(str::to_owned);
    let row = |one: &Prospect| {
        let addon = one.addon.clone().unwrap_or_else(|| "-".to_owned());
        [title(one), addon, found(one.found).to_owned(), outcome(one.outcome).to_owned(), one.reason.clone()]
    };
    let rows: Vec<_> = std::iter::once(head).chain(resources.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (0..4).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        text += &row[4];
        text.push('\n');
    }
    text
}

fn list(title: &str, items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
    if items.is_empty() { items } else { format!("\n{title}\n{items}") }
}

fn found(found: Found) -> &'static str {
    match found {
        Found::Record => "record",
        Found::Status => "status",
        Found::Name => "name",
        Found::Nowhere => "-",
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::GoesOn => "unchanged",
        Outcome::Differs => "left as is",
        Outcome::Stalls => "stalls",
        Outcome::Unknown => "unknown",
        Outcome::Makes => "created",
        Outcome::Changes => "updated",
        Outcome::Deletes => "deleted",
    }
}
