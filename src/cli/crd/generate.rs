//! `crd generate DIR`: writes the CRDs as files to commit, with a kustomization that lists them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use interpreter::crd;

use crate::cli::catalog_source::LoadedCatalog;
use crate::cli::folder;

/// First line of every file: how to regenerate it, and the mark of generated files.
const HEADER: &str = "# Written by `crd generate`; do not edit, change the catalog.\n";

/// Writes the folder.
pub(super) fn generate(loaded: &LoadedCatalog, directory: &Path) -> Result<()> {
    folder::write(directory, HEADER, files(loaded)?)
}

/// Returns the content of the folder: file names with their texts.
pub(crate) fn files(loaded: &LoadedCatalog) -> Result<BTreeMap<String, String>> {
    let kustomization = crd::kustomization(loaded.catalog.addons.values().map(AsRef::as_ref))?;
    let crds = loaded.crds.iter().map(|crd| (crd.file.clone(), crd.yaml.clone()));
    let all = crds.chain([("kustomization.yaml".to_owned(), kustomization)]);
    Ok(all.map(|(name, text)| (name, format!("{HEADER}{text}"))).collect())
}
