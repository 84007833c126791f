//! The operator does what `docs/configuration.md` says: places, keys, variables, defaults, and every
//! example.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use clever_operator::cli::{self, LoadedCatalog};
use clever_operator::config::{self, Config, Document, Format, KnownKeys, OperatorSettings, SearchPaths};
use secrecy::ExposeSecret;

static BUILT_IN: LazyLock<LoadedCatalog> = LazyLock::new(cli::built_in);

/// A value for each key, other than its default.
const OTHER_VALUES: [(&str, &str); 20] = [
    ("api.endpoint", "https://api.example.com"),
    ("api.organisation", "orga_1"),
    ("api.token", "another-token"),
    ("api.secret", "another-secret"),
    ("api.consumerKey", "another-key"),
    ("api.consumerSecret", "another-consumer-secret"),
    ("operator.listen", "127.0.0.1:9000"),
    ("operator.pollInterval", "7m"),
    ("operator.watchNamespaces", "team-a"),
    ("operator.endpoints", "https://api.example.com"),
    ("operator.deletionPolicy", "retain"),
    ("operator.marks", "all"),
    ("operator.drift", "report"),
    ("operator.requestTimeout", "7s"),
    ("operator.creationWindow", "7s"),
    ("operator.listLag", "7s"),
    ("operator.absenceTime", "7m"),
    ("operator.lease.duration", "17s"),
    ("operator.lease.renewDeadline", "7s"),
    ("operator.lease.retry", "1s"),
];

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
}

#[test]
fn every_setting_has_a_row_and_every_row_a_setting() {
    let settings = OperatorSettings::default().values().map(|(name, _)| name.to_owned());
    let settings: BTreeSet<String> = settings.into_iter().map(|name| format!("operator.{name}")).collect();
    let listed: BTreeSet<String> = rows().into_keys().filter(|key| key.starts_with("operator.")).collect();
    assert_eq!(listed, settings);
}

#[test]
fn every_key_of_the_table_changes_its_setting_and_no_other() {
    let before = settings(&resolve(""));
    for key in rows().into_keys() {
        let (table, name) = key.split_once('.').unwrap();
        let (_, value) = OTHER_VALUES
            .into_iter()
            .find(|(other, _)| *other == key)
            .unwrap_or_else(|| panic!("OTHER_VALUES has no value for `{key}`"));
        let after = settings(&resolve(&format!("[{table}]\n{name} = \"{value}\"")));
        let changed: Vec<_> = before.keys().filter(|setting| before[*setting] != after[*setting]).collect();
        assert_eq!(changed, [&key]);
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
    assert_eq!(examples.len(), 6);
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

/// The configuration of this TOML alone.
fn resolve(toml: &str) -> Config {
    let document = Document::parse("config.toml", toml, Format::Toml).expect("TOML");
    config::resolve(&[document], &|_| None, &vocabulary()).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

/// Every setting with its value, by the key that sets it.
fn settings(config: &Config) -> BTreeMap<String, Option<String>> {
    let operator = config.operator.values().map(|(name, value)| (format!("operator.{name}"), value));
    let apis = config.apis.iter().flat_map(|(name, api)| {
        let names = vocabulary().credentials(name).map(str::to_owned).collect::<Vec<_>>();
        let credentials = names.into_iter().map(|name| {
            let value = api.credentials.get(&name).map(|secret| secret.expose_secret().to_owned());
            (format!("api.{name}"), value)
        });
        let shared = [
            ("api.endpoint".to_owned(), api.endpoint.clone()),
            ("api.organisation".to_owned(), api.organisation.clone()),
        ];
        shared.into_iter().chain(credentials).collect::<Vec<_>>()
    });
    operator.into_iter().chain(apis).collect()
}

fn vocabulary() -> KnownKeys {
    KnownKeys::of(&BUILT_IN.catalog)
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")).unwrap()
}
