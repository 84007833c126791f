//! What `docs/configuration.md` says is what the operator does: places, keys, variables, defaults, and every
//! example.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use clever_operator::config::{self, Document, Format, KnownKeys, OperatorSettings, SearchPaths};

#[test]
fn every_key_stands_there_with_its_variable_and_no_other_does() {
    let rows = rows();
    let known: BTreeSet<String> =
        vocabulary().keys().into_iter().filter(|key| !key.starts_with("apis.")).collect();
    assert_eq!(rows.keys().cloned().collect::<BTreeSet<_>>(), known);
    for (key, (variable, _)) in rows {
        assert_eq!(variable, config::variable(&key));
    }
    let page = page();
    let further = ["apis.clever-cloud.token", "CLEVER_OPERATOR_APIS_CLEVER_CLOUD_TOKEN"];
    assert!(vocabulary().keys().contains(further[0]) && config::variable(further[0]) == further[1]);
    assert!(further.iter().all(|name| page.contains(name)));
}

#[test]
fn every_default_is_the_one_that_holds() {
    let rows = rows();
    for (name, value) in OperatorSettings::default().values() {
        let written = value.unwrap_or_else(|| "API definition".into());
        assert_eq!(rows[&format!("operator.{name}")].1, written, "operator.{name}");
    }
    for switch in clever_operator::cli::built_in().catalog.switches() {
        assert_eq!(rows[&format!("operator.{switch}")].1, "false", "operator.{switch}");
    }
}

#[test]
fn the_places_are_those_that_are_searched_in_their_order() {
    let page = page();
    let listed: Vec<_> = page
        .lines()
        .filter_map(|line| line.split_once(". `")?.1.split_once(".{toml,yaml,json}`"))
        .map(|(path, _)| path)
        .collect();
    let places = SearchPaths { root: "/".into(), home: Some("$HOME".into()), here: ".".into() };
    let searched: Vec<_> =
        places.files().iter().map(|path| path.with_extension("").display().to_string()).collect();
    assert_eq!(
        listed
            .iter()
            .flat_map(|path| [path.to_string(), path.to_string(), path.to_string()])
            .collect::<Vec<_>>(),
        searched
    );
    assert!(page.contains(config::OBJECT_NAME) && page.contains(config::OBJECT_KEY));
}

#[test]
fn every_example_is_taken() {
    let page = page();
    let examples: Vec<_> =
        page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(examples.len(), 3);
    for example in examples {
        let document = Document::parse("docs/configuration.md", example, Format::Toml)
            .unwrap_or_else(|problem| panic!("{problem}\n{example}"));
        config::resolve(&[document], &|_| None, &vocabulary())
            .unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}

/// The rows of the table of keys: each key's variable and default.
fn rows() -> BTreeMap<String, (String, String)> {
    let plain = |cell: &str| cell.trim().trim_matches('`').to_owned();
    let page = page();
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(plain).collect::<Vec<_>>());
    rows.map(|cells| (cells[1].clone(), (cells[2].clone(), cells[3].clone()))).collect()
}

fn vocabulary() -> KnownKeys {
    KnownKeys::of(&clever_operator::cli::built_in().catalog)
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")).unwrap()
}
