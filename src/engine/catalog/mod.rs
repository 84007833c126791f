//! Catalog state: sources of the files, the last accepted version, and feedback to the authors.

pub(super) mod accepted;
pub(super) mod config_maps;
pub(super) mod feedback;
pub(super) mod state;
