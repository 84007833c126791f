//! What `catalog check`, `show`, `render`, `test` and `explain` print: a folder for each case below
//! `tests/catalog_commands/cases`.
//!
//! `command` is what is asked for, with the folder itself as the working directory. `expected` is all that is
//! printed and the exit code; `UPDATE_EXPECTED=1 cargo test --test catalog_commands` rewrites it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod new;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use regex::Regex;
use serde_json::Value;

#[test]
fn every_case_is_answered_as_expected() {
    harness::cases::check(cases(), |case| {
        let command = fs::read_to_string(case.join("command")).unwrap();
        let answer = operator(case, &command.split_whitespace().collect::<Vec<_>>());
        format!(
            "{}--- stderr\n{}--- exit code {}\n",
            text(&answer.stdout),
            text(&answer.stderr),
            answer.status.code().unwrap()
        )
    });
}

/// The lives are what the operator really sends: the scenarios compare them with what a cloud was asked.
#[test]
fn what_is_rendered_is_what_the_operator_sends() {
    let lives: Vec<_> = fs::read_dir(root().join("tests/creation/lives"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let mut compared = 0;
    for life in lives.iter().filter(|path| path.file_stem().unwrap() != "columns") {
        let kind = life.file_stem().unwrap().to_str().unwrap();
        let answer = operator(&root(), &["catalog", "render", kind, "--only", "requests"]);
        assert!(answer.status.success(), "{kind}: {}", text(&answer.stderr));
        assert_eq!(rendered(&text(&answer.stdout)), sent(&fs::read_to_string(life).unwrap()), "{kind}");
        compared += 1;
    }
    assert!(compared >= 17, "the lives are gone");
}

/// All but the offers, which the operator has still at hand, and how often it looks how the change goes.
#[test]
fn an_edit_is_rendered_as_the_operator_sends_it() {
    let folder = root().join("tests/catalog_commands/cases/rendered-edit");
    let arguments = [
        "catalog",
        "render",
        "postgresql",
        "-f",
        "edited.yaml",
        "--was",
        "created.yaml",
        "--only",
        "requests",
    ];
    let answer = operator(&folder, &arguments);
    let lines = |all: Vec<String>| {
        let mut lines: Vec<_> = all.into_iter().filter(|line| !line.starts_with(['{', '['])).collect();
        lines.dedup();
        lines
    };
    let rendered: Vec<_> = lines(rendered(&text(&answer.stdout))).split_off(2);
    assert_eq!(
        rendered,
        lines(sent(&fs::read_to_string(root().join("tests/changes/migration.txt")).unwrap()))
    );
}

/// The requests of the chapter in which a resource comes: each line, and its body where it has one.
fn sent(life: &str) -> Vec<String> {
    let applied = life.split("\n== ").next().unwrap();
    let mut sent: Vec<String> = Vec::new();
    let mut within = false;
    for line in applied.lines() {
        let cloud = line.strip_prefix("cloud  ");
        if let Some(request) = cloud {
            let request = request.rsplit_once(" -> ").unwrap().0;
            sent.push(alike(&request.split_whitespace().collect::<Vec<_>>().join(" ")));
        } else if within && line.starts_with("  ") {
            sent.push(alike(line.trim()));
        }
        within = cloud.is_some();
    }
    sent
}

fn rendered(documents: &str) -> Vec<String> {
    let documents = documents.split("---\n").map(|document| serde_yaml::from_str::<Value>(document).unwrap());
    let address = Regex::new("https?://[^/]+").unwrap();
    let lines = |document: Value| {
        let request = address.replace(document["request"].as_str().unwrap(), "").into_owned();
        [Some(request), document.get("body").map(Value::to_string)]
    };
    documents.flat_map(lines).flatten().map(|line| alike(&line)).collect()
}

/// The same text for what is another in every run.
fn alike(line: &str) -> String {
    let names = [
        ("orga_[0-9a-f-]+|<organisation>", "<organisation>"),
        ("plan_[0-9a-f-]+|<plan-1>", "<plan>"),
        ("addon_[0-9a-f-]+|<addon-1>", "<addon>"),
        (r"[a-z-]+_0000[0-9a-f-]+|<[a-z]+-1>", "<real>"),
        ("00000000-0000-4000-8000-000000000000|<uid>", "<uid>"),
        ("https://api.example.test|<API_URL>", "<API_URL>"),
    ];
    names.iter().fold(line.to_owned(), |line, (one, same)| {
        Regex::new(one).unwrap().replace_all(&line, *same).into_owned()
    })
}

fn operator(here: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clever-operator"));
    command.args(arguments).env_clear().current_dir(here).output().unwrap()
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<_> = fs::read_dir(root().join("tests/catalog_commands/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() > 20, "the cases are gone");
    cases
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
