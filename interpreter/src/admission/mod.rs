//! Which entries of a catalog that changes while it is used are in force: the new form, the one that was accepted last, or none but for
//! deletions. Pure: who watches files, keeps what is accepted, and starts controllers, is told what to do.

mod accepted;
mod candidate;
mod outcome;
mod refusal;
mod standing;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::{Addon, Catalog, Problem, Source, merge};
use accepted::Accepted;
use standing::Ground;

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

/// Decides on a catalog of what is built in and what is `added`, knowing what was `accepted` before and which definitions have resources that
/// live. No two added files may have one path. Nothing of one entry touches another, but for the names that only one can have.
pub fn admit(built_in: &[Source], added: &[Source], accepted: &BTreeMap<String, Form>, lives: &dyn Fn(&str) -> bool) -> Admission {
    let accepted = Accepted::read(accepted);
    let mut order: Vec<&Source> = added.iter().collect();
    // What was accepted has its names before anything new, whatever the files are called.
    order.sort_by_key(|source| (!accepted.has_file(&source.path), &source.path));
    let merged = merge(built_in, &order);
    let ground = Ground { built_in, added, accepted: &accepted, merged: &merged, lives };
    outcome::admission(&ground, ground.settle())
}
