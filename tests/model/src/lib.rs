//! Models of the rules of clever-operator: small worlds, in which a search visits every interleaving of what
//! processes, users, cloud and cluster may do.
//!
//! The models share no code with the operator: they contain the rules as the documentation says them, so that a
//! rule can be taken away, and the story that it prevents be read.

mod creation;
mod experiment;
mod graph;
mod ownership;
mod packing;
mod search;

pub use experiment::{Experiment, Report};

/// Every experiment.
pub fn experiments() -> Vec<Experiment> {
    creation::experiments().into_iter().chain(ownership::experiments()).collect()
}
