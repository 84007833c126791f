//! Formats Markdown safely: no text of a catalog can end a cell, tag or code span early.

use serde_json::Value;

/// Formats a table. Cells are Markdown; characters that would end a cell are escaped.
pub(super) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| {
        format!("| {} |\n", cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(" | "))
    };
    let heading = line(&head.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    if rows.is_empty() { rows } else { format!("{heading}|{}\n{rows}\n", "---|".repeat(head.len())) }
}

/// Formats a text as a code span, with any backticks in it.
pub(super) fn code(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("{fence}{text}{fence}") } else { format!("{fence} {text} {fence}") }
}

/// Formats a value as a code span.
pub(super) fn value(value: &Value) -> String {
    code(
        &value.as_str().map_or_else(
            || value.to_string(),
            |text| if text.is_empty() { "\"\"".into() } else { text.into() },
        ),
    )
}

/// Formats sentences of a catalog: outside of code spans, escapes tags and emphasis.
pub(super) fn prose(text: &str) -> String {
    let inside = |(at, part): (usize, &str)| match at % 2 {
        0 => part.replace('<', "&lt;").replace('*', "\\*").replace('_', "\\_"),
        _ => part.to_owned(),
    };
    let parts = text.split('`').enumerate().map(inside).collect::<Vec<_>>();
    parts.join("`").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Joins items as `a`, `a and b`, or `a, b and c`.
pub(super) fn listed(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// Formats a block of YAML.
pub(super) fn yaml(text: &str) -> String {
    format!("```yaml\n{}\n```\n\n", text.trim_end())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_cell_a_span_or_a_sentence_early() {
        assert_eq!(table(&["a"], [vec!["x | y\nz".to_owned()]]), "| a |\n|---|\n| x \\| y z |\n\n");
        assert_eq!(table(&["a"], []), "");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(prose("a <b> `c_<d>` e_f"), "a &lt;b> `c_<d>` e\\_f");
        assert_eq!(listed(&["a", "b", "c"].map(str::to_owned), "or"), "a, b or c");
    }
}
