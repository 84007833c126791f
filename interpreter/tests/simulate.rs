//! Replays examples against recorded answers: those of the product's catalog, and one case for each way to go
//! wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use interpreter::catalog::{self, Source};
use interpreter::simulate::{Trial, attempt};

#[test]
fn every_example_of_the_products_catalog_comes_out_as_it_expects() {
    let sources = sources();
    let loaded = catalog::load(&sources);
    assert!(loaded.problems.is_empty(), "{}", catalog::show(&loaded.problems, &sources));
    let mut found = Vec::new();
    for (addon, example) in loaded
        .catalog
        .addons
        .values()
        .flat_map(|addon| addon.examples.iter().map(move |example| (addon, example)))
    {
        assert!(example.expect.is_some(), "{}: the example `{}` expects nothing", addon.name, example.name);
        match attempt(addon, example) {
            Trial::Untried => panic!("{}: nothing is recorded for `{}`", addon.name, example.name),
            Trial::Tried(problems) => found.extend(problems),
        }
    }
    assert!(found.is_empty(), "{}", catalog::show(&found, &sources));
}

fn sources() -> Vec<Source> {
    let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog");
    let mut paths: Vec<_> = ["apis", "addons"]
        .iter()
        .flat_map(|part| fs::read_dir(catalog.join(part)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| Source { text: fs::read_to_string(&path).unwrap(), path: path.display().to_string() })
        .collect()
}
