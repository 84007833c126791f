//! What an editor makes of the catalog's schema, by the language server that editors run: what is underlined,
//! completed and explained.
//!
//! Each folder of `tests/editor/cases/` is a case: `*.yaml` is open in the editor, `‸` in it is the cursor,
//! `expected.txt` is what is shown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use interpreter::catalog::{self, Code, Source};
use serde_json::Value;
use server::Server;

const CURSOR: char = '‸';

#[test]
fn the_files_of_every_catalog_open_without_a_complaint() {
    let mut server = Server::start();
    let folders = [
        "catalog/apis",
        "catalog/addons",
        "examples/your-first-kind/catalog",
        "tests/catalogs/crud",
        "tests/catalogs/scalingo",
    ];
    let files: Vec<_> = folders.iter().flat_map(|folder| yaml_files(Path::new(folder))).collect();
    assert!(files.len() > 20);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# yaml-language-server: $schema="), "{} names no schema", file.display());
        let problems = server.open(&file, &text);
        assert!(problems.is_empty(), "{}: {problems:#?}", file.display());
    }
}

#[test]
fn mistakes_are_underlined_and_keys_and_values_are_completed_and_explained() {
    let mut server = Server::start();
    let mut cases: Vec<_> = fs::read_dir("tests/editor/cases")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() > 5);
    for case in cases {
        let shown = yaml_files(&case).iter().map(|file| show(&mut server, &case, file)).collect::<String>();
        let expected = case.join("expected.txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &shown).unwrap();
        }
        assert_eq!(
            shown,
            fs::read_to_string(&expected).unwrap_or_default(),
            "{} (if this is right: UPDATE_EXPECTED=1)",
            case.display()
        );
    }
}

/// A case, as if it lay in the catalog, for there its first line finds the schema.
fn show(server: &mut Server, case: &Path, file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let place = Path::new("catalog/addons").join(format!("{}.yaml", case.file_name().unwrap().display()));
    let mut problems = server.open(&place, &text.replace(CURSOR, ""));
    problems.sort_by_key(|problem| (at(problem), problem["message"].to_string()));
    let mut shown = String::new();
    for problem in &problems {
        let (line, column) = at(problem);
        writeln!(shown, "{}:{}: {}", line + 1, column + 1, problem["message"].as_str().unwrap()).unwrap();
    }
    agree(file, &text.replace(CURSOR, ""), &problems);
    let Some(before) = text.split_once(CURSOR).map(|(before, _)| before) else { return shown };
    let cursor = (
        before.lines().count() - usize::from(!before.ends_with('\n')),
        before.lines().next_back().map_or(0, |line| line.chars().count()),
    );
    for item in server.complete(&place, cursor) {
        let about =
            item["documentation"]["value"].as_str().or(item["documentation"].as_str()).unwrap_or_default();
        writeln!(shown, "completes {}: {}", item["label"].as_str().unwrap(), about.replace('\n', " "))
            .unwrap();
    }
    for line in
        server.hover(&place, cursor).lines().filter(|line| !line.is_empty() && !line.starts_with("Source: "))
    {
        writeln!(shown, "explains {line}").unwrap();
    }
    shown
}

/// The editor and the operator find the same lines wrong, as far as the schema can tell.
fn agree(file: &Path, text: &str, problems: &[Value]) {
    let loaded = catalog::load(&[Source { path: file.display().to_string(), text: text.to_owned() }]);
    let shape = [Code::UnknownKey, Code::MissingKey, Code::WrongType, Code::NotAllowed, Code::Malformed];
    let said: BTreeSet<_> = loaded
        .problems
        .iter()
        .filter(|problem| shape.contains(&problem.code))
        .map(|problem| problem.line as u64)
        .collect();
    let underlined: BTreeSet<_> = problems.iter().map(|problem| at(problem).0 + 1).collect();
    assert_eq!(underlined, said, "{}: {problems:#?}", file.display());
}

fn at(problem: &Value) -> (u64, u64) {
    let start = &problem["range"]["start"];
    (start["line"].as_u64().unwrap(), start["character"].as_u64().unwrap())
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    files.sort();
    files
}
