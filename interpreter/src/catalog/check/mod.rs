//! Checks the rules between the parts of a catalog, beyond the shape of each file: one module per concern.

mod answers;
mod changes;
mod connection_secret;
mod errors;
mod examples;
mod fields;
mod fit;
mod identity;
mod idle;
mod needs;
mod resource;
mod shape;
mod used;
mod visible;

use crate::catalog::compile::addon::Entry;
use crate::catalog::entries::Entries;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Api};

pub use examples::{misfits, stored};

/// Checks an API.
pub(super) fn api(node: &Node, api: &Api, problems: &mut Problems) {
    identity::check(node, api, problems);
    fields::check_shared(node, api, problems);
    changes::check_inherited(node, problems);
    errors::check(node, &api.errors, problems);
    answers::check_inherited(node, problems);
}

/// Checks an add-on against its API.
pub(super) fn addon(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    fields::check(entry, addon, problems);
    needs::check(entry, addon, problems);
    changes::check(entry, addon, problems);
    resource::check(&entry.node, addon, problems);
    visible::check(entry, addon, problems);
    examples::check(&entry.node, addon, problems);
    answers::check(entry, addon, problems);
    idle::check(entry, addon, problems);
}

/// Checks the rules across all add-ons, such as uniqueness. The names of the layer below take precedence.
pub(super) fn all(apis: &Entries, addons: &Entries, below: &Entries, problems: &mut Problems) {
    idle::check_apis(apis, addons, below, problems);
    resource::check_unique(addons, below, problems);
    resource::check_parents(addons, below, problems);
}
