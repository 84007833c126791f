//! The temporary directory of a control plane. It is private and removed on drop; if the process could not
//! remove it, the next control plane does.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const PREFIX: &str = "clever-control-plane-";
const LOCK: &str = "lock";

/// A directory that only this user can read. It is removed when the value is dropped.
#[derive(Debug)]
pub(crate) struct TempDir {
    path: PathBuf,
    _lock: File,
}

impl TempDir {
    /// Creates a directory, and removes abandoned ones: a control plane in a `static` is never dropped, and
    /// the write-ahead log of etcd alone takes 64 MB.
    pub(crate) fn create() -> Result<Self> {
        let parent = std::env::temp_dir();
        remove_abandoned(&parent);
        let path = create_unique(&parent)
            .with_context(|| format!("cannot create a directory in {}", parent.display()))?;
        let lock = lock(&path)?;
        Ok(TempDir { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // If this fails, the next control plane removes the directory.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn create_unique(parent: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let path = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Creates the lock file of a directory. It is renamed to its final name after locking, so that other
/// processes never see it unlocked while its owner lives.
fn lock(folder: &Path) -> Result<File> {
    let unnamed = folder.join("lock.new");
    let file = File::create(&unnamed)?;
    file.lock()?;
    fs::rename(unnamed, folder.join(LOCK))?;
    Ok(file)
}

fn remove_abandoned(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        if is_abandoned(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_abandoned(folder: &Path) -> bool {
    File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_a_folder_whose_owner_is_gone_is_swept() {
        let parent = std::env::temp_dir().join(format!("clever-sweep-{}", std::process::id()));
        let [living, abandoned, foreign] =
            [format!("{PREFIX}living"), format!("{PREFIX}abandoned"), "foreign".to_owned()]
                .map(|name| parent.join(name));
        for folder in [&living, &abandoned, &foreign] {
            fs::create_dir_all(folder).unwrap();
        }
        let held = lock(&living).unwrap();
        drop(lock(&abandoned).unwrap());
        remove_abandoned(&parent);
        assert_eq!([&living, &abandoned, &foreign].map(|folder| folder.exists()), [true, false, true]);
        drop(held);
        fs::remove_dir_all(&parent).unwrap();
    }
}
