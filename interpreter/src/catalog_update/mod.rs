//! Catalog update: decides for each entry of a catalog that changes at run time whether its new version runs,
//! the last accepted one, or neither except for deletions. Pure: the caller watches files, stores accepted
//! versions and starts controllers.

mod ability;
mod activation;
mod comparison;
mod compatibility;
mod decide;
mod input;
mod last_accepted;
mod outcome;
mod rejections;
mod types;

pub use ability::{missing_features, not_managed};
pub use activation::{Activation, activation};
pub use types::{CatalogUpdate, Entry, EntryFiles, EntryState};

use std::collections::BTreeMap;

use crate::catalog::{Source, merge};
use crate::catalog_update::input::Input;
use crate::catalog_update::last_accepted::Accepted;

/// Decides on a catalog of built-in and `added` files, given the versions that were `accepted` before and a
/// check for live resources of a definition. No two added files may have the same path. Entries do not affect
/// each other, except by names that only one can have.
pub fn update(
    built_in: &[Source],
    added: &[Source],
    accepted: &BTreeMap<String, EntryFiles>,
    has_resources: &dyn Fn(&str) -> bool,
) -> CatalogUpdate {
    let accepted = Accepted::read(accepted);
    let mut order: Vec<&Source> = added.iter().collect();
    // Accepted files keep their names before any new file, whatever the paths are.
    order.sort_by_key(|source| (!accepted.has_file(&source.path), &source.path));
    let merged = merge(built_in, &order);
    let input = Input { built_in, added, accepted: &accepted, merged: &merged, has_resources };
    outcome::result(&input, input.decide())
}
