//! A folder that a command writes as a whole: what it holds is replaced, what it held by the same command before goes, the rest stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Writes every file that is not there already as it should be, and removes those with the same first line that are no longer needed.
pub(super) fn write(directory: &Path, header: &str, files: BTreeMap<String, String>) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let wanted: BTreeMap<PathBuf, String> = files.into_iter().map(|(name, text)| (directory.join(name), text)).collect();
    for stale in written_before(directory, header)?.iter().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(stale).with_context(|| format!("cannot remove {}", stale.display()))?;
        // A folder that is left without a file goes too; one that holds something else stays.
        let _ = stale.parent().filter(|folder| *folder != directory).map(fs::remove_dir);
    }
    for (path, text) in wanted {
        file(&path, &text)?;
    }
    Ok(())
}

/// Writes one file, if it is not there already as it should be.
pub(super) fn file(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        path.parent().map_or(Ok(()), fs::create_dir_all).with_context(|| format!("cannot make the folder of {}", path.display()))?;
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Our files in the folder, and in the folders in it.
fn written_before(directory: &Path, header: &str) -> Result<BTreeSet<PathBuf>> {
    let mut ours = BTreeSet::new();
    for path in entries(directory)? {
        let inside = if path.is_dir() { entries(&path)? } else { vec![path] };
        ours.extend(inside.into_iter().filter(|path| fs::read_to_string(path).is_ok_and(|text| text.starts_with(header))));
    }
    Ok(ours)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    Ok(entries.into_iter().map(|entry| entry.path()).collect())
}
