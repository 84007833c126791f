//! `crd generate DIR`: the CRDs as files to commit, with a kustomization that lists them. Kinds that are off unless a switch is on have a
//! folder for each switch, with a kustomization of its own.

use std::collections::{BTreeMap, BTreeSet};
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
    let wanted: BTreeMap<PathBuf, String> = files(shelf)?.into_iter().map(|(name, text)| (directory.join(name), text)).collect();
    for stale in written_before(directory)?.iter().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(stale).with_context(|| format!("cannot remove {}", stale.display()))?;
        // A folder that is left without a file goes too; one that holds something else stays.
        let _ = stale.parent().filter(|folder| *folder != directory).map(fs::remove_dir);
    }
    for (path, text) in wanted {
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            path.parent().map_or(Ok(()), fs::create_dir_all).with_context(|| format!("cannot make the folder of {}", path.display()))?;
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
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

/// Our files in the folder, and in the folders in it.
fn written_before(directory: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut ours = BTreeSet::new();
    for path in entries(directory)? {
        let inside = if path.is_dir() { entries(&path)? } else { vec![path] };
        ours.extend(inside.into_iter().filter(|path| fs::read_to_string(path).is_ok_and(|text| text.starts_with(HEADER))));
    }
    Ok(ours)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    Ok(entries.into_iter().map(|entry| entry.path()).collect())
}
