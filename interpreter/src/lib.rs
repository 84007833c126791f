//! Reads a catalog, makes CRDs and pages of it, and plans. Without I/O, clock or dice: time and randomness are parameters.

pub mod catalog;
pub mod catalog_update;
pub mod crd;
pub mod docs;
pub mod exchange;
pub mod plan;
pub mod reconcile;
pub mod resource;
pub mod simulate;
