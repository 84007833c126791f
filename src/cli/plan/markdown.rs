//! The plan as Markdown, for a comment in a review: a table, and the details of each resource folded below it.

use crate::cli::plan::prose::{self, Summary};
use crate::engine::{ApplyPlan, PlannedResource};

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
    for resource in plan.resources.iter().filter(|one| one.changes() || one.fails()) {
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

/// Returns a text on one line, without characters that Markdown or HTML reads as structure.
fn plain(text: &str) -> String {
    let escape = |letter: char| match letter {
        '|' => "\\|".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        letter if letter.is_control() => " ".to_owned(),
        letter => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Returns a text as code on one line, within a fence longer than any in the text.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}
