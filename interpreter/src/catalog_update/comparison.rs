//! Comparison of a changed entry.

use crate::catalog::CompiledAddon;
use crate::crd::{Breaking, acknowledgement};

/// Comparison of a valid entry with its earlier versions.
pub(super) struct Comparison {
    /// The changes that would break live resources.
    pub(super) breaks: Vec<Breaking>,
    /// The add-on's own file is unchanged: the difference is in its API.
    pub(super) by_its_api: bool,
}

impl Comparison {
    /// Returns true when the entry may be in force.
    pub(super) fn is_accepted(&self, compiled: &CompiledAddon) -> bool {
        self.breaks.is_empty() || compiled.accept_breaking.contains(&acknowledgement(&self.breaks))
    }
}
