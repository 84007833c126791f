//! Checks each row of the error table against the answers that were recorded for it.

use std::collections::BTreeSet;

use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Code, ErrorRow, ErrorTable, Meaning, Recorded};

/// Checks every row.
pub(super) fn check(node: &Node, table: &ErrorTable, problems: &mut Problems) {
    let operations = known_operations(node);
    for (index, (row, at)) in table.rows.iter().zip(node.at("errors").elements()).enumerate() {
        let earlier = table.rows.get(..index).unwrap_or_default();
        if !problems.is_wrong(&at) {
            check_recorded(row, earlier, &at, problems);
        }
        let recorded = [at.at("hits").at("for"), at.at("misses").at("for")];
        for name in at.at("for").elements().iter().chain(recorded.iter().filter(|name| name.exists())) {
            check_operation(name, &operations, problems);
        }
        if row.is == Meaning::Rejected && row.reason.is_none() {
            let help = "Write `reason:`, one word in CamelCase, and `help:` if the user can do something.";
            problems.report(Code::NoReason, &at.at("is"), "this rejection has no reason for the user", help);
        }
    }
}

fn check_recorded(row: &ErrorRow, earlier: &[ErrorRow], at: &Node, problems: &mut Problems) {
    if !fits(row, &row.hits) {
        let message = "the answer does not match its row";
        problems.report(Code::HitsNothing, &at.at("hits").key(), message, why_not(row, &row.hits));
    } else if let Some(first) = earlier.iter().position(|earlier| fits(earlier, &row.hits)) {
        let message = format!("row {} of the table already matches this answer", first + 1);
        let help = "The first matching row applies: move this row up, or restrict that one.";
        problems.report(Code::HitsEarlier, &at.at("hits").key(), message, help);
    }
    if fits(row, &row.misses) {
        let help = "Restrict the row with `for` or `when`, or record an answer with another meaning.";
        let message = "the answer matches the row, but must not";
        problems.report(Code::MissesNothing, &at.at("misses").key(), message, help);
    }
}

fn fits(row: &ErrorRow, answer: &Recorded) -> bool {
    row.status == answer.status
        && concerns(row, answer)
        && row.when.as_ref().is_none_or(|test| test.holds(&answer.body))
}

fn concerns(row: &ErrorRow, answer: &Recorded) -> bool {
    row.only_for.is_empty()
        || answer.operation.as_ref().is_some_and(|operation| row.only_for.contains(operation))
}

fn why_not(row: &ErrorRow, answer: &Recorded) -> String {
    if row.status != answer.status {
        return format!("The row is for status {}, but the answer has status {}.", row.status, answer.status);
    }
    match &answer.operation {
        Some(operation) if !concerns(row, answer) => format!("The row is not for `{operation}`."),
        None if !concerns(row, answer) => {
            "The row is for certain operations: write with `for` which one was answered.".to_owned()
        }
        Some(_) | None => "The body does not match `when`.".to_owned(),
    }
}

fn check_operation(name: &Node, operations: &BTreeSet<String>, problems: &mut Problems) {
    let written = name.text().unwrap_or_default();
    if !operations.contains(written) {
        let help = suggest(written, operations.iter().map(String::as_str));
        problems.report(Code::UnknownOperation, name, format!("there is no operation `{written}`"), help);
    }
}

/// Returns the operations that a row may name. Those of add-ons are excluded: a broken add-on would break the
/// API, and with it all others.
fn known_operations(api: &Node) -> BTreeSet<String> {
    let own = ["operations", "changes", "reads"].into_iter().flat_map(|part| api.at(part).entries());
    let own = own.map(|(name, _)| name.to_owned());
    own.chain(["offers".to_owned(), "exchange".to_owned()]).collect()
}
