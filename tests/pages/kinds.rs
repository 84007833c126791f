//! The committed pages are what the catalog says, and every command that writes them writes the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clever_operator::cli::{built_in, catalog::docs};

#[test]
fn the_committed_pages_are_those_of_the_catalog() {
    let shelf = built_in();
    assert_eq!(shelf.catalog.addons.len() + 1, docs::kinds(&shelf).len());
    assert!(
        files(Path::new("docs/kinds")) == docs::kinds(&shelf),
        "docs/kinds is not what the catalog says: make generate"
    );
    let reference = fs::read_to_string("docs/catalog-format.md").unwrap();
    assert!(
        reference == docs::format_reference(&shelf),
        "docs/catalog-format.md is not what the schema says: make generate"
    );
}

#[test]
fn writing_replaces_what_was_written_before_and_nothing_else() {
    let folder = scratch("replaced");
    let out = folder.join("kinds");
    assert!(operator(&["catalog", "docs", out.to_str().unwrap()]).status.success());
    fs::write(out.join("old.md"), format!("{}# A kind that is gone\n", interpreter::docs::HEADER)).unwrap();
    fs::write(out.join("mine.md"), "# Written by hand\n").unwrap();
    let reference = folder.join("format.md");
    let answer = operator(&[
        "catalog",
        "docs",
        out.to_str().unwrap(),
        "--format-reference",
        reference.to_str().unwrap(),
    ]);
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let mut written = files(&out);
    assert_eq!(written.remove("mine.md").as_deref(), Some("# Written by hand\n"));
    assert_eq!(written, docs::kinds(&built_in()));
    assert_eq!(fs::read_to_string(reference).unwrap(), docs::format_reference(&built_in()));
}

#[test]
fn a_kind_of_ones_own_has_its_page() {
    let out = scratch("own");
    let arguments = [
        "catalog",
        "docs",
        out.to_str().unwrap(),
        "--catalog",
        "examples/your-first-kind/catalog",
        "--without-built-in",
    ];
    assert!(operator(&arguments).status.success());
    let files = files(&out);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["README.md", "database.md"]);
    for words in [
        "`stable.imaginedata.com/v1`",
        "`databases`, `database` or `db`",
        "`kubectl scale` changes `replicas`",
        "whole number, 1 to 9",
    ] {
        assert!(files["database.md"].contains(words), "{words}: {}", files["database.md"]);
    }
}

#[test]
fn half_a_catalog_has_no_pages() {
    let folder = scratch("half");
    fs::write(folder.join("a.yaml"), "addon: a\nresource: {}\n").unwrap();
    let out = folder.join("out");
    let answer = operator(&["catalog", "docs", out.to_str().unwrap(), "--catalog", folder.to_str().unwrap()]);
    assert_eq!(answer.status.code(), Some(2));
    assert!(!out.exists() && String::from_utf8_lossy(&answer.stderr).contains("the catalog has errors"));
}

fn operator(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clever-operator")).args(arguments).output().unwrap()
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("manual").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        })
        .collect()
}
