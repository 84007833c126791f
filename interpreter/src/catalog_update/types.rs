//! Result of a catalog update: each kind with the form in which it runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::{Addon, Catalog, Problem, Source};

/// The two files that a kind is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// The add-on's.
    pub addon: Source,
    /// Its API's.
    pub api: Source,
    /// The entry goes by other names now: this form only serves to delete what still goes by the old ones.
    #[serde(default)]
    pub superseded: bool,
}

/// How a kind stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Standing {
    /// As its files say.
    InForce,
    /// As its files said before: what they say now is wrong, or would break resources that live.
    LastAccepted,
    /// Its files say nothing of it any more, and resources live: they can only be deleted.
    DeleteOnly,
}

/// One kind that needs a controller.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What the add-on is called in the catalog.
    pub name: String,
    /// Its definition: `plural.group`.
    pub definition: String,
    /// The path of the add-on's file.
    pub file: String,
    /// Both its files are built in, as they are.
    pub built_in: bool,
    /// How it stands.
    pub standing: Standing,
    /// The kind, with its API, in the form that counts.
    pub addon: Arc<Addon>,
    /// Of the texts of both files, and of whether it can only be deleted, in hexadecimal: while it is the same there is nothing to restart.
    pub digest: String,
}

/// What became of a catalog.
#[derive(Debug, Default)]
pub struct Admission {
    /// What is in force; not the kinds that can only be deleted.
    pub catalog: Catalog,
    /// All that needs a controller, by definition.
    pub entries: BTreeMap<String, Entry>,
    /// What to keep for the next time, by definition: every kind that is not purely built in.
    pub accepted: BTreeMap<String, Form>,
    /// All that is wrong or for nothing, sorted by place.
    pub problems: Vec<Problem>,
}
