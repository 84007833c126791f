//! The pages for people hold all that they are made of, and are Markdown that reads as it was meant.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use interpreter::catalog::{self, Catalog, Code, SCHEMA, Source};
use interpreter::docs;
use interpreter::plan::Reason;
use serde_json::Value;

#[test]
fn every_key_of_the_schema_stands_in_the_reference() {
    let (_, sources) = built_in();
    let page = docs::format(&sources);
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut missing = BTreeSet::new();
    for (part, rule) in schema["$defs"].as_object().unwrap() {
        let heading = match part.as_str() {
            "api" => "## An API\n".to_owned(),
            "addon" => "## An add-on\n".to_owned(),
            part => format!("### Part `{part}`\n"),
        };
        let section = page.split_once(&heading).unwrap_or_else(|| panic!("no section for {part}")).1;
        let end = section.find(if part == "api" {
            "\n## An add-on"
        } else if part == "addon" {
            "\n## Parts"
        } else {
            "\n##"
        });
        let section = &section[..end.unwrap_or(section.len())];
        missing.extend(
            keys(rule, "")
                .into_iter()
                .filter(|key| !section.contains(&format!("`{key}`")))
                .map(|key| format!("{part}: {key}")),
        );
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_key_is_explained() {
    let (_, sources) = built_in();
    let rows = docs::format(&sources);
    let silent: Vec<_> = rows
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter(|line| cells(line)[1..].iter().any(|cell| cell.is_empty()))
        .collect();
    assert!(
        silent
            .iter()
            .all(|line| cells(line).len() == 4 && cells(line)[3].is_empty() && !cells(line)[2].is_empty()),
        "{silent:#?}"
    );
}

#[test]
fn every_diagnostic_and_every_reason_is_listed() {
    let (catalog, sources) = built_in();
    let (format, index) = (docs::format(&sources), docs::index(&catalog));
    for code in Code::ALL {
        assert!(format.contains(&format!("| `{}` |", code.name())), "{}", code.name());
    }
    for reason in Reason::ALL {
        assert!(index.contains(&format!("| `{reason}` |")) && reason.meaning().ends_with('.'), "{reason}");
    }
}

#[test]
fn every_field_secret_key_and_column_stands_on_its_page() {
    let (catalog, _) = built_in();
    for addon in catalog.addons.values() {
        let page = docs::kind(addon);
        let fields =
            addon.fields.iter().filter(|field| !field.path.is_empty()).map(|field| field.path.join("."));
        let outputs = addon
            .ready
            .outputs
            .iter()
            .cloned()
            .chain(addon.binding.iter().flat_map(|binding| binding.entries.values().cloned()));
        for name in fields.chain(outputs) {
            assert!(page.contains(&format!("| `{name}` |")), "{}: {name}", addon.name);
        }
        for example in &addon.examples {
            assert!(page.contains(&format!("name: {}", example.name)), "{}", addon.name);
        }
    }
}

#[test]
fn every_table_has_as_many_cells_in_each_row() {
    let (catalog, sources) = built_in();
    let pages = catalog
        .addons
        .values()
        .map(|addon| docs::kind(addon))
        .chain([docs::index(&catalog), docs::format(&sources)]);
    for page in pages {
        let mut width = None;
        for line in outside_code(&page) {
            match (line.starts_with('|'), width) {
                (true, Some(width)) => assert_eq!(cells(line).len(), width, "{line}"),
                (true, None) => width = Some(cells(line).len()),
                (false, _) => width = None,
            }
        }
    }
}

/// The paths of all keys below a rule that no other part describes.
fn keys(rule: &Value, path: &str) -> Vec<String> {
    if rule.get("$ref").is_some() {
        return Vec::new();
    }
    let dot = if path.is_empty() { "" } else { "." };
    let own = rule["properties"].as_object().into_iter().flatten().flat_map(|(key, below)| {
        let path = format!("{path}{dot}{key}");
        [vec![path.clone()], keys(below, &path)].concat()
    });
    own.chain(keys_of_items(rule, path)).collect()
}

fn keys_of_items(rule: &Value, path: &str) -> Vec<String> {
    if rule["items"].is_object() { keys(&rule["items"], &format!("{path}[]")) } else { Vec::new() }
}

/// The cells of a row; an escaped bar ends none.
fn cells(line: &str) -> Vec<String> {
    let bar = "\u{1}";
    line.replace("\\|", bar)
        .trim_matches('|')
        .split('|')
        .map(|cell| cell.replace(bar, "|").trim().to_owned())
        .collect()
}

fn outside_code(page: &str) -> impl Iterator<Item = &str> {
    page.split("```").step_by(2).flat_map(str::lines)
}

fn built_in() -> (Catalog, Vec<Source>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources = Vec::new();
    for part in ["catalog/apis", "catalog/addons"] {
        let mut paths: Vec<_> =
            fs::read_dir(root.join(part)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let source = |path: &std::path::PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            Source { path: path.strip_prefix(root).unwrap().display().to_string(), text }
        };
        sources.extend(paths.iter().map(source));
    }
    (catalog::load(&sources).catalog, sources)
}
