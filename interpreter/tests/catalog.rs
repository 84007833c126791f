//! Loads catalogs: the product's own, and one case for each kind of problem.
//!
//! A case is a folder in `catalog/`: `edit.txt` says what is changed in the good files of `catalog/base`,
//! `expected.txt` what is then said. Files in `added/` are a second layer over the others.
//! `UPDATE_EXPECTED=1` rewrites what is expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use interpreter::catalog::{
    Addon, Code, Loaded, Problem, SCHEMA, Scheme, Severity, Source, load, load_over, show,
};
use interpreter::catalog_update::{missing_features, not_managed};
use interpreter::simulate::{Trial, attempt};
use serde_json::Value;

#[test]
fn the_products_catalog_has_no_problem() {
    let loaded = load_folders(&["../catalog"]);
    assert_eq!(loaded.catalog.addons.len(), 19);
}

#[test]
fn the_flat_kinds_alone_are_optional() {
    let catalog = load_folders(&["../catalog"]).catalog;
    let optional = catalog.addons.values().filter(|addon| addon.optional).map(|addon| addon.name.as_str());
    assert_eq!(optional.collect::<BTreeSet<_>>(), BTreeSet::from(["flat-postgresql", "flat-redis"]));
}

#[test]
fn the_format_can_say_a_cloud_of_tokens_for_tokens_and_names_that_users_choose() {
    let loaded = load_folders(&["../tests/catalogs/scalingo"]);
    let addon = &loaded.catalog.addons["scalingo-postgresql"];
    assert!(!addon.api.identity.adopts);
    assert_eq!(addon.api.endpoints.hosts.len(), 3);
    assert_eq!(addon.collections["firewall"].same.len(), 3);
    let Scheme::Exchange { by: Some(by), needs, .. } = &addon.api.auth[0].scheme else {
        panic!("{:?}", addon.api.auth)
    };
    assert!(
        matches!(by.as_ref(), Scheme::Basic { user: None, password: Some(token) } if token == "token" && needs == std::slice::from_ref(token))
    );
}

#[test]
fn the_format_can_say_a_plain_service_in_few_lines() {
    let loaded = load_folders(&["../tests/catalogs/crud"]);
    let addon = &loaded.catalog.addons["shelf"];
    assert!(addon.outputs.is_none() && addon.secret.keys.is_none());
}

#[test]
fn the_files_that_cases_edit_have_no_problem() {
    load_folders(&["tests/catalog/base"]);
}

#[test]
fn every_case_is_reported_as_expected() {
    let cases = cases();
    let failed: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(failed.is_empty(), "{} of {} cases:\n\n{}", failed.len(), cases.len(), failed.join("\n\n"));
}

/// What is told when entries change has its cases in `catalog_update/`. That they are told is for the tests
/// of each folder.
#[test]
fn every_kind_of_problem_has_a_case() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folders = ["catalog", "catalog_update"]
        .into_iter()
        .flat_map(|folder| fs::read_dir(tests.join(folder)).unwrap());
    let expected =
        folders.filter_map(|folder| fs::read_to_string(folder.unwrap().path().join("expected.txt")).ok());
    let expected: String = expected.collect();
    let without: Vec<_> = Code::ALL
        .iter()
        .map(|code| code.name())
        .filter(|code| !expected.contains(&format!("[{code}]")))
        .collect();
    assert!(without.is_empty(), "no case for {}", without.join(", "));
    assert!(Code::ALL.len() >= 40 && cases().len() >= 60);
}

#[test]
fn every_code_is_listed_once_and_in_order() {
    let names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
}

#[test]
fn whatever_line_is_missing_the_other_entries_stay() {
    let good = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog"));
    let (apis, addons): (Vec<_>, Vec<_>) =
        good.into_iter().partition(|source| source.path.starts_with("apis/"));
    // One neighbour stands for all others, or this would load the whole catalog once for each of its lines.
    for (source, neighbour) in addons.iter().zip(addons.iter().cycle().skip(1)) {
        let beside: Vec<_> = apis.iter().chain([neighbour]).cloned().collect();
        let others: BTreeSet<String> = load(&beside).catalog.addons.into_keys().collect();
        let whole: Vec<_> = beside.iter().chain([source]).cloned().collect();
        let all: BTreeSet<String> = load(&whole).catalog.addons.into_keys().collect();
        assert_eq!((others.len(), all.len()), (1, 2));
        for missing in 0..source.text.lines().count() {
            let text = source
                .text
                .lines()
                .enumerate()
                .filter(|(line, _)| *line != missing)
                .map(|(_, line)| format!("{line}\n"))
                .collect();
            let mut sources = beside.clone();
            sources.push(Source { text, ..source.clone() });
            let loaded = load(&sources);
            let left: BTreeSet<String> = loaded.catalog.addons.keys().cloned().collect();
            let told = loaded
                .problems
                .iter()
                .any(|problem| problem.file == source.path && problem.severity == Severity::Error);
            assert!(left.is_superset(&others), "{} without line {}: {left:?}", source.path, missing + 1);
            assert!(left == all || told, "{} without line {}: nothing is said", source.path, missing + 1);
        }
    }
}

#[test]
fn the_formats_schema_is_one_and_explains_every_key() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let mut unexplained = Vec::new();
    collect_unexplained(&schema, &schema, "", &mut unexplained);
    assert!(unexplained.is_empty(), "no description: {}", unexplained.join(", "));
}

fn collect_unexplained(schema: &Value, part: &Value, path: &str, unexplained: &mut Vec<String>) {
    let Some(object) = part.as_object() else { return };
    for (key, property) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let definition = property["$ref"].as_str().and_then(|name| schema.pointer(name.strip_prefix('#')?));
        let explained =
            [Some(property), definition].into_iter().flatten().any(|part| part["description"].is_string());
        if !explained && property.get("const").is_none() {
            unexplained.push(format!("{path}/{key}"));
        }
    }
    for (key, below) in object {
        collect_unexplained(schema, below, &format!("{path}/{key}"), unexplained);
    }
}

/// Loads folders that must be without a problem, warnings included.
fn load_folders(folders: &[&str]) -> Loaded {
    let all = |folder: &&str| sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let sources: Vec<Source> = folders.iter().flat_map(all).collect();
    let loaded = load(&sources);
    assert!(loaded.problems.is_empty(), "{}", show(&loaded.problems, &sources));
    loaded
}

fn load_layers(sources: &[Source]) -> Loaded {
    let (added, built_in): (Vec<_>, Vec<_>) =
        sources.iter().cloned().partition(|source| source.path.starts_with("added/"));
    if added.is_empty() { load(&built_in) } else { load_over(&built_in, &added) }
}

fn check(case: &Path) -> Result<(), String> {
    let sources = edited(case);
    let loaded = tried(&sources);
    let kept = loaded.catalog.apis.keys().chain(loaded.catalog.addons.keys()).cloned().collect::<Vec<_>>();
    let shown = format!("{}\nleft in the catalog: {}\n", show(&loaded.problems, &sources), kept.join(", "));
    let expected = case.join("expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&expected, &shown).unwrap();
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    let name = case.file_name().unwrap().to_string_lossy();
    if shown == wanted { Ok(()) } else { Err(format!("{name}: expected\n{wanted}\nbut found\n{shown}")) }
}

/// Loads a catalog, tries its examples, and looks for kinds that this version does not manage.
fn tried(sources: &[Source]) -> Loaded {
    let mut loaded = load_layers(sources);
    for (addon, example) in loaded
        .catalog
        .addons
        .values()
        .flat_map(|addon| addon.examples.iter().map(move |example| (addon, example)))
    {
        if let Trial::Tried(problems) = attempt(addon, example) {
            loaded.problems.extend(problems);
        }
    }
    if loaded.problems.is_empty() {
        loaded.problems =
            loaded.catalog.addons.values().filter_map(|addon| unmanaged(addon, &loaded, sources)).collect();
    }
    loaded
}

/// The message about a kind that this version does not manage.
fn unmanaged(addon: &Addon, loaded: &Loaded, sources: &[Source]) -> Option<Problem> {
    let source = sources.iter().find(|source| source.path == loaded.files[&addon.name])?;
    let missing = missing_features(addon);
    let why = format!("this version does not support {}", missing.join(", "));
    (!missing.is_empty()).then(|| not_managed(source, &why))
}

fn cases() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog");
    let mut cases: Vec<_> = fs::read_dir(all)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("edit.txt").exists())
        .collect();
    cases.sort();
    cases
}

/// The good files with a case's edits: after a line `@ file`, each run of `-` lines is replaced by the `+`
/// lines that follow it.
///
/// `-` lines must stand in the file exactly once; without any, the `+` lines go to its end. A file that is
/// not there is new.
fn edited(case: &Path) -> Vec<Source> {
    let mut sources = sources(&case.parent().unwrap().join("base"));
    let edits = fs::read_to_string(case.join("edit.txt")).unwrap();
    for file in edits.split("@ ").skip(1) {
        let (path, lines) = file.split_once('\n').unwrap();
        if !sources.iter().any(|source| source.path == path) {
            sources.push(Source { path: path.to_owned(), text: String::new() });
        }
        let source = sources.iter_mut().find(|source| source.path == path).unwrap();
        apply(&mut source.text, lines, case);
    }
    sources
}

fn apply(text: &mut String, lines: &str, case: &Path) {
    let mut lines = lines.lines().peekable();
    while lines.peek().is_some() {
        let mut run = |sign: char| {
            let mut taken = String::new();
            while let Some(line) = lines.next_if(|line| line.starts_with(sign)) {
                taken += &format!("{}\n", line.get(1..).unwrap());
            }
            taken
        };
        let (old, new) = (run('-'), run('+'));
        assert!(!(old.is_empty() && new.is_empty()), "{}: a line is neither `-` nor `+`", case.display());
        if old.is_empty() {
            text.push_str(&new);
        } else {
            assert_eq!(text.matches(&old).count(), 1, "{}: {old} must be there once", case.display());
            *text = text.replacen(&old, &new, 1);
        }
    }
}

fn sources(root: &Path) -> Vec<Source> {
    let source = |path: &PathBuf| Source {
        path: path.strip_prefix(root).unwrap().display().to_string(),
        text: fs::read_to_string(path).unwrap(),
    };
    yaml_files(root).iter().map(source).collect()
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    files
}
