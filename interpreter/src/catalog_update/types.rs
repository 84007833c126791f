//! Result of a catalog update: each kind with the version in which it runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::{Addon, Catalog, Problem, Source};

/// The two files of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryFiles {
    /// The add-on's file.
    pub addon: Source,
    /// The API's file.
    pub api: Source,
    /// The entry has other names now: this version only serves to delete the resources under the old ones.
    #[serde(default)]
    pub superseded: bool,
}

/// Decision on a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum EntryState {
    /// The kind runs as its files say.
    InForce,
    /// The kind runs as its files said before: the current files are wrong, or would break live resources.
    LastAccepted,
    /// The files do not describe the kind any more, and resources live: they can only be deleted.
    DeleteOnly,
}

/// A kind that needs a controller.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The name of the add-on in the catalog.
    pub name: String,
    /// The name of its CRD: `plural.group`.
    pub definition: String,
    /// The path of the add-on's file.
    pub file: String,
    /// Both files are built in, unchanged.
    pub built_in: bool,
    /// The decision.
    pub state: EntryState,
    /// The kind, with its API, in the version that runs.
    pub addon: Arc<Addon>,
    /// Hexadecimal digest of the texts of both files and of whether the kind is delete-only: while it is the
    /// same, no controller needs a restart.
    pub digest: String,
}

/// Result of a catalog update.
#[derive(Debug, Default)]
pub struct CatalogUpdate {
    /// The catalog in force, without the delete-only kinds.
    pub catalog: Catalog,
    /// The kinds that need a controller, by definition.
    pub entries: BTreeMap<String, Entry>,
    /// The versions to store for the next update, by definition: every kind that is not purely built in.
    pub accepted: BTreeMap<String, EntryFiles>,
    /// Errors and ineffective parts, sorted by place.
    pub problems: Vec<Problem>,
}
