//! Models of the rules of clever-operator: small worlds, in which a search visits every interleaving of what
//! processes, users, cloud and cluster may do.
//!
//! The models share no code with the operator: they contain the rules as the documentation describes them, so that
//! each can be taken away, and the story that it prevents be read.

mod creation;
mod experiment;
mod graph;
mod ownership;
mod packing;
mod search;

pub use experiment::{Experiment, Report};

/// Results of a run of every experiment.
const RESULTS: &str = include_str!("../results.txt");

/// Every experiment.
pub fn experiments() -> Vec<Experiment> {
    creation::experiments().into_iter().chain(ownership::experiments()).collect()
}

/// Returns the lines that differ between these results and those of `results.txt`. Results that are missing differ
/// only if these are the results of every experiment.
pub fn differing(lines: &[String], is_whole: bool) -> Vec<String> {
    let expected: Vec<_> = RESULTS.lines().collect();
    let new = lines.iter().filter(|line| !expected.contains(&line.as_str()));
    let missing = expected.iter().filter(|line| is_whole && !lines.iter().any(|own| own == *line));
    let new = new.map(|line| format!("not in results.txt: {line}"));
    new.chain(missing.map(|line| format!("only in results.txt: {line}"))).collect()
}
