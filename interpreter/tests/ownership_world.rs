//! Several resources in two clusters, one cloud, and users who write whatever they may: copied and forged records,
//! restored backups, lost keys and finalizers, renamed add-ons. No resource ever uses or deletes an add-on of
//! another one, and none is left behind unreported.
//!
//! `OWNERSHIP_SEED=17 cargo test -p interpreter --test ownership_world` prints the story of one seed, and
//! `OWNERSHIP_FROM=500000 OWNERSHIP_SEEDS=100000` plays others than the first.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "ownership_world/cloud.rs"]
mod cloud;
#[path = "ownership_world/cluster.rs"]
mod cluster;
#[path = "world/dice.rs"]
mod dice;
#[path = "ownership_world/marks.rs"]
mod marks;
#[path = "ownership_world/run.rs"]
mod run;

use run::World;

const SEEDS: u64 = 10_000;

#[test]
fn no_resource_uses_the_add_on_of_another() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    if let Some(seed) = number("OWNERSHIP_SEED") {
        let world = World::played(seed, true);
        println!("{}", world.story.join("\n"));
        assert_eq!(world.violation, None);
        return;
    }
    let seeds = number("OWNERSHIP_SEEDS").or_else(|| number("WORLD_SEEDS")).unwrap_or(SEEDS);
    let mut tally = std::collections::BTreeMap::new();
    let mut broken = Vec::new();
    let first = number("OWNERSHIP_FROM").unwrap_or_default();
    for seed in first..first + seeds {
        let world = World::played(seed, false);
        broken.extend(world.violation.map(|what| format!("OWNERSHIP_SEED={seed}: {what}")));
        for (what, count) in world.tally {
            *tally.entry(what).or_insert(0_u64) += count;
        }
    }
    println!("{tally:#?}");
    let first = broken.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(broken.is_empty(), "{} of {seeds} seeds break an invariant:\n{first}", broken.len());
    if seeds < SEEDS {
        return;
    }
    for (what, least) in [
        ("adopted after a restore", 100),
        ("deleted", 1_000),
        ("OwnedByOther", 1_000),
        ("OwnershipUnproven", 1_000),
        ("retained", 100),
        ("reported", 50),
        ("confirmed", 20),
        ("signed again", 100),
        ("adopted by annotation", 50),
        ("observed", 500),
        ("not found", 100),
        ("changed", 1_000),
        ("marked", 1_000),
        ("mark moved", 50),
        ("found by its mark", 100),
        ("created for a name", 50),
    ] {
        let count = tally.get(what).copied().unwrap_or_default();
        assert!(count >= least, "`{what}` happened only {count} times");
    }
}
