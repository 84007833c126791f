//! The pages for people, against what they are made of.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use interpreter::catalog::{self, Code, Loaded, SCHEMA, Source};
use interpreter::manual;
use serde_json::Value;

#[test]
fn show() {
    let (loaded, sources) = built_in();
    fs::create_dir_all("/tmp/manual").unwrap();
    for addon in loaded.catalog.addons.values() {
        fs::write(Path::new("/tmp/manual").join(manual::file_name(addon)), manual::kind(addon)).unwrap();
    }
    fs::write("/tmp/manual/README.md", manual::index(&loaded.catalog)).unwrap();
    fs::write("/tmp/manual/format.md", manual::format(&sources)).unwrap();
}

fn built_in() -> (Loaded, Vec<Source>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources = Vec::new();
    for part in ["catalog/apis", "catalog/addons"] {
        let mut paths: Vec<_> = fs::read_dir(root.join(part)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        sources.extend(paths.iter().map(|path| Source {
            path: path.strip_prefix(root).unwrap().display().to_string(),
            text: fs::read_to_string(path).unwrap(),
        }));
    }
    (catalog::load(&sources), sources)
}
