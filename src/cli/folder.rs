//! A folder that a command generates: replaces its files, removes outdated ones, keeps files of others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Writes every file that differs, and removes files with the same first line that are no longer needed.
pub(super) fn write(directory: &Path, header: &str, files: BTreeMap<String, String>) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
    let desired: BTreeMap<PathBuf, String> =
        files.into_iter().map(|(name, text)| (directory.join(name), text)).collect();
    for stale in generated_before(directory, header)?.iter().filter(|path| !desired.contains_key(*path)) {
        fs::remove_file(stale).with_context(|| format!("cannot remove {}", stale.display()))?;
        // Remove a folder that became empty; the call fails for one that is not.
        let _ = stale.parent().filter(|folder| *folder != directory).map(fs::remove_dir);
    }
    for (path, text) in desired {
        file(&path, &text)?;
    }
    Ok(())
}

/// Writes one file if it differs.
pub(super) fn file(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .with_context(|| format!("cannot create the folder of {}", path.display()))?;
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Returns the generated files in the folder and its subfolders.
fn generated_before(directory: &Path, header: &str) -> Result<BTreeSet<PathBuf>> {
    let mut ours = BTreeSet::new();
    for path in entries(directory)? {
        let inside = if path.is_dir() { entries(&path)? } else { vec![path] };
        ours.extend(
            inside
                .into_iter()
                .filter(|path| fs::read_to_string(path).is_ok_and(|text| text.starts_with(header))),
        );
    }
    Ok(ours)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    Ok(entries.into_iter().map(|entry| entry.path()).collect())
}
