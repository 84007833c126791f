//! The CRDs of the product's kinds, and of every other that the format has been tried on, taken by a real API
//! server: without a warning, and served. And their examples. What a kind does once it is served is not
//! tested here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod manifests;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use control_plane::Kubectl;
use harness::PLANE;
use interpreter::catalog::{self, Addon, Example, Source};
use interpreter::crd;
use serde_json::{Value, json};

/// Each is one catalog: loaded together, with nothing else.
const CATALOGS: [(&[&str], usize); 3] = [
    (&["catalog/apis", "catalog/addons"], 19),
    (&["tests/catalogs/scalingo"], 1),
    (&["tests/catalogs/crud"], 1),
];

#[test]
fn every_kind_becomes_a_definition_that_a_real_api_server_takes() {
    let kubectl = PLANE.kubectl();
    for (folders, kinds) in CATALOGS {
        let catalog = load(folders);
        assert_eq!(catalog.len(), kinds, "{folders:?}");
        are_taken(&kubectl, &catalog);
    }
}

/// `UPDATE_EXPECTED=1` writes them.
#[test]
fn the_examples_are_those_of_the_catalog() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for addon in load(CATALOGS[0].0) {
        let folder = if addon.optional { folder.join("flat-kinds") } else { folder.clone() };
        let file = folder.join(format!("{}.yaml", addon.name));
        let wanted =
            addon.examples.iter().map(|example| written(&addon, example)).collect::<Vec<_>>().join("---\n");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&file, &wanted).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap_or_default(), wanted, "{}", file.display());
    }
}

/// Name, type and path of every column, and all names, as manifests, scripts and habits of today have them:
/// `tests/crds/contract.yaml`.
#[test]
fn the_kinds_that_clusters_have_are_what_they_were() {
    let contract =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crds/contract.yaml")).unwrap();
    let contract: Value = serde_yaml::from_str(&contract).unwrap();
    let addons = load(CATALOGS[0].0);
    for kind in contract["kinds"].as_array().unwrap() {
        let addon =
            addons.iter().find(|addon| !addon.optional && addon.resource.kind == kind["kind"]).unwrap();
        let definition = crd::crd(addon);
        let version = &definition["spec"]["versions"][0];
        let seen = json!({
            "kind": addon.resource.kind,
            "version": version["name"],
            "plural": addon.resource.plural,
            "singular": addon.resource.singular,
            "shortNames": addon.resource.short_names,
            "provider": addon.provider,
            "finalizer": addon.resource.finalizer,
            "columns": kept_columns(version, &contract["columns"]),
        });
        assert_eq!((&addon.resource.group, &seen), (&"api.clever-cloud.com".to_owned(), kind));
        assert_eq!(
            (&definition["spec"]["scope"], definition["spec"]["versions"].as_array().unwrap().len()),
            (&json!("Namespaced"), 1)
        );
    }
}

/// The headings of the columns that are as the contract has them, in their order.
fn kept_columns(version: &Value, contract: &Value) -> Vec<Value> {
    let columns = version["additionalPrinterColumns"].as_array().unwrap().iter();
    let kept = columns.filter(|column| {
        contract[column["name"].as_str().unwrap()] == json!([column["type"], column["jsonPath"]])
    });
    kept.map(|column| column["name"].clone()).collect()
}

fn written(addon: &Addon, example: &Example) -> String {
    let manifest = crd::yaml(&manifest(addon, example)).unwrap();
    format!("# {}. Its Secret is called {}-secrets.\n{manifest}", example.title, example.name)
}

/// The API server takes the CRDs without a warning and serves them, and their examples pass their schemas and
/// rules with nothing unknown in them.
fn are_taken(kubectl: &Kubectl, catalog: &[Arc<Addon>]) {
    let crds: Vec<_> = catalog.iter().map(|addon| crd::yaml(&crd::crd(addon)).unwrap()).collect();
    let crds = crds.join("\n---\n");
    let examples: Vec<_> = catalog
        .iter()
        .flat_map(|addon| addon.examples.iter().map(|example| manifest(addon, example).to_string()))
        .collect();
    for (arguments, manifests) in [
        (["apply", "--server-side", "--warnings-as-errors", "-f", "-"], &crds),
        (["wait", "--for=condition=Established", "--timeout=60s", "-f", "-"], &crds),
        (["create", "--dry-run=server", "--validate=strict", "-f", "-"], &examples.join("\n---\n")),
    ] {
        let answer = kubectl.run_with_input(&arguments, manifests);
        answer.unwrap_or_else(|refused| panic!("kubectl {}: {refused:#}", arguments.join(" ")));
    }
}

fn manifest(addon: &Addon, example: &Example) -> Value {
    json!({
        "apiVersion": format!("{}/{}", addon.resource.group, addon.resource.versions[0]),
        "kind": addon.resource.kind,
        "metadata": { "name": example.name },
        "spec": example.spec,
    })
}

fn load(folders: &[&str]) -> Vec<Arc<Addon>> {
    let files: Vec<_> = folders.iter().flat_map(|folder| yaml_files(Path::new(folder))).collect();
    let source =
        |path: &PathBuf| Source { path: path.display().to_string(), text: fs::read_to_string(path).unwrap() };
    let sources: Vec<_> = files.iter().map(source).collect();
    let loaded = catalog::load(&sources);
    let wrong = loaded.problems.iter().any(|problem| problem.severity == catalog::Severity::Error);
    assert!(!wrong, "{}", catalog::show(&loaded.problems, &sources));
    loaded.catalog.addons.into_values().collect()
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    files.sort();
    files
}
