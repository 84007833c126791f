//! Catalog state: where its files come from, what is accepted, and what is told back about them.

pub(super) mod accepted;
pub(super) mod config_maps;
pub(super) mod feedback;
pub(super) mod state;
