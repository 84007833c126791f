//! The CRDs of every kind that the format has been tried on, taken by a real API server: without a warning, and served. What a kind does once
//! it is served is not tested here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use control_plane::{ControlPlane, Kubectl};
use interpreter::catalog::{self, Addon, Source};
use interpreter::crd;

/// Each is one catalog: loaded together, with nothing else.
const CATALOGS: [(&[&str], usize); 3] = [
    (&["catalog/apis", "catalog/addons", "tests/catalogs/clever-cloud"], 14),
    (&["tests/catalogs/scalingo"], 1),
    (&["tests/catalogs/crud"], 1),
];

#[test]
fn every_kind_becomes_a_definition_that_a_real_api_server_takes() {
    let control_plane = ControlPlane::start().expect("a control plane");
    let kubectl = control_plane.kubectl();
    for (folders, kinds) in CATALOGS {
        let catalog = load(folders);
        assert_eq!(catalog.len(), kinds, "{folders:?}");
        for addon in &catalog {
            is_taken(&kubectl, addon);
        }
    }
}

fn is_taken(kubectl: &Kubectl, addon: &Addon) {
    let definition = crd::yaml(&crd::crd(addon)).unwrap();
    let name = format!("crd/{}.{}", addon.resource.plural, addon.resource.group);
    let applied = kubectl.run_with_input(&["apply", "--server-side", "--warnings-as-errors", "-f", "-"], &definition);
    applied.unwrap_or_else(|refused| panic!("{name}: {refused:#}\n{definition}"));
    kubectl.run(&["wait", "--for=condition=Established", "--timeout=60s", &name]).unwrap();
    for example in &addon.examples {
        accepts(kubectl, addon, &example.name, &example.spec);
    }
}

/// The kind's own examples pass its schema and its rules, and nothing in them is unknown.
fn accepts(kubectl: &Kubectl, addon: &Addon, name: &str, spec: &serde_json::Value) {
    let manifest = serde_json::json!({
        "apiVersion": format!("{}/{}", addon.resource.group, addon.resource.versions[0]),
        "kind": addon.resource.kind,
        "metadata": { "name": name },
        "spec": spec,
    });
    let strictly = ["create", "--dry-run=server", "--validate=strict", "-f", "-"];
    kubectl.run_with_input(&strictly, &manifest.to_string()).unwrap_or_else(|refused| panic!("{name}: {refused:#}"));
}

fn load(folders: &[&str]) -> Vec<std::sync::Arc<Addon>> {
    let files: Vec<_> = folders.iter().flat_map(|folder| yaml_files(Path::new(folder))).collect();
    let source = |path: &PathBuf| Source { path: path.display().to_string(), text: fs::read_to_string(path).unwrap() };
    let sources: Vec<_> = files.iter().map(source).collect();
    let loaded = catalog::load(&sources);
    assert!(loaded.problems.is_empty(), "{}", catalog::show(&loaded.problems, &sources));
    loaded.catalog.addons.into_values().collect()
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let mut files: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    files
}
