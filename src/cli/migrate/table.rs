//! The report as a table: the outcome of each resource, what differs, and what blocks the migration.

use crate::cli::output;
use crate::engine::{Assignment, ExpectedOutcome, FoundBy, MigrationReport, ResourceReport};

/// Renders the report, and the problems that block the migration.
pub(super) fn table(report: &MigrationReport, blockers: &[String]) -> String {
    let mut text = rows(&report.resources);
    let differing = report
        .resources
        .iter()
        .filter(|one| matches!(one.outcome, ExpectedOutcome::LeftAsIs | ExpectedOutcome::Updated));
    text += &list(
        "Differences from the spec:",
        &differing.map(|one| format!("{}: {}", title(one), one.message)).collect::<Vec<_>>(),
    );
    text += &list("Problems that block the migration:", blockers);
    text += &assignments(&report.assignments);
    text += &list("Notices:", &report.notices);
    text += &list("Not checked:", &report.not_checked);
    text
}

/// Renders the block of the configuration that assigns the add-ons, ready to be pasted.
fn assignments(all: &[Assignment]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let line = |one: &Assignment| {
        let is_contested = all.iter().filter(|other| other.addon == one.addon).count() > 1;
        let (mark, why) =
            if is_contested { ("# ", "  # several resources name it: keep one line") } else { ("", "") };
        format!("{mark}{} = {}{why}\n", quoted(&one.addon), quoted(&one.resource))
    };
    let lines: String = all.iter().map(line).collect();
    format!(
        "\nThe configuration that assigns the add-ons which only a status names; keep the lines that you can confirm:\n\n[operator.adoption.addons]\n{lines}"
    )
}

/// Returns kind and name, as `kubectl` takes them.
pub(super) fn title(resource: &ResourceReport) -> String {
    match resource.namespace.as_str() {
        "" => format!("{} {}", resource.kind, resource.name),
        namespace => format!("{} {namespace}/{}", resource.kind, resource.name),
    }
}

fn rows(resources: &[ResourceReport]) -> String {
    if resources.is_empty() {
        return "The cluster has no resources to migrate.\n".to_owned();
    }
    let head = ["RESOURCE", "ADD-ON", "FOUND BY", "OUTCOME", "REASON"].map(str::to_owned);
    let row = |resource: &ResourceReport| {
        let addon = resource.addon.clone().unwrap_or_else(|| "-".to_owned());
        [
            title(resource),
            addon,
            found_by(resource.found_by).to_owned(),
            outcome(resource.outcome).to_owned(),
            resource.reason.clone(),
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(resources.iter().map(row)).collect();
    output::table(&rows)
}

fn list(title: &str, items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
    if items.is_empty() { items } else { format!("\n{title}\n{items}") }
}

fn found_by(found_by: FoundBy) -> &'static str {
    match found_by {
        FoundBy::Record => "record",
        FoundBy::Status => "status",
        FoundBy::Name => "name",
        FoundBy::Nothing => "-",
    }
}

fn outcome(outcome: ExpectedOutcome) -> &'static str {
    match outcome {
        ExpectedOutcome::Unchanged => "unchanged",
        ExpectedOutcome::LeftAsIs => "left as is",
        ExpectedOutcome::Stalls => "stalls",
        ExpectedOutcome::Unknown => "unknown",
        ExpectedOutcome::Created => "created",
        ExpectedOutcome::Updated => "updated",
        ExpectedOutcome::Deleted => "deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_add_on_that_several_resources_name_is_assigned_to_none_of_them() {
        let assignment = |addon: &str, name: &str| Assignment {
            addon: addon.to_owned(),
            resource: format!("database shop/{name}"),
        };
        let all = [assignment("a-1", "orders"), assignment("a-2", "one"), assignment("a-2", "two")];
        let block = assignments(&all);
        let lines: Vec<_> = block.lines().skip_while(|line| !line.starts_with('[')).collect();
        let expected = [
            "[operator.adoption.addons]",
            r#""a-1" = "database shop/orders""#,
            r#"# "a-2" = "database shop/one"  # several resources name it: keep one line"#,
            r#"# "a-2" = "database shop/two"  # several resources name it: keep one line"#,
        ];
        assert_eq!(lines, expected);
        assert_eq!(assignments(&[]), "");
    }
}
