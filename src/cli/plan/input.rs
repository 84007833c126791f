//! Reads the manifests of files, folders and the standard input, as `kubectl apply` does.

use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use interpreter::manifest;
use serde_json::Value;

use crate::cli::error::Usage;
use crate::engine::PlannedManifest;

/// The endings of the files that are read in a folder.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// The name that stands for the standard input.
const STANDARD_INPUT: &str = "-";

/// Returns the manifests in the order in which they are applied. A list stands for its items.
///
/// # Errors
/// A file cannot be read or parsed, or has an object without kind.
pub(super) fn manifests(names: &[PathBuf], recursive: bool) -> Result<Vec<PlannedManifest>> {
    let mut all = Vec::new();
    for name in names {
        if name.as_os_str() == STANDARD_INPUT {
            let text = io::read_to_string(io::stdin()).map_err(|error| unusable(name, &error))?;
            all.extend(parsed(Path::new("standard input"), &text)?);
            continue;
        }
        for file in files(name, recursive)? {
            let text = fs::read_to_string(&file).map_err(|error| unusable(&file, &error))?;
            all.extend(parsed(&file, &text)?);
        }
    }
    if all.is_empty() {
        return Err(Usage("the files have no manifest; choose others with `--filename FILE`".into()).into());
    }
    Ok(all)
}

fn files(name: &Path, recursive: bool) -> Result<Vec<PathBuf>> {
    if !name.is_dir() {
        return Ok(vec![name.to_owned()]);
    }
    let entries = fs::read_dir(name).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut paths: Vec<_> =
        entries.map_err(|error| unusable(name, &error))?.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() && recursive {
            files.extend(self::files(&path, recursive)?);
        } else if path.is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            files.push(path);
        }
    }
    Ok(files)
}

fn parsed(file: &Path, text: &str) -> Result<Vec<PlannedManifest>> {
    let documents = manifest::documents(text)
        .map_err(|error| unusable(file, &format!("this is no valid YAML: {error}. Correct it there.")))?;
    let mut all = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        add(&mut all, (file, &format!("document {}", index + 1)), document)?;
    }
    Ok(all)
}

fn add(all: &mut Vec<PlannedManifest>, (file, place): (&Path, &str), manifest: Value) -> Result<()> {
    let Some(kind) = manifest["kind"].as_str() else {
        return Err(unusable(file, &format!("{place} is no manifest, because it has no `kind`; add it")));
    };
    if let Some(items) = manifest["items"].as_array().filter(|_| kind.ends_with("List")) {
        for (index, item) in items.iter().enumerate() {
            add(all, (file, &format!("{place}, item {}", index + 1)), item.clone())?;
        }
        return Ok(());
    }
    if !manifest["apiVersion"].is_string() {
        return Err(unusable(file, &format!("{place} ({kind}) has no `apiVersion`; add it")));
    }
    all.push(PlannedManifest { source: file.display().to_string(), manifest });
    Ok(())
}

fn unusable(file: &Path, why: &dyn Display) -> anyhow::Error {
    Usage(format!("{}: {why}", file.display())).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn kinds(text: &str) -> Result<Vec<String>, String> {
        let parsed = parsed(Path::new("a.yaml"), text).map_err(|error| error.to_string())?;
        Ok(parsed.iter().map(|one| one.manifest["kind"].as_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn a_file_has_documents_and_lists() {
        let text = "
apiVersion: v1
kind: Namespace
---
apiVersion: v1
kind: List
items:
- { apiVersion: v1, kind: Secret }
- { apiVersion: v1, kind: List, items: [{ apiVersion: a/v1, kind: Widget }] }
---
";
        assert_eq!(kinds(text).unwrap(), ["Namespace", "Secret", "Widget"]);
        assert_eq!(kinds(r#"{"apiVersion": "a/v1", "kind": "Widget"}"#).unwrap(), ["Widget"]);
    }

    #[test]
    fn an_error_names_file_and_place() {
        for (text, expected) in [
            ("apiVersion: v1\n", "a.yaml: document 1 is no manifest, because it has no `kind`; add it"),
            (
                "kind: List\napiVersion: v1\nitems: [{}]\n",
                "a.yaml: document 1, item 1 is no manifest, because it has no `kind`; add it",
            ),
            ("kind: A\n", "a.yaml: document 1 (A) has no `apiVersion`; add it"),
        ] {
            assert_eq!(kinds(text).unwrap_err(), expected);
        }
        let broken = kinds("kind: [A\napiVersion: v1\n").unwrap_err();
        assert!(broken.starts_with("a.yaml: this is no valid YAML: ") && broken.contains("line"), "{broken}");
    }
}
