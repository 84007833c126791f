//! What the compiler does not hold: who may name whom, which module owns which dependency, what the engine
//! must not know.
//!
//! Plain text and the standard library only. Each test is one sentence of ARCHITECTURE.md; its failure says
//! what to change.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod debug_text;
mod imports;

/// A module, and the modules of its crate that it must not name.
const NEVER_NAMES: [(&str, &[&str]); 13] = [
    ("src/cloud", &["cli", "cluster", "config", "engine", "telemetry"]),
    ("src/cluster", &["cli", "cloud", "config", "engine", "telemetry"]),
    ("src/config", &["cli", "cloud", "cluster", "engine", "telemetry"]),
    ("src/telemetry", &["cli", "cloud", "cluster", "config", "engine"]),
    ("src/engine", &["cli"]),
    ("src/cli", &["cloud", "cluster"]),
    ("interpreter/src/catalog_update", &["docs", "exchange", "plan", "reconcile", "simulate"]),
    (
        "interpreter/src/catalog",
        &["catalog_update", "crd", "docs", "exchange", "plan", "reconcile", "resource", "simulate"],
    ),
    ("interpreter/src/crd", &["catalog_update", "docs", "exchange", "plan", "reconcile", "simulate"]),
    ("interpreter/src/exchange", &["catalog_update", "crd", "docs", "plan", "reconcile", "simulate"]),
    ("interpreter/src/resource", &["catalog_update", "crd", "docs", "reconcile", "simulate"]),
    (
        "interpreter/src/plan",
        &["catalog", "catalog_update", "crd", "docs", "exchange", "reconcile", "resource", "simulate"],
    ),
    ("interpreter/src/reconcile", &["catalog_update", "crd", "docs", "simulate"]),
];

/// The crates of this workspace.
const CRATES: [&str; 4] = ["src", "interpreter/src", "sandbox/src", "control-plane/src"];

/// Rows of a folder, from the top to the ground: each names only what stands in rows below its own.
const ENGINE: [&[&str]; 12] = [
    &["mod"],
    &["run"],
    &["catalog"],
    &["apply_plan", "controllers", "inventory", "migration_report", "obstacles", "offers_probe"],
    &["reconcile"],
    &["context"],
    &["active_catalog", "registry", "secret_names"],
    &["kind"],
    &["credentials"],
    &["cloud_api"],
    &["config_objects", "identity"],
    &[
        "annotations",
        "clock",
        "events",
        "helm_release",
        "labels",
        "object_ref",
        "outputs_pace",
        "resource_version",
        "scope",
    ],
];
const PLAN: [&[&str]; 17] = [
    &["mod"],
    &["classify"],
    &["states"],
    &["holder", "retain"],
    &["proof"],
    &["guards"],
    &["confirmation"],
    &["marks", "outputs_age"],
    &["snapshot"],
    &["memory"],
    &["backoff", "ending", "known_addons", "own_change", "own_deletion", "own_marks"],
    &["observed", "step"],
    &["external", "marking"],
    &["record"],
    &["desired", "location", "own_attempt"],
    &["schedule"],
    &[
        "abandonment",
        "deletion_policy",
        "deletion_protection",
        "drift",
        "management",
        "reason",
        "retention",
        "sent",
        "state",
        "timing",
    ],
];
const CATALOG: [&[&str]; 10] = [
    &["load"],
    &["merge"],
    &["layer"],
    &["check"],
    &["compile", "confidential"],
    &["addon"],
    &["api", "read", "schema"],
    &["entries", "field", "problems", "recorded", "vocabulary"],
    &["exchange", "node", "problem"],
    &["codes", "document", "expression", "mod", "names", "secret_key", "source"],
];

/// A dependency, and the only places that name it.
const OWNERS: [(&str, &[&str]); 17] = [
    ("annotate_snippets", &["interpreter/src/catalog"]),
    ("axum", &["src/telemetry"]),
    ("clap", &["src/cli", "src/main.rs"]),
    ("governor", &["src/cloud"]),
    // Templates of a catalog, and those that users write.
    ("handlebars", &["interpreter/src/catalog", "interpreter/src/resource/secret_template"]),
    ("hmac", &["src/cloud", "interpreter/src/reconcile"]),
    ("jsonpath_rust", &["interpreter/src/catalog"]),
    ("jsonschema", &["interpreter/src/catalog"]),
    // The engine holds resources as it got them from the cluster; see SHAPES.
    ("k8s_openapi", &["src/cluster", "src/engine"]),
    ("kube", &["src/cluster", "src/engine"]),
    ("oauth1_request", &["src/cloud"]),
    ("prometheus_client", &["src/telemetry"]),
    ("reqwest", &["src/cloud", "src/telemetry"]),
    ("rustls", &["src/main.rs"]),
    ("sha1", &["src/cloud"]),
    ("toml", &["src/config"]),
    ("tracing_subscriber", &["src/telemetry"]),
];

/// What the engine takes of the Kubernetes libraries: how resources look, and nothing that talks to a
/// cluster.
const SHAPES: [&str; 5] = [
    "k8s_openapi::api::core::v1",
    "k8s_openapi::apimachinery::pkg::apis::meta::v1",
    "kube::api::DynamicObject",
    "kube::api::ObjectMeta",
    "kube::api::PartialObjectMeta",
];

/// Pure means: it cannot wait, read a clock, roll dice, or touch a disk or a network.
const IMPURE_CRATES: [&str; 9] =
    ["async-std", "chrono", "fastrand", "futures", "kube", "rand", "reqwest", "time", "tokio"];
const IMPURE_WORDS: [&str; 14] = [
    "async",
    "await",
    "Instant",
    "SystemTime",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "fs::read",
    "fs::write",
    "thread::spawn",
    "env::var",
];

/// Words that may stand in the engine although they are a provider's: the product's name, the one it had
/// before, and the group of its annotations.
const PRODUCT: [&str; 5] = [
    "operator.clever-cloud.com",
    "clever-operator",
    "clever_operator",
    "clever-kubernetes-operator",
    "clever-secret",
];
/// Words of the catalog's names that mean nothing by themselves.
const ORDINARY: [&str; 6] = ["addon", "api", "cloud", "config", "configuration", "provider"];

const LONGEST_FILE: usize = 400;
const LONGEST_MAIN: usize = 60;

#[test]
fn layers_name_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for (module, forbidden) in NEVER_NAMES {
        for file in sources(module) {
            let named = named_modules(&code(&file));
            wrong.extend(
                forbidden
                    .iter()
                    .filter(|name| named.contains(**name))
                    .map(|name| format!("{} names `{name}`", show(&file))),
            );
        }
    }
    assert_none(&wrong, "move what is shared further down, or pass it as a value");
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let mut wrong = Vec::new();
    for source in CRATES {
        let circles = imports::circles(&graph(source));
        wrong.extend(circles.into_iter().map(|(from, to)| format!("{source}: `{from}` names `{to}`")));
    }
    assert_none(&wrong, "give what both need a file of its own, below both");
}

#[test]
fn inside_a_folder_imports_lead_downward() {
    let (engine, interpreter) = (graph("src"), graph("interpreter/src"));
    let mut wrong = imports::upward(&engine, "engine", &ENGINE);
    wrong.extend(imports::upward(&interpreter, "plan", &PLAN));
    wrong.extend(imports::upward(&interpreter, "catalog", &CATALOG));
    assert_none(
        &wrong,
        "move what is shared further down, or correct the rows in tests/architecture/main.rs and say why",
    );
}

#[test]
fn debug_text_decides_nothing_and_is_neither_stored_nor_shown() {
    let mut wrong = Vec::new();
    for file in sources("src").into_iter().chain(sources("interpreter/src")) {
        if !file.ends_with("tests.rs") {
            let found = debug_text::found(&fs::read_to_string(&file).unwrap());
            wrong.extend(found.into_iter().map(|found| format!("{}: {found}", show(&file))));
        }
    }
    assert_none(&wrong, "compare values with PartialEq, show them with Display or by a name of their own");
}

#[test]
fn every_dependency_has_one_owner() {
    let mut wrong = Vec::new();
    for (dependency, owners) in OWNERS {
        for file in sources("src").into_iter().chain(sources("interpreter/src")) {
            let owned = owners
                .iter()
                .any(|owner| file.starts_with(root().join(owner)) || show(&file) == format!("{owner}.rs"));
            if !owned && names_crate(&code(&file), dependency) {
                wrong.push(format!(
                    "{} names `{dependency}`, which belongs to {}",
                    show(&file),
                    owners.join(" and ")
                ));
            }
        }
    }
    assert_none(&wrong, "let the owner offer what is needed in its own words");
}

#[test]
fn the_engine_knows_how_resources_look_and_not_how_to_reach_them() {
    let is_shape = |path: &String| SHAPES.iter().any(|shape| path.starts_with(shape));
    let mut wrong = Vec::new();
    for file in sources("src/engine") {
        let code = code(&file);
        let named = ["kube", "k8s_openapi"].iter().flat_map(|library| paths_into(&code, library));
        wrong.extend(
            named.filter(|path| !is_shape(path)).map(|path| format!("{} names `{path}`", show(&file))),
        );
    }
    assert_none(&wrong, "let src/cluster do it");
}

#[test]
fn the_interpreter_cannot_wait_read_a_clock_or_roll_dice() {
    let manifest = read("interpreter/Cargo.toml");
    let mut wrong: Vec<String> = dependencies(&manifest)
        .into_iter()
        .filter(|name| IMPURE_CRATES.contains(&name.as_str()))
        .map(|name| format!("interpreter/Cargo.toml depends on `{name}`"))
        .collect();
    for file in sources("interpreter/src") {
        let code = code(&file);
        // jiff reads timestamps there; what it must not do is ask for one.
        wrong.extend(code.contains("::now(").then(|| format!("{} asks for the time", show(&file))));
        wrong.extend(
            IMPURE_WORDS
                .iter()
                .filter(|word| has_word(&code, word))
                .map(|word| format!("{} says `{word}`", show(&file))),
        );
    }
    assert_none(&wrong, "make it a parameter, or do it in src/");
}

#[test]
fn the_sandbox_shares_no_code_with_what_it_tests() {
    let dependencies = dependencies(&read("sandbox/Cargo.toml"));
    let ours = ["clever-operator", "control-plane", "interpreter"];
    let wrong: Vec<_> = ours
        .iter()
        .filter(|name| dependencies.contains(**name))
        .map(|name| format!("it depends on `{name}`"))
        .collect();
    assert_none(&wrong, "a mistake shared by both sides would never be seen: write it twice");
}

#[test]
fn every_file_says_first_what_lives_in_it() {
    let silent = |file: &PathBuf| !fs::read_to_string(file).unwrap().starts_with("//!");
    let wrong: Vec<_> = all_sources().into_iter().filter(silent).map(|file| show(&file)).collect();
    assert_none(&wrong, "begin the file with `//!`: what lives here, and what does not");
}

#[test]
fn no_file_is_too_long_to_read() {
    let limit = |file: &Path| if show(file) == "src/main.rs" { LONGEST_MAIN } else { LONGEST_FILE };
    let long = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        let lines = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines().count();
        (lines > limit(file)).then(|| format!("{} has {lines} lines; {} at most", show(file), limit(file)))
    };
    let is_test = |file: &&PathBuf| {
        file.ends_with("tests.rs") || file.components().any(|part| part.as_os_str() == "tests")
    };
    let wrong: Vec<_> = all_sources().iter().filter(|file| !is_test(file)).filter_map(long).collect();
    assert_none(&wrong, "find the second subject in it and give that a file");
}

#[test]
fn the_engine_knows_no_add_on_no_provider_and_no_cloud_by_name() {
    let names = catalog_names();
    assert!(names.len() > 10, "the catalog's names were not found: {names:?}");
    let mut wrong = Vec::new();
    for file in sources("src").into_iter().chain(sources("interpreter/src")) {
        for (at, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let words = words(without_product(line));
            let found =
                names.iter().filter(|name| words.windows(name.len()).any(|window| window == name.as_slice()));
            wrong.extend(found.map(|name| format!("{}:{} says `{}`", show(&file), at + 1, name.join(" "))));
        }
    }
    assert_none(&wrong, "let the catalog say it; in an example write `widget` or `database`");
}

#[test]
fn the_map_in_architecture_md_is_the_tree() {
    let listed = map();
    let mut wrong: Vec<_> = listed
        .iter()
        .filter(|path| !root().join(path).exists())
        .map(|path| format!("{path} does not exist"))
        .collect();
    let folders: BTreeSet<_> = ["src", "interpreter/src", "sandbox/src", "control-plane/src"]
        .iter()
        .flat_map(|top| modules(top))
        .collect();
    wrong.extend(
        folders
            .iter()
            .filter(|folder| !listed.contains(*folder))
            .map(|folder| format!("{folder} is not on the map")),
    );
    assert_none(&wrong, "correct the tree in ARCHITECTURE.md");
}

#[test]
fn the_guide_to_the_tests_names_every_suite_and_nothing_else() {
    let suites: BTreeSet<_> = fs::read_dir(root().join("tests"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("main.rs").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let guide = read("tests/README.md");
    let rows: Vec<_> = guide.lines().filter(|line| line.starts_with("| ")).collect();
    let unnamed = suites.iter().filter(|suite| !rows.iter().any(|row| row.contains(&format!("`{suite}/`"))));
    let mut wrong: Vec<_> = unnamed.map(|suite| format!("tests/{suite} has no row")).collect();
    for page in ["tests/README.md", "ARCHITECTURE.md"] {
        let text = read(page);
        let folder = if page == "tests/README.md" { root().join("tests") } else { root() };
        let quoted = text
            .lines()
            .filter(|line| line.starts_with("| "))
            .flat_map(|row| row.split('`').skip(1).step_by(2));
        let paths = quoted.filter(|word| {
            let is_path =
                word.ends_with('/') || [".rs", ".sh", ".yaml", ".md"].iter().any(|end| word.ends_with(end));
            is_path && word.trim_end_matches('/').contains('/') && !word.contains([' ', '*', '<', '{'])
        });
        wrong.extend(
            paths
                .filter(|path| !folder.join(path).exists() && !root().join(path).exists())
                .map(|path| format!("{page} names {path}, which does not exist")),
        );
    }
    assert_none(&wrong, "correct the tables of tests/README.md and ARCHITECTURE.md");
}

#[test]
fn every_hop_of_the_reading_guide_is_in_the_code() {
    let page = read("docs/reading-the-code.md");
    let code: Vec<&str> = page.split('`').skip(1).step_by(2).collect();
    let hops: Vec<_> =
        code.windows(2).filter(|pair| pair[0].ends_with(".rs")).map(|pair| (pair[0], pair[1])).collect();
    assert!(hops.len() > 20, "the hops were not found: {hops:?}");
    let is_there = |(file, function): &&(&str, &str)| read(file).contains(&format!("fn {function}"));
    let wrong: Vec<_> = hops
        .iter()
        .filter(|hop| !is_there(hop))
        .map(|(file, function)| format!("{file} has no `{function}`"))
        .collect();
    assert_none(&wrong, "correct docs/reading-the-code.md");
}

#[test]
fn these_checks_see_what_they_look_for() {
    let planted = |edges: &[(&str, &str)]| -> imports::Graph {
        let named = |from: &str| {
            edges.iter().filter(|(one, _)| *one == from).map(|(_, to)| (*to).to_owned()).collect()
        };
        edges
            .iter()
            .flat_map(|(from, to)| [*from, *to])
            .map(|module| (module.to_owned(), named(module)))
            .collect()
    };
    let circle = planted(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]);
    assert_eq!(imports::circles(&circle).len(), 3, "the edge that leads into a circle is no part of it");
    assert!(imports::circles(&planted(&[("a", "b"), ("a", "c"), ("b", "c")])).is_empty());
    let rows: [&[&str]; 2] = [&["high"], &["low"]];
    assert_eq!(
        imports::upward(&planted(&[("f::low", "f::high")]), "f", &rows),
        ["`f::low` names `f::high`, which is not below it"]
    );
    assert_eq!(
        imports::upward(&planted(&[("f::high::x", "f::low::y"), ("f::high::x", "f::high::y")]), "f", &rows),
        [""; 0]
    );
    assert_eq!(imports::upward(&planted(&[("f::new", "g")]), "f", &rows), ["`f::new` has no row"]);
    let real = graph("interpreter/src");
    assert!(
        real["plan::states::gone"].contains("plan::states::rollback"),
        "the imports of a file were not found"
    );
    let planted = r#"
        #[derive(Error)] #[error("failed: {0:?}")] struct Failed(u8);
        impl fmt::Debug for Failed { fn fmt(&self) { write!(f, "{:?}", self.0) } }
        fn key(value: &Value) -> String { format!("{value:#?}") }
        fn log() { tracing::info!(name, state = ?value, "looked"); tracing::info!(?value, "looked") }
        fn fine() { assert!(held, "{value:?}"); println!("{value}: {{:?}}", value = read()?) }
        #[cfg(test)] mod tests { fn shown() { format!("{value:?}") } }
    "#;
    let found = debug_text::found(planted);
    let right = [
        r#"`error` with "failed: {0:?}""#,
        r##"`format` with "{value:#?}""##,
        "`info` with `?value`",
        "`info` with `?value`",
    ];
    assert_eq!(found, right);
    let named = named_modules("use crate::{cloud::Client, engine};\nuse crate::cluster::kind;");
    assert_eq!(named, BTreeSet::from(["cloud", "cluster", "engine"].map(str::to_owned)));
    assert!(
        names_crate("use kube::Client;", "kube")
            && names_crate("let x: kube::Error;", "kube")
            && names_crate("use kube;", "kube")
    );
    assert!(!names_crate("kube_like::x(); my::kube::x()", "kube"));
    assert_eq!(
        paths_into("use kube::api::{A, B}; let x: kube::C<D>", "kube"),
        ["kube::api::A", "kube::api::B", "kube::C"]
    );
    assert_eq!(words("aMySqlThing, MY_SQL"), ["a", "my", "sql", "thing", "my", "sql"]);
    assert!(
        words(without_product("clever-operator CLEVER_OPERATOR_API")).iter().all(|word| word != "clever")
    );
    assert_eq!(strip_comments("a // b\n/// c\nd"), "a \n\nd\n");
}

fn graph(source: &str) -> imports::Graph {
    imports::graph(&root().join(source), &sources(source))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn show(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Rust files of a folder and all below it, or the one file.
fn sources(place: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&root().join(place), &mut found);
    assert!(!found.is_empty(), "{place} has no Rust files: correct the tables in tests/architecture/main.rs");
    found.sort();
    found
}

fn all_sources() -> Vec<PathBuf> {
    let mut found: Vec<_> = ["src", "interpreter", "sandbox", "control-plane", "tests"]
        .iter()
        .flat_map(|top| sources(top))
        .collect();
    found.push(root().join("build.rs"));
    found
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) {
    if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
    for entry in fs::read_dir(path).into_iter().flatten() {
        collect(&entry.unwrap().path(), found);
    }
}

/// A crate's folder and the module folders right below it; what a module keeps further down is its own
/// affair.
fn modules(top: &str) -> BTreeSet<String> {
    let module = |file: &PathBuf| match file
        .strip_prefix(root().join(top))
        .ok()?
        .components()
        .collect::<Vec<_>>()
        .as_slice()
    {
        [_] => Some(top.to_owned()),
        [module, ..] => Some(format!("{top}/{}", module.as_os_str().display())),
        [] => None,
    };
    sources(top).iter().filter_map(module).collect()
}

/// The paths of the first fenced block in ARCHITECTURE.md; what is indented lies in the folder above it.
fn map() -> BTreeSet<String> {
    let text = read("ARCHITECTURE.md");
    let block = text.split("```").nth(1).expect("ARCHITECTURE.md holds no fenced tree");
    let mut folders: Vec<(usize, String)> = Vec::new();
    let mut listed = BTreeSet::new();
    for line in block.lines().skip(1) {
        let indent = line.len() - line.trim_start().len();
        folders.retain(|(outer, _)| *outer < indent);
        let parent = folders.last().map_or(String::new(), |(_, path)| format!("{path}/"));
        for name in line.split_whitespace().take_while(|word| word.contains(['/', '.'])) {
            let path = format!("{parent}{}", name.trim_end_matches('/'));
            folders.push((indent, path.clone()));
            listed.insert(path);
        }
    }
    listed
}

fn assert_none(wrong: &[String], remedy: &str) {
    assert!(wrong.is_empty(), "\n  {}\n  help: {remedy}\n", wrong.join("\n  "));
}

fn code(file: &Path) -> String {
    strip_comments(&fs::read_to_string(file).unwrap())
}

fn strip_comments(text: &str) -> String {
    text.lines().map(|line| line.find("//").map_or(line, |at| &line[..at]).to_owned() + "\n").collect()
}

/// The modules of its own crate that a file names, alone or in braces.
fn named_modules(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            named.insert(identifier(after));
            continue;
        };
        let mut depth = 0;
        let top = group.chars().take_while(|letter| {
            depth += i32::from(*letter == '{') - i32::from(*letter == '}');
            depth >= 0
        });
        let top: String = top.collect();
        named.extend(top.split(',').map(|path| identifier(path.trim_start())));
    }
    named
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let starts =
            !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':');
        let rest = &code[at + name.len()..];
        starts && (rest.starts_with("::") || (code[..at].ends_with("use ") && rest.starts_with([';', ' '])))
    })
}

/// What a file names of a library, in full: `a::{b, c}` is `a::b` and `a::c`.
fn paths_into(code: &str, library: &str) -> Vec<String> {
    let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let prefix = format!("{library}::");
    let starts = code.match_indices(&prefix).map(|(at, _)| at).filter(|at| !code[..*at].ends_with(is_path));
    let paths = starts.flat_map(|at| {
        let rest = &code[at..];
        let (head, tail) = rest.split_at(rest.find(|letter| !is_path(letter)).unwrap_or(rest.len()));
        let group = tail.strip_prefix('{').and_then(|tail| tail.split('}').next()).unwrap_or("");
        group.split(',').map(|last| format!("{head}{}", last.trim())).collect::<Vec<_>>()
    });
    paths.collect()
}

fn has_word(code: &str, word: &str) -> bool {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(part) && !code[at + word.len()..].starts_with(part))
}

/// The names in the tables of dependencies of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let tables = manifest
        .split("\n[")
        .filter(|table| table.split(']').next().is_some_and(|head| head.ends_with("dependencies")));
    let lines =
        tables.flat_map(|table| table.lines().skip(1)).filter(|line| !line.trim_start().starts_with('#'));
    lines
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What the catalog calls its clouds, providers and kinds, each as words.
fn catalog_names() -> BTreeSet<Vec<String>> {
    let mut names = BTreeSet::new();
    for file in fs::read_dir(root().join("catalog/apis"))
        .unwrap()
        .chain(fs::read_dir(root().join("catalog/addons")).unwrap())
    {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        names.extend(text.lines().filter_map(name_in).map(words));
    }
    let alone: Vec<_> = names.iter().flatten().filter(|word| *word == "clever").cloned().collect();
    names.extend(alone.into_iter().map(|word| vec![word]));
    names.retain(|name| !name.iter().all(|word| ORDINARY.contains(&word.as_str())));
    names
}

fn name_in(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(':')?;
    let top = ["api", "addon", "provider", "title"].contains(&key);
    let resource = ["  kind", "  plural", "  singular"].contains(&key);
    let value = value.split(" #").next()?.trim().trim_matches('"');
    ((top || resource) && !value.is_empty()).then_some(value)
}

fn without_product(line: &str) -> String {
    PRODUCT.iter().fold(line.to_owned(), |line, product| {
        let upper = line.replace(&product.to_uppercase(), "product");
        upper.replace(product, "product")
    })
}

/// Words in lower case, whether they are written apart, with dashes, in snake_case or in CamelCase.
fn words(text: impl AsRef<str>) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut hump = false;
    for letter in text.as_ref().chars() {
        let apart = !letter.is_alphanumeric();
        if apart || (letter.is_uppercase() && !hump) {
            words.push(String::new());
        }
        hump = letter.is_uppercase();
        if let (false, Some(word)) = (apart, words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
