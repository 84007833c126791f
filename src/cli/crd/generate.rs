//! `crd generate DIR`: the CRDs as files to commit, with a kustomization that lists them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use interpreter::crd;

use crate::cli::Shelf;

/// What the first line of every file says: how to make it anew, and that nothing else of the folder is ours.
const HEADER: &str = "# Written by `crd generate`; do not edit, change the catalog.\n";

/// Writes every file that is not there already as it should be, and removes those of its own that are no longer needed.
pub(super) fn generate(shelf: &Shelf, directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let wanted = files(shelf)?;
    for stale in written_before(directory)?.iter().filter(|path| !is_wanted(path, &wanted)) {
        fs::remove_file(stale).with_context(|| format!("cannot remove {}", stale.display()))?;
    }
    for (name, text) in wanted {
        let path = directory.join(name);
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

/// What the folder must hold: names of files, and their texts.
pub fn files(shelf: &Shelf) -> Result<BTreeMap<String, String>> {
    let kustomization = crd::kustomization(shelf.catalog.addons.values().map(AsRef::as_ref))?;
    let crds = shelf.crds.iter().map(|crd| (crd.file.clone(), crd.yaml.clone()));
    let all = crds.chain([("kustomization.yaml".to_owned(), kustomization)]);
    Ok(all.map(|(name, text)| (name, format!("{HEADER}{text}"))).collect())
}

fn written_before(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    let ours = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.starts_with(HEADER));
    Ok(entries.into_iter().map(|entry| entry.path()).filter(ours).collect())
}

fn is_wanted(path: &Path, wanted: &BTreeMap<String, String>) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| wanted.contains_key(name))
}
