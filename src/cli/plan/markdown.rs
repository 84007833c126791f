//! The plan as Markdown, for a comment in a review: a table, and the details of each resource folded below it.

use crate::cli::plan::prose::{self, Summary, printable};
use crate::engine::{ApplyPlan, PlannedAction, PlannedResource};

/// Renders a plan.
pub(super) fn markdown(plan: &ApplyPlan, summary: &Summary) -> String {
    let mut text = format!("**Plan:** {}.\n", summary.counts());
    if !plan.resources.is_empty() {
        text += "\n| resource | add-on | reason | price of a month |\n|---|---|---|---|\n";
    }
    for resource in &plan.resources {
        text += &row([
            &prose::title(resource),
            prose::action(resource.action),
            &prose::why(resource),
            &prose::price_of(resource),
        ]);
    }
    let has_details =
        |one: &&PlannedResource| one.changes() || one.fails() || one.action == PlannedAction::Waits;
    for resource in plan.resources.iter().filter(has_details) {
        text += &details(resource);
    }
    let price = summary.price().map(|price| format!("Price of a month: {price}."));
    let skipped = prose::skipped(plan).map(|skipped| format!("{skipped}."));
    let not_checked = plan.not_checked.iter().map(|item| format!("Not checked: {item}"));
    for line in price.into_iter().chain(skipped).chain(not_checked) {
        text += &format!("\n{}\n", plain(&line));
    }
    text
}

fn details(resource: &PlannedResource) -> String {
    let title = plain(&prose::title(resource));
    let mut lines = vec![format!("- Kubernetes: {}", prose::object(resource.object))];
    lines.extend(resource.fields.iter().map(|change| format!("  - {}", code(&prose::field(change)))));
    lines.extend(resource.differences.iter().map(|one| format!("- Difference: {}", plain(one))));
    lines.extend(resource.refusals.iter().map(|why| format!("- Refused: {}", plain(why))));
    for (index, step) in resource.steps.iter().enumerate() {
        let line = match &step.request {
            Some(_) => code(&prose::step(step)),
            None => plain(&prose::step(step)),
        };
        let body = prose::body(step).map(|body| format!(" {}", code(&body))).unwrap_or_default();
        lines.push(format!("{}. {line}{body}", index + 1));
    }
    lines.extend(resource.afterwards.iter().map(|why| format!("- Then: {}", plain(why))));
    lines.extend(resource.notes.iter().map(|note| format!("- Note: {}", plain(note))));
    format!(
        "\n<details><summary>{}: {title}</summary>\n\n{}\n\n</details>\n",
        prose::action(resource.action),
        lines.join("\n")
    )
}

fn row(cells: [&str; 4]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| plain(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Returns a text on one line, without characters that Markdown or HTML reads as structure. They are written as
/// character references, which Markdown and the HTML of a summary both read as text.
fn plain(text: &str) -> String {
    let escape = |letter: char| match letter {
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '&' => "&amp;".to_owned(),
        // The space without width keeps a review from notifying a user of this name.
        '@' => "&#64;&#8203;".to_owned(),
        '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '|' | '~' => format!("&#{};", u32::from(letter)),
        letter => letter.to_string(),
    };
    printable(text).chars().map(escape).collect()
}

/// Returns a text as code on one line, within a fence longer than any in the text.
fn code(text: &str) -> String {
    let text = printable(text);
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_manifest_is_text_alone() {
        assert_eq!(plain("![a](b) `c` <d>\u{1b}[0m"), "&#33;&#91;a&#93;(b) &#96;c&#96; &lt;d&gt; &#91;0m");
        assert_eq!(
            plain("a|b @c & *d* _e_ \\"),
            "a&#124;b &#64;&#8203;c &amp; &#42;d&#42; &#95;e&#95; &#92;"
        );
        assert_eq!(code("a ``b``"), "``` a ``b`` ```");
    }
}
