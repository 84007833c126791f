//! From a file's values to the types: every text in it parsed, every name in these checked.
//!
//! What is written wrong is a problem and a harmless stand-in here, so that one look finds everything; an entry with an error never
//! reaches the catalog.

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
