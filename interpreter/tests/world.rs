//! Tortures the planner in a simulated world: thousands of seeds, and every story that a model check of the
//! protocol found.
//!
//! `WORLD_SEED=17` replays one seed and prints its story; `WORLD_SEEDS=1000000` runs more of them;
//! `WORLD_STORY='two write'` prints the named stories whose name contains that.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "world/mod.rs"]
mod world;

use interpreter::plan::State;
use world::generate::script;
use world::run::{World, run, run_until};
use world::script::{Event, Kind, Script, User, What, When};
use world::shrink::{shrink, story};
use world::stories;
use world::tally::Tally;

/// As many as every `make test` runs.
const SEEDS: u64 = 10_000;
/// How many failures are enough to see.
const ENOUGH: usize = 5;

#[test]
fn never_two_never_zero_whatever_goes_wrong() {
    if let Some(seed) = number("WORLD_SEED") {
        println!("{}", story(&script(seed)));
        return;
    }
    let mut tally = Tally::default();
    let mut broken: Vec<(u64, String)> = Vec::new();
    for seed in 0..number("WORLD_SEEDS").unwrap_or(SEEDS) {
        let world = run(&script(seed), false);
        tally.add(&world.tally);
        broken.extend(world.violation.map(|what| (seed, what)));
        if broken.len() == ENOUGH {
            break;
        }
    }
    println!("{tally}");
    report(&broken);
    assert!(broken.is_empty(), "{} of {} seeds break an invariant", broken.len(), tally.runs);
    if tally.runs >= SEEDS {
        covers(&tally);
    }
}

/// The same seeds, in each of which the catalog loses the entry at some moment: a second person deletes the
/// resource in half of them.
#[test]
fn an_entry_that_is_gone_takes_nothing_with_it() {
    let mut broken = Vec::new();
    for seed in 0..number("WORLD_SEEDS").unwrap_or(SEEDS) / 5 {
        let mut script = script(seed);
        let event = |at, what| Event { when: When::At(at), what };
        script.events.push(event(seed * 37 % 250_000, What::EntryGone));
        if seed % 2 == 0 {
            script.events.push(event(seed * 37 % 250_000 + seed % 90_000, What::User(User::Deletes)));
        }
        broken.extend(run(&script, false).violation.map(|what| (seed, what, script)));
    }
    for (seed, what, _) in broken.iter().take(ENOUGH) {
        println!("seed {seed}: {what}");
    }
    if let Some((.., script)) = broken.first() {
        println!("{}", story(&shrink(script)));
    }
    assert!(broken.is_empty(), "{} seeds break an invariant", broken.len());
}

#[test]
fn every_story_ends_well() {
    let wanted = std::env::var("WORLD_STORY").ok();
    let mut broken = Vec::new();
    for told in stories::all() {
        let world = run(&told.script(), wanted.is_some());
        if wanted.as_ref().is_some_and(|part| told.name.contains(part.as_str())) {
            println!("── {}\n{}\n", told.name, story(&told.script()));
        }
        broken.extend(outcome(&world).map(|what| format!("{}: {what}", told.name)));
    }
    assert!(broken.is_empty(), "stories that end badly:\n{}", broken.join("\n"));
}

#[test]
fn an_ordinary_creation_costs_four_requests_and_three_writes() {
    let script = Script { seed: 1, ..Script::default() };
    let world = run_until(&script, false, 500_000);
    let steps: Vec<(Kind, u64)> = world.tally.steps.into_iter().collect();
    let expected = [
        (Kind::Live, 1),
        (Kind::List, 1),
        (Kind::Offers, 1),
        (Kind::Observed, 1),
        (Kind::Outputs, 1),
        (Kind::Intend, 1),
        (Kind::Write, 1),
        (Kind::Create, 1),
        (Kind::Secret, 1),
    ];
    assert_eq!(steps, expected, "offers are shared by all resources and cached; the rest is what one costs");
}

/// What is wrong with how a story went, if anything: also if it did not happen at all.
fn outcome(world: &World) -> Option<String> {
    let missing = world.played.iter().filter(|played| !**played).count();
    let skipped = (missing > 0).then(|| format!("{missing} of its events did not happen"));
    world.violation.clone().or(skipped)
}

/// Prints what broke, and the shortest story of the first.
fn report(broken: &[(u64, String)]) {
    for (seed, what) in broken {
        println!("WORLD_SEED={seed}: {what}");
    }
    if let Some((seed, _)) = broken.first() {
        println!("{}", story(&shrink(&script(*seed))));
    }
}

/// Whether every state was met, every step made and every fault suffered, often enough to mean something.
fn covers(tally: &Tally) {
    let unseen = [State::Claimed, State::Disagreeing, State::Unproven, State::Unreadable];
    for state in State::ALL.into_iter().filter(|state| !unseen.contains(state)) {
        let count = tally.states.get(&state).copied().unwrap_or_default();
        assert!(count >= 50, "{state:?} was met only {count} times");
    }
    for (fault, count) in &tally.faults {
        assert!(*count >= 20, "{fault} happened only {count} times");
    }
    assert!(tally.faults.len() >= 24, "only {} kinds of faults happened", tally.faults.len());
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}
