//! What the tests of this crate share: folders of cases, catalogs in them, and the short notation of
//! expressions, requests and rows.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use interpreter::catalog::expression::{Escape, Selector, Template};
use interpreter::catalog::{
    Catalog, ErrorRow, Expected, Expression, Items, Meaning, Read, Recorded, Request, Severity, Source, Test,
    Url,
};
use regex::Regex;
use serde_json::{Value, json};

/// Every case of a file below `tests/`: a list of objects, each with a `title` that is a sentence.
pub fn cases(file: &str) -> Vec<Value> {
    let path = folder(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let cases: Vec<Value> = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(!cases.is_empty(), "{file} holds no case");
    cases
}

pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Fails with the case's title and both values, printed to be read.
pub fn same(case: &Value, seen: &Value, wanted: &Value) {
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    assert!(seen == wanted, "{}\nseen: {}\nwanted: {}", case["title"], pretty(seen), pretty(wanted));
}

pub fn selector(source: &str) -> Selector {
    Selector::parse(source).unwrap()
}

pub fn template(source: &str, escape: Escape) -> Template {
    Template::parse(source, escape).unwrap()
}

pub fn expression(source: &Value) -> Expression {
    match source {
        Value::String(text) if text.starts_with('$') => Expression::Select(selector(text)),
        Value::String(text) if text.contains("{{") => Expression::Render(template(text, Escape::Plain)),
        Value::Array(elements) => Expression::List(elements.iter().map(expression).collect()),
        Value::Object(fields) if fields.contains_key("each") => Expression::Each {
            each: selector(fields["each"].as_str().unwrap()),
            shape: Box::new(expression(&fields["as"])),
        },
        Value::Object(fields) => {
            Expression::Object(fields.iter().map(|(name, field)| (name.clone(), expression(field))).collect())
        }
        literal @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            Expression::Literal(literal.clone())
        }
    }
}

/// `GET host:/path?name=value` and a body.
pub fn request(line: &str, body: Option<&Value>) -> Request {
    let (method, target) = line.split_once(' ').unwrap();
    let (host, target) =
        target.split_once(":/").map_or(("", target.to_owned()), |(host, path)| (host, format!("/{path}")));
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), template(value, Escape::Segment))
    };
    Request {
        method: method.into(),
        url: Url {
            host: host.into(),
            path: template(path, Escape::Segment),
            query: query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect(),
        },
        body: body.map(expression),
    }
}

pub fn read(case: &Value) -> Read {
    let select = |name: &str| case[name].as_str().map(selector);
    Read {
        name: case["name"].as_str().unwrap_or("detail").into(),
        request: request("GET /", None),
        item: select("item"),
        items: select("items").map(|each| Items {
            each,
            key: select("key"),
            value: select("value"),
            pages: None,
        }),
        fresh: None,
        may_be_missing: case["mayBeMissing"].as_bool().unwrap_or(false),
        follow: None,
        keep: BTreeMap::new(),
    }
}

pub fn test(when: &Value) -> Test {
    let expected =
        |value: &Value| match value.as_str().and_then(|text| text.strip_prefix('/')?.strip_suffix('/')) {
            Some(pattern) => Expected::Pattern(Regex::new(pattern).unwrap()),
            None => Expected::Value(value.clone()),
        };
    Test {
        all: when
            .as_object()
            .into_iter()
            .flatten()
            .map(|(path, value)| (selector(path), expected(value)))
            .collect(),
    }
}

pub fn row(row: &Value) -> ErrorRow {
    let is = match row["is"].as_str().unwrap() {
        "throttled" => Meaning::Throttled,
        "unavailable" => Meaning::Unavailable,
        "ambiguous" => Meaning::Ambiguous,
        "rejected" => Meaning::Rejected,
        "unauthorized" => Meaning::Unauthorized,
        "not-found" => Meaning::NotFound,
        other => panic!("no meaning is called {other}"),
    };
    let text = |name: &str| row[name].as_str().map(str::to_owned);
    ErrorRow {
        status: u16::try_from(row["status"].as_u64().unwrap()).unwrap(),
        only_for: row["for"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect(),
        when: row.get("when").map(test),
        is,
        reason: text("reason"),
        help: text("help"),
        hits: recorded(),
        misses: recorded(),
    }
}

/// A catalog in a folder below `tests/`, or relative to it, without an error in it.
pub fn catalog(name: &str) -> Catalog {
    catalog_of(&yaml_files(&folder(name)))
}

/// A catalog of these files, without an error in it; what a test needs may well be of no use.
pub fn catalog_of(files: &[PathBuf]) -> Catalog {
    let sources: Vec<_> = files.iter().map(|path| source(path)).collect();
    let loaded = interpreter::catalog::load(&sources);
    let wrong = loaded.problems.iter().any(|problem| problem.severity == Severity::Error);
    assert!(!wrong, "{}", interpreter::catalog::show(&loaded.problems, &sources));
    loaded.catalog
}

fn source(path: &Path) -> Source {
    Source { path: path.display().to_string(), text: std::fs::read_to_string(path).unwrap() }
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    let files =
        files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.chain(folders.iter().flat_map(|folder| yaml_files(folder))).collect()
}

fn recorded() -> Recorded {
    Recorded { status: 0, operation: None, body: json!(null) }
}
