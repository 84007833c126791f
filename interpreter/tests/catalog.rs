//! Loads catalogs: the product's own, and folders of cases with one thing wrong in each.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use interpreter::catalog::{Loaded, Source, load, show};

#[test]
fn the_products_catalog_has_no_problem() {
    let (loaded, shown) = load_folder("../catalog");
    assert!(loaded.problems.is_empty(), "{shown}");
    assert_eq!(loaded.catalog.addons.keys().collect::<Vec<_>>(), ["config-provider", "keycloak", "kv", "postgresql"]);
}

fn load_folder(folder: &str) -> (Loaded, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let sources: Vec<Source> = yaml_files(&root).iter().map(|path| source(path, &root)).collect();
    assert!(!sources.is_empty(), "no catalog in {folder}");
    let loaded = load(&sources);
    let shown = show(&loaded.problems, &sources);
    (loaded, shown)
}

fn source(path: &Path, root: &Path) -> Source {
    Source { path: path.strip_prefix(root).unwrap().display().to_string(), text: std::fs::read_to_string(path).unwrap() }
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
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
