//! Interprets a catalog: checks and compiles it, generates CRDs and docs from it, and plans reconciliations.
//! Performs no I/O and reads neither clock nor random source: time and randomness are parameters.

pub mod catalog;
pub mod catalog_update;
pub mod crd;
pub mod docs;
pub mod exchange;
pub mod manifest;
pub mod plan;
pub mod reconcile;
pub mod resource;
pub mod simulate;
pub mod yaml;
