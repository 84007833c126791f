//! The plan as text for people.

use crate::cli::plan::prose::{self, Summary, printable};
use crate::engine::{ApplyPlan, PlannedAction, PlannedResource};

/// Style of the text.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// True for a terminal.
    pub(super) coloured: bool,
}

/// Renders a plan.
pub(super) fn text(plan: &ApplyPlan, summary: &Summary, style: Style) -> String {
    let blocks: Vec<_> = plan.resources.iter().map(|resource| block(resource, style)).collect();
    let mut text = blocks.join("\n");
    if !blocks.is_empty() {
        text += "\n";
    }
    text += &format!("Plan: {}.\n", summary.counts());
    if let Some(price) = summary.price() {
        text += &format!("Price of a month: {price}.\n");
    }
    if let Some(skipped) = prose::skipped(plan) {
        text += &format!("{}.\n", printable(&skipped));
    }
    for item in &plan.not_checked {
        text += &format!("Not checked: {}\n", printable(item));
    }
    text
}

fn block(resource: &PlannedResource, style: Style) -> String {
    let head = printable(&format!("{} {}", sign(resource.action), prose::title(resource)));
    let verdict = format!("{}: {}", prose::action(resource.action), prose::why(resource));
    let mut lines = vec![format!("    {verdict}")];
    lines.push(format!("    Kubernetes: {}", prose::object(resource.object)));
    lines.extend(resource.fields.iter().map(|change| format!("      {}", prose::field(change))));
    if !resource.differences.is_empty() {
        lines.push("    Differences from the add-on:".to_owned());
        lines.extend(resource.differences.iter().map(|one| format!("      {one}")));
    }
    lines.extend(resource.refusals.iter().map(|why| format!("    Refused: {why}")));
    if !resource.steps.is_empty() {
        lines.push("    The operator:".to_owned());
    }
    for (index, step) in resource.steps.iter().enumerate() {
        lines.push(format!("      {}. {}", index + 1, prose::step(step)));
        lines.extend(prose::body(step).map(|body| format!("         {body}")));
    }
    lines.extend(resource.afterwards.iter().map(|why| format!("      then: {why}")));
    if !matches!(resource.action, PlannedAction::Refused) {
        lines.push(format!("    Price of a month: {}", prose::price_of(resource)));
    }
    lines.extend(resource.notes.iter().map(|note| format!("    Note: {note}")));
    let title = style.paint(resource.action, &head) + &format!("  ({})", printable(&resource.source));
    let lines = lines.iter().map(|line| printable(line));
    std::iter::once(title).chain(lines).collect::<Vec<_>>().join("\n") + "\n"
}

fn sign(action: PlannedAction) -> char {
    match action {
        PlannedAction::Create => '+',
        PlannedAction::Change => '~',
        PlannedAction::Replace => '±',
        PlannedAction::Delete => '-',
        PlannedAction::None => '=',
        PlannedAction::Waits => '*',
        PlannedAction::Refused => '!',
        PlannedAction::Unknown => '?',
    }
}

impl Style {
    fn paint(self, action: PlannedAction, text: &str) -> String {
        let code = match action {
            PlannedAction::Create => "32",
            PlannedAction::Change => "33",
            PlannedAction::Replace | PlannedAction::Delete | PlannedAction::Refused => "31",
            PlannedAction::None => "2",
            PlannedAction::Waits => "36",
            PlannedAction::Unknown => "35",
        };
        if self.coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
