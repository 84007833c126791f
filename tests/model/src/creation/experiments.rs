//! The experiments: every rule in many worlds, and each rule taken away.

use super::Creation;
use super::rules::{ListAfterIntent, Rules, Ticks};
use crate::experiment::Experiment;

/// Rules and world of one experiment, with its name and a remark.
struct Row(String, &'static str, Rules);

/// A change of the rules.
type Change = fn(&mut Rules);

/// Every experiment.
pub(crate) fn experiments() -> Vec<Experiment> {
    let whole = WORLDS.iter().map(|world| row("every rule", "", |_| (), *world));
    let single = SINGLE.iter().map(|(name, about, change)| row(name, about, *change, ("", |_| ())));
    let parts = TAKEN_AWAY.iter().chain(&MISREAD).chain(&INSTEAD).flat_map(|(name, about, change)| {
        let is_tried = |world: &str| EVERYWHERE.contains(&world) || ELSEWHERE.contains(&(name, world));
        let worlds = WORLDS.iter().filter(move |world| is_tried(world.0));
        worlds.map(|world| row(name, about, *change, *world))
    });
    let rows = whole.chain(single).chain(parts);
    rows.map(|Row(name, about, rules)| {
        Experiment::new(format!("creation: {name}"), about, move || Creation::new(rules.clone()))
    })
    .collect()
}

fn row(name: &str, about: &'static str, change: Change, (world, settle): (&str, Change)) -> Row {
    let mut rules = Rules::new();
    settle(&mut rules);
    change(&mut rules);
    let name = if world.is_empty() { name.to_owned() } else { format!("{name} @ {world}") };
    Row(name, about, rules)
}

const WORLDS: [(&str, Change); 8] = [
    ("plain", |_| ()),
    ("effect lag", |rules| rules.lag_from_effect = true),
    ("older add-on", |rules| rules.elders = 1),
    ("takeover", |rules| rules.takeover = true),
    ("outages", |rules| (rules.outages, rules.has_status) = (true, true)),
    ("frozen", frozen),
    ("frozen, effect lag", |rules| {
        frozen(rules);
        rules.lag_from_effect = true;
    }),
    ("frozen, outages", |rules| {
        frozen(rules);
        rules.outages = true;
    }),
];

/// The worlds that every part is taken away in.
const EVERYWHERE: [&str; 2] = ["plain", "older add-on"];

/// Parts that matter in larger worlds, with the world.
const ELSEWHERE: [(&str, &str); 15] = [
    ("a finalizer without a record is nothing", "takeover"),
    ("no wait after an own ambiguous answer", "effect lag"),
    ("only the lag after an own ambiguous answer", "effect lag"),
    ("only the lag, then a new attempt", "effect lag"),
    ("an ambiguous answer ends no attempt", "effect lag"),
    ("not found is gone", "outages"),
    ("not found, and any list", "outages"),
    ("not found, and a young list", "outages"),
    ("not found is believed for twins", "outages"),
    ("a missing status disagrees", "outages"),
    ("no list after an acknowledged deletion", "outages"),
    ("no twins are deleted", "frozen"),
    ("every recorded id closes the attempt", "frozen"),
    ("no look once the resource is gone", "frozen"),
    ("not found is believed for twins", "frozen"),
];

/// Processes freeze between the check of their window and the request; one that sent late looks for the effect
/// before it crashes.
fn frozen(rules: &mut Rules) {
    may_crash_late(rules);
    rules.crashes_when_late = false;
}

fn may_crash_late(rules: &mut Rules) {
    (rules.freezes, rules.strict) = (true, false);
}

/// Worlds for every rule at once, and changes that need a world of their own.
const SINGLE: [(&str, &str, Change); 18] = [
    ("every rule @ all", "an add-on from before, outages, status, lag from the effect", |rules| {
        (rules.elders, rules.outages, rules.has_status, rules.lag_from_effect) = (1, true, true, true);
    }),
    ("every rule @ two from before", "a duplicate waits for the user; a deletion deletes both", |rules| {
        rules.elders = 2;
    }),
    ("every rule @ 2, 1, 2", "ticks of window, request and lag; outages", |rules| {
        (rules.ticks, rules.outages) = (Ticks::new(2, 1, 2), true);
    }),
    ("every rule @ 1, 2, 3", "ticks of window, request and lag; outages", |rules| {
        (rules.ticks, rules.outages) = (Ticks::new(1, 2, 3), true);
    }),
    ("every rule @ 3, 3, 3", "ticks of window, request and lag; outages", |rules| {
        (rules.ticks, rules.outages) = (Ticks::new(3, 3, 3), true);
    }),
    ("every rule @ 3, 3, 3, effect lag", "outages", |rules| {
        (rules.ticks, rules.outages, rules.lag_from_effect) = (Ticks::new(3, 3, 3), true, true);
    }),
    ("every rule @ three processes", "", |rules| rules.three_processes = true),
    ("every rule @ frozen, 2, 1, 2", "", |rules| {
        frozen(rules);
        rules.ticks = Ticks::new(2, 1, 2);
    }),
    ("every rule @ frozen, older add-on, outages", "", |rules| {
        frozen(rules);
        (rules.elders, rules.outages) = (1, true);
    }),
    ("every rule @ frozen, may crash late, no deletion", "", |rules| {
        may_crash_late(rules);
        rules.user_deletes = false;
    }),
    (
        "every rule @ frozen, may crash late",
        "the one hole, which cannot be closed: `orphans` lists it",
        may_crash_late,
    ),
    (
        "every rule @ frozen, may crash late, forgiven",
        "what a gone resource leaves counts as good",
        |rules| {
            may_crash_late(rules);
            rules.forgives_gone = true;
        },
    ),
    ("every rule @ lost record", "the record is lost once, finalizer and status stay", |rules| {
        (rules.loses_record, rules.has_status, rules.user_edits) = (true, true, false);
    }),
    ("a tick less before a new attempt @ 2, 1, 2", "", |rules| {
        rules.ticks = Ticks { before_attempt: 4, ..Ticks::new(2, 1, 2) };
    }),
    ("a tick less on deletion @ 2, 1, 2", "", |rules| {
        rules.ticks = Ticks { before_release: 4, ..Ticks::new(2, 1, 2) };
    }),
    ("elders are twins @ two from before", "", |rules| (rules.spares_elders, rules.elders) = (false, 2)),
    ("elders stay on deletion @ two from before", "", |rules| {
        (rules.deletes_elders, rules.elders) = (false, 2)
    }),
    ("a process goes by its pod's name @ plain", "and by the wall clock", |rules| rules.own_by_name = true),
];

const TAKEN_AWAY: [(&str, &str, Change); 32] = [
    ("no creation window", "an own attempt, however old", |rules| rules.window = false),
    ("attempts of others", "every process may send under a young attempt", |rules| {
        rules.only_own_attempts = false;
    }),
    ("no wait before an attempt", "", |rules| rules.ticks.before_attempt = 0),
    ("no list before an attempt", "", |rules| rules.list_before_attempt = false),
    ("an old list after the intent", "", |rules| rules.list_after_intent = ListAfterIntent::Any),
    ("no list after the intent", "", |rules| rules.list_after_intent = ListAfterIntent::Needless),
    ("no list at all", "", |rules| {
        (rules.list_after_intent, rules.list_before_attempt) = (ListAfterIntent::Needless, false);
    }),
    ("only an old list", "none before an attempt, an old one after", |rules| {
        (rules.list_after_intent, rules.list_before_attempt) = (ListAfterIntent::Any, false);
    }),
    ("an ambiguous answer ends no attempt", "", |rules| {
        (rules.ambiguity_ends_attempt, rules.ticks.after_ambiguity) = (false, 0);
    }),
    ("no wait after an own ambiguous answer", "", |rules| rules.ticks.after_ambiguity = 0),
    ("intent without compare-and-swap", "", |rules| rules.swaps_intent = false),
    ("id without compare-and-swap", "", |rules| rules.swaps_record = false),
    ("finalizer without compare-and-swap", "it goes, whatever the record says", |rules| {
        rules.swaps_finalizer = false;
    }),
    ("intent and finalizer in two writes", "", |rules| rules.one_write = false),
    ("a conflict drops the answer", "", |rules| rules.keeps_answer = false),
    ("a conflict is a lost race", "without a live read", |rules| rules.loser_reads_live = false),
    ("the loser deletes while nothing is recorded", "", |rules| rules.loser_needs_recorded_id = false),
    ("no twins are deleted", "", |rules| (rules.deletes_twins, rules.list_before_release) = (false, false)),
    ("Secret at once", "before twins are looked for", |rules| rules.secret_after_twins = false),
    ("absence counts at once on deletion", "", |rules| {
        (rules.ticks.before_release, rules.ticks.after_ambiguity) = (0, 0);
    }),
    ("no list on deletion", "without an id, the finalizer goes", |rules| rules.lists_on_deletion = false),
    ("an ambiguous deletion is a deletion", "", |rules| {
        (rules.ambiguity_keeps_finalizer, rules.list_before_release) = (false, false);
    }),
    ("not found is gone", "without a list", |rules| {
        (rules.lists_after_not_found, rules.list_before_release) = (false, false);
    }),
    ("a finalizer without a record is nothing", "", |rules| rules.bare_is_attempt = false),
    ("every recorded id closes the attempt", "", |rules| rules.attempt_stays_open = false),
    ("not found, and any list", "the list may show the add-on", |rules| rules.list_must_lack = false),
    ("not found, and a young list", "", |rules| rules.id_has_clock = false),
    ("no list after an acknowledged deletion", "", |rules| rules.list_before_release = false),
    ("not found is believed for twins", "", |rules| rules.doubts_not_found = false),
    ("no look once the resource is gone", "", |rules| rules.looks_when_gone = false),
    ("only the lag after an own ambiguous answer", "", |rules| rules.ticks.after_ambiguity = 1),
    ("on deletion, only request and lag", "", |rules| rules.ticks.before_release = 2),
];

const MISREAD: [(&str, &str, Change); 8] = [
    ("the window counts from the answer", "of the intent's write", |rules| rules.window_from_answer = true),
    ("the window is checked before the list", "", |rules| rules.window_before_list = true),
    ("first seen counts per resource", "and not per attempt", |rules| rules.first_seen_by_uid = true),
    ("only the lag, then a new attempt", "after an ambiguous answer", |rules| {
        (rules.only_lag_after_ambiguity, rules.ticks.after_ambiguity) = (true, 1);
    }),
    ("no new intent", "after the wait, a creation under the old attempt", |rules| {
        rules.sends_under_old_attempt = true;
    }),
    ("a clock that jumps", "or the timestamp in the record", |rules| rules.ticks.head_start = 1),
    ("on deletion, unrecorded add-ons go", "without being recorded", |rules| rules.deletes_unrecorded = true),
    ("a missing status disagrees", "with the record", |rules| rules.missing_status_disagrees = true),
];

const INSTEAD: [(&str, &str, Change); 2] = [
    ("an attempt without effect is followed at once", "an improvement, which holds", |rules| {
        rules.renews = true
    }),
    ("a read between list and creation", "an improvement, which holds", |rules| rules.rereads = true),
];
