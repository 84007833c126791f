//! What docs/helm.md and the notes after an installation say. The page's table of values is made of the
//! comments in `values.yaml`.

use std::fs;

use serde_json::Value;

use super::values::{leaves, table};
use harness::Helm;
use harness::helm::{CHART, values_file};

const PAGE: &str = "docs/helm.md";
/// What stands after it is made here.
const TABLE: &str = "## Values\n\n";

#[test]
fn the_page_lists_the_values_as_they_are_commented() {
    let page = fs::read_to_string(PAGE).unwrap();
    let written = page.split_once(TABLE).unwrap().0;
    let wanted = format!("{written}{TABLE}{}", rows());
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(PAGE, &wanted).unwrap();
    }
    harness::same(&wanted, &fs::read_to_string(PAGE).unwrap(), PAGE);
}

#[test]
fn every_value_is_commented_or_stands_in_one_that_is() {
    let commented: Vec<_> = comments().into_iter().map(|(path, _)| path).collect();
    for leaf in leaves() {
        let is_commented =
            commented.iter().any(|path| leaf == *path || leaf.starts_with(&format!("{path}.")));
        assert!(is_commented, "charts/clever-operator/values.yaml says nothing of `{leaf}`");
    }
}

#[test]
fn the_notes_say_what_to_do_next() {
    for (number, row) in table("notes").iter().enumerate() {
        let file = values_file(&format!("notes-{number}"), &row["values"]);
        let arguments = [
            "install",
            "operator",
            CHART,
            "--namespace",
            "home",
            "--dry-run=client",
            "--values",
            file.to_str().unwrap(),
        ];
        for helm in [Helm::V4, Helm::V3] {
            let said = helm.run(&arguments).unwrap();
            let notes = said.split_once("NOTES:\n").unwrap().1;
            let words = |field: &str| {
                row[field]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|word| word.as_str().unwrap().to_owned())
                    .collect::<Vec<_>>()
            };
            for word in words("says") {
                assert!(notes.contains(&word), "{}: `{word}` is not in\n{notes}", row["values"]);
            }
            for word in words("silent") {
                assert!(!notes.contains(&word), "{}: `{word}` is in\n{notes}", row["values"]);
            }
        }
    }
}

/// The table: a row for every value with a comment.
fn rows() -> String {
    let values: Value = serde_yaml::from_str(&text()).unwrap();
    let comments = comments();
    let mut table = "| value | default | |\n|---|---|---|\n".to_owned();
    for (path, comment) in &comments {
        let is_parent = comments.iter().any(|(other, _)| other.starts_with(&format!("{path}.")));
        let default = match is_parent {
            true => "–".to_owned(),
            false => format!("`{}`", values.pointer(&format!("/{}", path.replace('.', "/"))).unwrap()),
        };
        table.push_str(&format!("| `{path}` | {default} | {} |\n", comment.replace('|', "\\|")));
    }
    table
}

/// The values that stand below a comment, and what it says, in their order.
fn comments() -> Vec<(String, String)> {
    let (mut comments, mut pending, mut path) = (Vec::new(), Vec::new(), Vec::<(usize, String)>::new());
    for line in text().lines() {
        let indent = line.len() - line.trim_start().len();
        if let Some(comment) = line.trim_start().strip_prefix('#') {
            pending.push(comment.trim().to_owned());
        } else if let Some((key, _)) =
            line.trim_start().split_once(':').filter(|(key, _)| !key.starts_with('-'))
        {
            path.retain(|(depth, _)| *depth < indent);
            path.push((indent, key.to_owned()));
            if !pending.is_empty() {
                let name = path.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join(".");
                comments.push((name, std::mem::take(&mut pending).join(" ")));
            }
        } else {
            // A comment that stands apart is about the file.
            pending.clear();
        }
    }
    comments
}

fn text() -> String {
    fs::read_to_string(format!("{CHART}/values.yaml")).unwrap()
}
