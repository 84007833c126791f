//! The quick part of the experiments: every rule in some worlds, and rules taken away, each of which is caught.
//! `make model` runs all of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use model::{differing, experiments};

/// The width of the names in `results.txt`.
const NAME: usize = 72;

/// Worlds in which every rule holds.
const HOLD: [&str; 4] = [
    "creation: every rule @ plain",
    "creation: every rule @ older add-on",
    "ownership: every rule @ credentials",
    "ownership: every rule @ two clusters",
];

/// Rules taken away.
const CAUGHT: [&str; 8] = [
    "creation: elders are twins @ two from before",
    "creation: absence counts at once on deletion @ plain",
    "creation: no list on deletion @ older add-on",
    "creation: an ambiguous deletion is a deletion @ older add-on",
    "ownership: the name decides nothing @ keys",
    "ownership: memory outlives the credentials @ credentials",
    "ownership: a record without the cluster @ two clusters",
    "ownership: no transfer @ two clusters",
];

/// Runs these experiments, and returns their result lines.
fn run(names: &[&str]) -> Vec<String> {
    let all = experiments();
    let one = |name: &&str| all.iter().find(|one| one.name() == *name).expect(name).run().line;
    names.iter().map(one).collect()
}

#[test]
fn every_rule_together_allows_no_violation() {
    let lines = run(&HOLD);
    for line in &lines {
        assert!(line.contains(" states  holds"), "{line}");
    }
    assert_eq!(differing(&lines, false), Vec::<String>::new());
}

#[test]
fn a_rule_that_is_taken_away_is_missed() {
    let lines = run(&CAUGHT);
    for line in &lines {
        assert!(!line.contains(" states  holds"), "{line}");
    }
    assert_eq!(differing(&lines, false), Vec::<String>::new());
}

#[test]
fn results_name_every_experiment_once() {
    let mut recorded: Vec<_> =
        include_str!("../results.txt").lines().map(|line| line[..NAME].trim().to_owned()).collect();
    let mut all: Vec<_> = experiments().iter().map(|one| one.name().to_owned()).collect();
    recorded.sort();
    all.sort();
    assert_eq!(recorded, all, "run `UPDATE_EXPECTED=1 make model`");
}
