//! The resource is being deleted: everything of our name goes first, then the finalizer. Needs neither spec nor offers.

use std::time::Duration;

use crate::plan::backoff::Errand;
use crate::plan::confirmation::without_record;
use crate::plan::guards::access_denied::{is_proven, unproven};
use crate::plan::holder;
use crate::plan::holder::{Holder, holder};
use crate::plan::location::Barred;
use crate::plan::observed::{Entry, Listing};
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, names, same};
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::creating::{record, withdraw};
use crate::plan::states::twins::leftover;
use crate::plan::step::{Plan, Read, Step};

/// Deletes what is recorded, or looks for what may not be recorded yet.
pub(crate) fn plan(sight: &Sight<'_>) -> Plan {
    if sight.abandoned {
        return finish(sight, "the definition of the resource goes: the add-on stays, and is not managed any more");
    }
    match (sight.ids(), &sight.home.barred) {
        (None, Some(barred)) if sight.memory.vacant.is_some() && sight.memory.unsure.is_none() => {
            finish(sight, &format!("nothing was ever created, and nothing may be asked: {}", barred.message))
        }
        (Some(ids), Some(barred)) if barred.may_delete_own => own(sight, ids, barred),
        (Some(ids), None) if holder(sight) != Holder::This => held_by_other(sight, ids),
        (Some(ids), None) if !is_proven(sight) => own(sight, ids, &unproven(sight)),
        (Some(ids), _) => recorded(sight, ids),
        (None, _) => unrecorded(sight),
    }
}

/// What another resource holds stays, and only what bears this resource's own name goes.
fn held_by_other(sight: &Sight<'_>, ids: &Ids) -> Plan {
    match holder(sight) {
        Holder::Other(other) => {
            disputed(sight, ids, other).unwrap_or_else(|| own_alone(sight, &format!("{} belongs to {other} and stays", names(ids))))
        }
        Holder::Contested(other) => {
            let because = format!("{other} claims the add-on too: the list shows whose name it bears");
            let since = holder::recorded_at(sight);
            sight.look(State::Deleting, since, since + sight.timing.settle, (Reason::Deleting, &because))
        }
        Holder::Unseen | Holder::This => holder::look_first(sight, State::Deleting, Reason::Deleting),
    }
}

/// The add-on is there, bears the name of neither resource, and both name it: whichever goes first must not leave it behind unseen.
fn disputed(sight: &Sight<'_>, ids: &Ids, other: &str) -> Option<Plan> {
    let listing = sight.listing?;
    listing.entry(ids).filter(|entry| !entry.name_matches && entry.held_by.is_none())?;
    let because = format!(
        "{} bears the name of neither this resource nor {other}, which names it too, so it is neither deleted nor left behind. Remove the \
         record of the one that it does not belong to. For this resource: {}.",
        names(ids),
        without_record(sight)
    );
    Some(until_listed(sight, listing, Reason::Claimed, because))
}

/// A record is an annotation that others can write, and it speaks of an account where this resource has no business (any more). What bears
/// the resource's own name, uid and all, was made for it all the same, and goes; what only the record speaks of stays.
fn own(sight: &Sight<'_>, ids: &Ids, barred: &Barred) -> Plan {
    if let Holder::Other(other) = holder(sight) {
        return disputed(sight, ids, other).unwrap_or_else(|| own_alone(sight, &format!("{} belongs to {other} and stays", names(ids))));
    }
    let shown = sight.listing_since(own_since(sight)).filter(|listing| own_name(sight, listing).is_none());
    let others = |listing: &&Listing| listing.entries.iter().any(|entry| same(&entry.ids, ids) && !entry.name_matches);
    if let Some(listing) = shown.filter(others) {
        let because = format!("{} {} bears another name than this resource gives, so it is not deleted.", barred.message, names(ids));
        return until_listed(sight, listing, barred.reason, because);
    }
    own_alone(sight, "the list shows nothing of our name")
}

/// Deletes what bears this resource's own name, and ends once a list shows nothing more of it.
fn own_alone(sight: &Sight<'_>, because: &str) -> Plan {
    let (last, since) = (sight.memory.last_farewell(), own_since(sight));
    if let Some(entry) = sight.listing_since(since).and_then(|listing| own_name(sight, listing)) {
        return delete(sight, &entry.ids, "it bears the name of the resource that is being deleted");
    }
    let counts = absence_from(sight).max(last.unwrap_or_default());
    if sight.proof_since(counts).is_some_and(|listing| !listing.entries.iter().any(|entry| entry.name_matches)) {
        return finish(sight, because);
    }
    let counts = last.map_or(counts, |last| counts.max(last + sight.timing.settle));
    let because = "only what bears the name of this resource is deleted, so the list is asked for it";
    sight.look(State::Deleting, since, counts, (Reason::Deleting, because))
}

/// A list that was sent then or later shows what bears this resource's own name.
fn own_since(sight: &Sight<'_>) -> Duration {
    sight.memory.last_farewell().unwrap_or(holder::recorded_at(sight))
}

fn own_name<'a>(sight: &Sight<'_>, listing: &'a Listing) -> Option<&'a Entry> {
    leftover(sight, listing, |entry| entry.name_matches)
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
fn absence_from(sight: &Sight<'_>) -> Duration {
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

/// Somebody may set it right at the cloud, of which no event tells.
fn until_listed(sight: &Sight<'_>, listing: &Listing, reason: Reason, because: String) -> Plan {
    let next = listing.sent + sight.timing.check;
    if next <= sight.now.mono {
        return sight.plan(State::Deleting, Step::Read(Read::Listing { sent_after: next }), reason, because);
    }
    sight.rest(State::Deleting, next, reason, because)
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
