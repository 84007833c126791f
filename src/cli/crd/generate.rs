//! `crd generate DIR`: writes the CRDs as files to commit, with a kustomization that lists them. Kinds behind
//! a switch go into a folder for each switch, with a kustomization of its own.

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

/// Returns the content of the folder: file names, those of a switch below its name, with their texts.
pub(crate) fn files(loaded: &LoadedCatalog) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let switches = loaded.catalog.switches();
    for switch in [None].into_iter().chain(switches.iter().map(String::as_str).map(Some)) {
        let folder = switch.map(|switch| format!("{switch}/")).unwrap_or_default();
        let of_switch = loaded
            .catalog
            .addons
            .values()
            .map(AsRef::as_ref)
            .filter(|addon| addon.switch.as_deref() == switch);
        let kustomization = crd::kustomization(of_switch)?;
        let crds = loaded.crds_of(switch).map(|crd| (crd.file.clone(), crd.yaml.clone()));
        let all = crds.chain([("kustomization.yaml".to_owned(), kustomization)]);
        files.extend(all.map(|(name, text)| (format!("{folder}{name}"), format!("{HEADER}{text}"))));
    }
    Ok(files)
}
