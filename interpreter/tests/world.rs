//! Tortures the planner in a simulated world: thousands of seeds, and every story that a model check of the protocol found.
//!
//! `WORLD_SEED=17` replays one seed and prints its story; `WORLD_SEEDS=1000000` runs more of them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "world/mod.rs"]
mod world;

use world::generate::script;
use world::run::run;
use world::shrink::{shrink, story};
use world::tally::Tally;

/// As many as every `make test` runs.
const SEEDS: u64 = 10_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn never_two_never_zero_whatever_goes_wrong() {
    if let Some(seed) = number("WORLD_SEED") {
        println!("{}", story(&script(seed)));
        return;
    }
    let seeds = number("WORLD_SEEDS").unwrap_or(SEEDS);
    let mut tally = Tally::default();
    let mut broken = Vec::new();
    for seed in 0..seeds {
        let world = run(&script(seed), false);
        tally.add(&world.tally);
        if let Some(what) = world.violation {
            broken.push((seed, what));
            if broken.len() >= 20 {
                break;
            }
        }
    }
    println!("{tally}");
    for (seed, what) in &broken {
        println!("seed {seed}: {what}");
    }
    if let Some((seed, _)) = broken.first() {
        println!("{}", story(&shrink(&script(*seed))));
    }
    assert!(broken.is_empty());
}
