//! The experiments: every rule in several worlds, and each rule taken away.

use super::Ownership;
use super::rules::{Acts, Rules};
use crate::experiment::Experiment;

/// A change of the rules.
type Change = fn(&mut Rules);

/// Every experiment.
pub(crate) fn experiments() -> Vec<Experiment> {
    let whole = WORLDS.iter().map(|world| experiment(("every rule", "", |_| ()), *world));
    let parts = TAKEN_AWAY.iter().flat_map(|part| WORLDS.iter().map(|world| experiment(*part, *world)));
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

/// The worlds that every change is tried in.
const WORLDS: [(&str, Change); 6] = [
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

const TAKEN_AWAY: [(&str, &str, Change); 22] = [
    ("memory is no proof for others", "the planner as it is", |rules| {
        rules.memory_is_proof_for_others = false
    }),
    ("a claim forgets the other cluster", "the planner as it is", |rules| rules.notes_cluster = false),
    ("a leftover under a restored record", "the planner as it is", |rules| {
        rules.leftover_spares_restored = false
    }),
    ("an assignment outweighs a proof", "the planner as it is", |rules| rules.assignment_yields = false),
    ("no code", "every record is believed", |rules| rules.code = false),
    ("a code without the namespace", "", |rules| rules.code_has_namespace = false),
    ("a code without the name", "", |rules| rules.code_has_name = false),
    ("a record without the cluster", "", |rules| rules.cluster = false),
    ("the name decides nothing", "", |rules| rules.name_decides = false),
    ("a claim without proof holds", "", |rules| rules.claim_needs_proof = false),
    ("a confirmation for a name of another", "", |rules| rules.confirmation_needs_plain_name = false),
    ("a confirmation despite a claim", "", |rules| rules.confirmation_needs_no_claim = false),
    ("a confirmation without permission", "", |rules| rules.confirmation_needs_permission = false),
    ("what is not proven is signed", "", |rules| rules.signs_proven = false),
    ("no transfer", "", |rules| rules.transfer = false),
    ("a deletion without proof", "", |rules| rules.deletion_needs_proof = false),
    ("no `retain`", "", |rules| rules.retain = false),
    ("a released record still acts", "", |rules| rules.release_ends = false),
    ("a leftover of a guarded resource", "it was never seen live without the finalizer", |rules| {
        rules.leftover_was_unguarded = false;
    }),
    ("a leftover with another name", "", |rules| rules.leftover_has_name = false),
    ("memory outlives the record", "", |rules| rules.memory_ends = false),
    ("the finalizer stays away", "", |rules| rules.finalizer_comes_back = false),
];
