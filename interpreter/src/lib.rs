//! Reads a catalog, makes CRDs and pages of it, and plans. Without I/O, clock or dice: time and randomness are parameters.

pub mod admission;
pub mod catalog;
pub mod crd;
pub mod exchange;
pub mod manual;
pub mod pass;
pub mod plan;
pub mod replay;
pub mod resource;
