//! Which entries of a catalog that changes while it is used are in force: the new form, the one that was accepted last, or none but for
//! deletions. Pure: who watches files, keeps what is accepted, and starts controllers, is told what to do.

mod compatibility;
mod decide;
mod input;
mod last_accepted;
mod outcome;
mod rejections;
mod types;
mod verdict;

pub use types::{Admission, Entry, Form, Standing};

use std::collections::BTreeMap;

use crate::catalog::{Source, merge};
use crate::catalog_update::input::Ground;
use crate::catalog_update::last_accepted::Accepted;

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
