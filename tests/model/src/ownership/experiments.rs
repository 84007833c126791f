//! The experiments: every rule in several worlds, and each rule taken away.

use super::Ownership;
use super::rules::{Acts, Rules};
use crate::experiment::Experiment;

/// A change of the rules.
type Change = fn(&mut Rules);

/// Every experiment.
pub(crate) fn experiments() -> Vec<Experiment> {
    let whole = WORLDS.iter().map(|world| experiment(("every rule", "", |_| ()), *world));
    let parts = TAKEN_AWAY.iter().flat_map(|(name, about, worlds, change)| {
        let worlds = WORLDS.iter().filter(move |world| worlds.contains(&world.0));
        worlds.map(move |world| experiment((name, about, *change), *world))
    });
    whole.chain(parts).collect()
}

fn experiment(
    (name, about, change): (&str, &'static str, Change),
    (world, settle): (&str, Change),
) -> Experiment {
    let mut rules = Rules::new();
    settle(&mut rules);
    change(&mut rules);
    Experiment::new(format!("ownership: {name} @ {world}"), about, move || Ownership::new(rules))
}

/// The worlds, each with a part of the acts.
const WORLDS: [(&str, Change); 7] = [
    ("two namespaces", |rules| tenants(rules)),
    ("one namespace", |rules| {
        tenants(rules);
        rules.one_namespace = true;
    }),
    ("backups", |rules| {
        rules.acts = Acts { most: 6, backup: true, remove: true, policy: true, ..Acts::default() };
    }),
    ("keys", |rules| {
        rules.acts = Acts { most: 5, keys: true, rename: true, forge: true, assign: true, ..Acts::default() };
    }),
    ("credentials", |rules| {
        rules.acts = Acts { most: 5, credentials: true, forge: true, rename: true, ..Acts::default() };
    }),
    ("two clusters", |rules| {
        (rules.places, rules.confirmable) = (0b101, 0b100);
        rules.acts = Acts {
            most: 5,
            backup: true,
            keys: true,
            rename: true,
            confirm: true,
            assign: true,
            ..Acts::default()
        };
    }),
    ("another finalizer", |rules| {
        rules.acts =
            Acts { most: 6, hold: true, backup: true, remove: true, policy: true, ..Acts::default() };
    }),
];

/// Users of two resources against each other. The second one may confirm claims.
fn tenants(rules: &mut Rules) {
    rules.confirmable = 0b010;
    rules.acts = Acts {
        most: 5,
        copy: true,
        forge: true,
        remove: true,
        rename: true,
        confirm: true,
        policy: true,
        ..Acts::default()
    };
}

const TENANTS: &[&str] = &["two namespaces", "one namespace"];
const BACKUPS: &[&str] = &["backups", "another finalizer"];
const HELD: &[&str] = &["another finalizer"];
const KEYS: &[&str] = &["keys"];
const CLUSTERS: &[&str] = &["two clusters"];
const CREDENTIALS: &[&str] = &["credentials"];

/// A part of the rules, the worlds that it matters in, and the rules without it.
type Part = (&'static str, &'static str, &'static [&'static str], Change);

const TAKEN_AWAY: [Part; 24] = [
    ("no code", "every record is believed", TENANTS, |rules| rules.code = false),
    ("a code without the namespace", "", TENANTS, |rules| rules.code_has_namespace = false),
    ("a code without the name", "", TENANTS, |rules| rules.code_has_name = false),
    ("a record without the cluster", "", CLUSTERS, |rules| rules.cluster = false),
    ("the name decides nothing", "", KEYS, |rules| rules.name_decides = false),
    ("a claim without proof holds", "", TENANTS, |rules| rules.claim_needs_proof = false),
    ("a confirmation for a name of another", "", TENANTS, |rules| {
        rules.confirmation_needs_plain_name = false
    }),
    ("a confirmation despite a claim", "", TENANTS, |rules| rules.confirmation_needs_no_claim = false),
    ("a confirmation without permission", "", TENANTS, |rules| rules.confirmation_needs_permission = false),
    ("what is not proven is signed", "", TENANTS, |rules| rules.signs_proven = false),
    ("one assigned id proves all ids of a record", "", KEYS, |rules| rules.assignment_proves_one = false),
    ("no transfer", "", CLUSTERS, |rules| rules.transfer = false),
    ("a deletion without proof", "", TENANTS, |rules| rules.deletion_needs_proof = false),
    ("no `retain`", "", BACKUPS, |rules| rules.retain = false),
    ("a released record still acts", "", HELD, |rules| rules.release_ends = false),
    ("a leftover of a guarded resource", "never seen live without the finalizer", BACKUPS, |rules| {
        rules.leftover_was_unguarded = false;
    }),
    ("a leftover with another name", "", KEYS, |rules| rules.leftover_has_name = false),
    ("memory outlives the record", "", TENANTS, |rules| rules.memory_ends = false),
    ("memory outlives the credentials", "", CREDENTIALS, |rules| rules.credentials_end_memory = false),
    ("the finalizer stays away", "", BACKUPS, |rules| rules.finalizer_comes_back = false),
    ("a leftover under a restored record", "", BACKUPS, |rules| {
        rules.leftover_spares_restored = false;
    }),
    ("an assignment outweighs a proof", "", KEYS, |rules| {
        rules.assignment_yields = false;
    }),
    ("memory outweighs a proof", "", KEYS, |rules| {
        rules.memory_yields = false;
    }),
    ("a claim forgets the other cluster", "", CLUSTERS, |rules| {
        rules.notes_cluster = false;
    }),
];
