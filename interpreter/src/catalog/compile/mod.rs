//! Compiles a file's values into types: parses every text, and checks every name in it.
//!
//! An invalid value is reported and replaced by a harmless default, so that one run finds all problems. An
//! entry with an error never reaches the catalog.

pub(super) mod addon;
pub(super) mod api;
mod auth;
pub(super) mod change;
pub(super) mod field;
pub(super) mod offer;
pub(super) mod operations;
pub(super) mod recorded;
pub(super) mod request;
pub(super) mod text;
