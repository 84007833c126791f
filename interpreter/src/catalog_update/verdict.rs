//! Verdict on a changed entry.

use crate::catalog::Made;
use crate::crd::{Breaking, acknowledgement};

/// A good entry, held against what was before.
pub(super) struct Verdict {
    /// What it would break, for the resources that live.
    pub(super) breaks: Vec<Breaking>,
    /// The add-on's own file is as it was: what is different is its API.
    pub(super) by_its_api: bool,
}

impl Verdict {
    /// Whether it may be in force.
    pub(super) fn is_accepted(&self, made: &Made) -> bool {
        self.breaks.is_empty() || made.breaks.contains(&acknowledgement(&self.breaks))
    }
}
