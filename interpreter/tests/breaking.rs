//! What a change of an entry breaks: `breaking/cases.yaml` says what is edited, `breaking/expected.txt` what
//! breaks, this way and back. `UPDATE_EXPECTED=1 cargo test -p interpreter --test breaking` writes the latter
//! anew.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use interpreter::catalog::{Addon, Severity, Source, load, show};
use interpreter::crd::{Breaking, acknowledgement, breaking};
use serde_json::Value;

#[test]
fn a_change_says_what_it_breaks() {
    let base = [source("api.yaml"), source("addon.yaml")];
    let before = addon(&base);
    let cases: Vec<Value> = serde_yaml::from_str(&source("cases.yaml").text).unwrap();
    let mut seen = String::new();
    for case in &cases {
        let after = addon(&edited(&base, case));
        writeln!(seen, "{}", case["title"].as_str().unwrap()).unwrap();
        for (way, changes) in [("there", breaking(&before, &after)), ("back", breaking(&after, &before))] {
            tell(&mut seen, way, &changes);
        }
        seen.push('\n');
    }
    let expected = folder().join("expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&expected, &seen).unwrap();
    }
    assert!(seen == fs::read_to_string(expected).unwrap_or_default(), "not as expected; it is:\n{seen}");
}

#[test]
fn what_stays_as_it_is_breaks_nothing() {
    let catalog = load(&[source("api.yaml"), source("addon.yaml")]).catalog;
    assert!(catalog.addons.values().all(|addon| breaking(addon, addon).is_empty()));
}

fn tell(seen: &mut String, way: &str, changes: &[Breaking]) {
    if changes.is_empty() {
        writeln!(seen, "  {way}: nothing").unwrap();
        return;
    }
    writeln!(seen, "  {way}: {}", acknowledgement(changes)).unwrap();
    for change in changes {
        writeln!(
            seen,
            "    {} ({})",
            change.says,
            if change.path.is_empty() { "the whole".to_owned() } else { change.path.join(".") }
        )
        .unwrap();
    }
}

fn edited(base: &[Source], case: &Value) -> Vec<Source> {
    let mut sources = base.to_vec();
    let file = case["file"].as_str().unwrap_or("addon.yaml");
    let text = &mut sources.iter_mut().find(|source| source.path == file).unwrap().text;
    for edit in case["edits"].as_array().unwrap() {
        let (old, new) = (edit[0].as_str().unwrap(), edit[1].as_str().unwrap());
        assert_eq!(text.matches(old).count(), 1, "{}: {old} must be there once", case["title"]);
        *text = text.replacen(old, new, 1);
    }
    sources
}

fn addon(sources: &[Source]) -> Arc<Addon> {
    let loaded = load(sources);
    let wrong = loaded.problems.iter().any(|problem| problem.severity == Severity::Error);
    assert!(!wrong, "{}", show(&loaded.problems, sources));
    loaded.catalog.addons.into_values().next().unwrap()
}

fn source(name: &str) -> Source {
    Source { path: name.to_owned(), text: fs::read_to_string(folder().join(name)).unwrap() }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/breaking")
}
