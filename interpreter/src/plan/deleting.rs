//! The resource is being deleted: everything of our name goes first, then the finalizer. Needs neither spec nor offers.

use super::State;
use super::creating::{record, withdraw};
use super::look::names;
use super::reason::Reason;
use super::record::{Ids, same};
use super::sight::{Entry, Listing, Sight};
use super::step::{Plan, Step};
use super::trouble::Errand;
use super::twins::leftover;

/// Deletes what is recorded, or looks for what may not be recorded yet.
pub(super) fn plan(sight: &Sight<'_>) -> Plan {
    if sight.abandoned {
        return finish(sight, "the definition of the resource goes: the add-on stays, and is not managed any more");
    }
    match sight.ids() {
        Some(ids) => recorded(sight, ids),
        None => unrecorded(sight),
    }
}

fn recorded(sight: &Sight<'_>, ids: &Ids) -> Plan {
    let Some(farewell) = sight.memory.farewell(ids) else {
        return delete(sight, ids, "the resource is being deleted, and its add-on with it");
    };
    let last = sight.memory.last_farewell().unwrap_or(farewell);
    let ours = |entry: &Entry| entry.name_matches || same(&entry.ids, ids);
    let shown = sight.listing_since(farewell);
    if let Some(entry) = shown.and_then(|listing| leftover(sight, listing, ours)) {
        return delete(sight, &entry.ids, "the list shows that it is still there");
    }
    let counts = absence_from(sight).max(last);
    let proof = sight.proof_since(counts);
    if proof.is_some_and(|listing| !listing.entries.iter().any(ours)) {
        return finish(sight, "the add-on is deleted, and the list shows nothing more of it");
    }
    // What still shows may be a shadow, which no list has once the deletion has settled.
    let counts = if proof.is_some() { last + sight.timing.settle } else { counts };
    let because = "the add-on was deleted; the finalizer stays until a list, sent late enough, shows nothing more of it";
    sight.look(State::Deleting, last, counts, (Reason::Deleting, because))
}

/// What counts for an attempt counts here; with none open, what is recorded must have had time to show.
fn absence_from(sight: &Sight<'_>) -> std::time::Duration {
    let recorded = sight.memory.recorded.as_ref().map(|seen| seen.at + sight.timing.settle);
    recorded.unwrap_or_default().max(sight.absence_from())
}

fn unrecorded(sight: &Sight<'_>) -> Plan {
    if let Some(own) = sight.own().filter(|own| !own.in_flight) {
        return withdraw(sight, own, "the resource is being deleted");
    }
    let since = sight.looking_since();
    if let Some(entry) = sight.listing_since(since).and_then(named) {
        // Recorded first: another process may hold it as its own answer, and must learn of its end.
        return record(sight, State::Deleting, entry);
    }
    let refused = sight.memory.troubles.refused(Errand::Listing, sight.timing, sight.now.mono);
    if let Some(trouble) = refused.filter(|_| sight.memory.vacant.is_some()) {
        return finish(sight, &format!("nothing was ever created, and the cloud will not say more: {}", trouble.message));
    }
    let counts = sight.absence_from();
    if sight.proof_since(counts).is_some() {
        return finish(sight, "the list, sent late enough, shows nothing of our name");
    }
    let because = "a creation may still take effect; the finalizer stays until a list, sent late enough, shows that nothing came of it";
    sight.look(State::Deleting, since, counts, (Reason::Deleting, because))
}

fn named(listing: &Listing) -> Option<&Entry> {
    listing.entries.iter().filter(|entry| entry.name_matches).min_by_key(|entry| entry.created)
}

fn delete(sight: &Sight<'_>, ids: &Ids, because: &str) -> Plan {
    let because = format!("{}: {because}", names(ids));
    sight.plan(State::Deleting, Step::Delete(ids.clone()), Reason::Deleting, because)
}

fn finish(sight: &Sight<'_>, because: &str) -> Plan {
    sight.swap(State::Deleting, Step::RemoveFinalizer, Reason::Deleting, because)
}
