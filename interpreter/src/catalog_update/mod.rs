//! Catalog update: decides for each entry of a catalog that changes at run time whether its new form runs,
//! the last accepted one, or neither except for deletions. Pure: watching files, storing accepted forms and
//! starting controllers is left to the caller.

mod compatibility;
mod decide;
mod input;
mod last_accepted;
mod outcome;
mod rejections;
mod types;
mod verdict;

pub use types::{CatalogUpdate, Entry, Form, Standing};

use std::collections::BTreeMap;

use crate::catalog::{Source, merge};
use crate::catalog_update::input::Ground;
use crate::catalog_update::last_accepted::Accepted;

/// Decides on a catalog of built-in and `added` files, given the forms that were `accepted` before and a
/// check for live resources of a definition. No two added files may have the same path. Entries do not affect
/// each other, except by names that only one can have.
pub fn admit(
    built_in: &[Source],
    added: &[Source],
    accepted: &BTreeMap<String, Form>,
    lives: &dyn Fn(&str) -> bool,
) -> CatalogUpdate {
    let accepted = Accepted::read(accepted);
    let mut order: Vec<&Source> = added.iter().collect();
    // Accepted files keep their names before any new file, whatever the paths are.
    order.sort_by_key(|source| (!accepted.has_file(&source.path), &source.path));
    let merged = merge(built_in, &order);
    let ground = Ground { built_in, added, accepted: &accepted, merged: &merged, lives };
    outcome::update(&ground, ground.settle())
}
