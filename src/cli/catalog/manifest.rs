//! Reads the manifest of `catalog render`, and refuses what the API server would refuse.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use anyhow::Result;
use interpreter::catalog::Addon;
use interpreter::manifest;
use serde_json::Value;

use crate::cli::error::Usage;

/// Kind of a manifest, as the manifest names it.
pub(super) struct ManifestKind {
    /// API group.
    pub(super) group: String,
    /// Kind.
    pub(super) kind: String,
}

/// Returns the kinds of the manifests in a file, each once.
pub(super) fn kinds(file: &Path) -> Result<Vec<ManifestKind>> {
    let mut kinds: Vec<ManifestKind> = Vec::new();
    for manifest in documents(file)? {
        let Some(kind) = manifest["kind"].as_str() else {
            let entry = ["addon", "api"].iter().any(|key| manifest.get(key).is_some());
            let help = if entry { "; `catalog check FILE` checks an entry of a catalog" } else { "" };
            return Err(unusable(file, &format!("this is no manifest, because it has no `kind`{help}")));
        };
        let version = manifest["apiVersion"].as_str().unwrap_or_default();
        let group = version.split_once('/').map_or("", |(group, _)| group);
        if !kinds.iter().any(|one| one.kind == kind && one.group == group) {
            kinds.push(ManifestKind { group: group.to_owned(), kind: kind.to_owned() });
        }
    }
    Ok(kinds)
}

/// Returns the only manifest of a file, or the only one of this kind.
pub(super) fn of_kind(file: &Path, addon: &Addon) -> Result<Value> {
    let mut documents = documents(file)?;
    if documents.len() > 1 {
        documents.retain(|manifest| manifest["kind"] == *addon.resource.kind);
    }
    let kind = &addon.resource.kind;
    match (documents.pop(), documents.len()) {
        (Some(manifest), 0) => Ok(manifest),
        (None, _) => Err(unusable(file, &format!("the file has no manifest of the kind `{kind}`"))),
        (Some(_), others) => Err(unusable(
            file,
            &format!(
                "the file has {} manifests of the kind `{kind}`; write one of them into a file of its own",
                others + 1
            ),
        )),
    }
}

/// Returns a manifest as the API server stores it. Refuses one that the API server would refuse.
pub(super) fn accept(addon: &Addon, manifest: Value) -> Result<Value> {
    manifest::accepted(addon, manifest).map_err(|errors| {
        let errors: Vec<_> = errors.iter().map(|error| format!("  {error}")).collect();
        Usage(format!("the API server would refuse this manifest:\n{}", errors.join("\n"))).into()
    })
}

/// Reads recorded answers.
pub(super) fn answers(file: &Path) -> Result<Value> {
    serde_yaml::from_str(&text(file)?)
        .map_err(|error: serde_yaml::Error| unusable(file, &error.without_snippet()))
}

fn documents(file: &Path) -> Result<Vec<Value>> {
    let documents = manifest::documents(&text(file)?).map_err(|error| unusable(file, &error))?;
    match documents.iter().all(Value::is_object) {
        true if !documents.is_empty() => Ok(documents),
        true => Err(unusable(file, &"the file is empty")),
        false => Err(unusable(file, &"this is no manifest")),
    }
}

fn text(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|error| unusable(file, &error))
}

fn unusable(file: &Path, why: &dyn Display) -> anyhow::Error {
    Usage(format!("{}: {why}", file.display())).into()
}
