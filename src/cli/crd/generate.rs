//! `crd generate DIR`: the CRDs as files to commit, with a kustomization that lists them. Kinds that are off unless a switch is on have a
//! folder for each switch, with a kustomization of its own.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use interpreter::crd;

use crate::cli::{Shelf, folder};

/// What the first line of every file says: how to make it anew, and that nothing else of the folder is ours.
const HEADER: &str = "# Written by `crd generate`; do not edit, change the catalog.\n";

/// Writes it.
pub(super) fn generate(shelf: &Shelf, directory: &Path) -> Result<()> {
    folder::write(directory, HEADER, files(shelf)?)
}

/// What the folder must hold: names of files, those of a switch below its name, and their texts.
pub fn files(shelf: &Shelf) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let switches = shelf.catalog.switches();
    for switch in [None].into_iter().chain(switches.iter().map(String::as_str).map(Some)) {
        let folder = switch.map(|switch| format!("{switch}/")).unwrap_or_default();
        let of_switch = shelf.catalog.addons.values().map(AsRef::as_ref).filter(|addon| addon.switch.as_deref() == switch);
        let kustomization = crd::kustomization(of_switch)?;
        let crds = shelf.behind(switch).map(|crd| (crd.file.clone(), crd.yaml.clone()));
        let all = crds.chain([("kustomization.yaml".to_owned(), kustomization)]);
        files.extend(all.map(|(name, text)| (format!("{folder}{name}"), format!("{HEADER}{text}"))));
    }
    Ok(files)
}
