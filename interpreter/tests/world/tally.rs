//! What was done in a run, counted, so that nobody can believe it ran when it did not.

use std::collections::BTreeMap;
use std::fmt;

use interpreter::plan::State;

use super::script::Kind;

/// Counts over one run, or over many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) runs: u64,
    pub(crate) plans: u64,
    pub(crate) steps: BTreeMap<Kind, u64>,
    pub(crate) states: BTreeMap<State, u64>,
    pub(crate) faults: BTreeMap<&'static str, u64>,
    /// Requests to the cloud.
    pub(crate) requests: u64,
    /// The most requests in one run.
    pub(crate) most: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.plans += other.plans;
        self.requests += other.requests;
        self.most = self.most.max(other.requests);
        merge(&mut self.steps, &other.steps);
        merge(&mut self.states, &other.states);
        merge(&mut self.faults, &other.faults);
    }

    pub(crate) fn fault(&mut self, name: &'static str) {
        *self.faults.entry(name).or_default() += 1;
    }
}

fn merge<K: Clone + Ord>(into: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key.clone()).or_default() += count;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} runs, {} plans, {} requests to the cloud (at most {} in one run)",
            self.runs, self.plans, self.requests, self.most
        )?;
        writeln!(f, "steps:  {}", row(&self.steps))?;
        writeln!(f, "states: {}", row(&self.states))?;
        writeln!(f, "faults: {}", row(&self.faults))
    }
}

fn row<K: fmt::Debug>(counts: &BTreeMap<K, u64>) -> String {
    counts
        .iter()
        .map(|(key, count)| format!("{key:?} {count}").replace('"', ""))
        .collect::<Vec<_>>()
        .join(", ")
}
