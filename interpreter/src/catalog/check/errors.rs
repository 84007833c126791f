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
            let help = "Write `reason:`, one word in CamelCase, and `help:` where the user can do something.";
            problems.report(Code::NoReason, &at.at("is"), "this refusal says nothing to the user", help);
        }
    }
}

fn check_recorded(row: &ErrorRow, earlier: &[ErrorRow], at: &Node, problems: &mut Problems) {
    if !fits(row, &row.hits) {
        let message = "this answer does not fit its row";
        problems.report(Code::HitsNothing, &at.at("hits").key(), message, why_not(row, &row.hits));
    } else if let Some(first) = earlier.iter().position(|earlier| fits(earlier, &row.hits)) {
        let message = format!("row {} of the table takes this answer before", first + 1);
        let help = "The first row that fits counts: move this one up, or make that one narrower.";
        problems.report(Code::HitsEarlier, &at.at("hits").key(), message, help);
    }
    if fits(row, &row.misses) {
        let help = "Narrow the row with `for` or `when`, or record an answer that means something else.";
        problems.report(
            Code::MissesNothing,
            &at.at("misses").key(),
            "this answer fits the row, and must not",
            help,
        );
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
        return format!("The row is about status {}, the answer has {}.", row.status, answer.status);
    }
    match &answer.operation {
        Some(operation) if !concerns(row, answer) => format!("The row is not about `{operation}`."),
        None if !concerns(row, answer) => {
            "The row is about some operations: say with `for` what was answered.".to_owned()
        }
        Some(_) | None => "The body is not what `when` wants.".to_owned(),
    }
}

fn check_operation(name: &Node, operations: &BTreeSet<String>, problems: &mut Problems) {
    let written = name.text().unwrap_or_default();
    if !operations.contains(written) {
        let help = suggest(written, operations.iter().map(String::as_str));
        problems.report(
            Code::UnknownOperation,
            name,
            format!("nothing that is sent is called `{written}`"),
            help,
        );
    }
}

/// Returns the operations that a row may name. Those of add-ons are excluded: a broken add-on would break the
/// API, and with it all others.
fn known_operations(api: &Node) -> BTreeSet<String> {
    let own = ["operations", "changes", "reads"].into_iter().flat_map(|part| api.at(part).entries());
    let own = own.map(|(name, _)| name.to_owned());
    own.chain(["offers".to_owned(), "exchange".to_owned()]).collect()
}
