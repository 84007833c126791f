//! What the resource says about itself does not fit: another's record, a status without a record, two that disagree. Writes nothing to the cloud.

use super::State;
use super::creating::record;
use super::fresh::obstacle;
use super::look::names;
use super::reason::Reason;
use super::record::{Ids, Record};
use super::sight::{Listing, RecordSight, Sight, Wish};
use super::step::{Plan, Read, Step};

/// A record that cannot be read may be the only trace of an add-on.
pub(super) fn unreadable(sight: &Sight<'_>) -> Plan {
    let problem = match &sight.resource.record {
        RecordSight::Unreadable(problem) => problem.as_str(),
        RecordSight::None | RecordSight::Ours(_) | RecordSight::Foreign(..) => "",
    };
    let because = format!("the record cannot be read ({problem}). Nothing is done at the cloud until it is repaired.");
    sight.stall(State::Unreadable, Reason::RecordUnreadable, because)
}

/// Two truths: nothing is written to the cloud, not even a deletion.
pub(super) fn disagreeing(sight: &Sight<'_>) -> Plan {
    let status = sight.resource.status_id.as_deref().unwrap_or_default();
    let recorded = sight.ids().map(names).unwrap_or_default();
    let because = format!("the record names {recorded}, the status {status}. Nothing is done at the cloud until one of them is corrected.");
    sight.stall(State::Disagreeing, Reason::StatusDisagrees, because)
}

/// A record that was written for another uid: a restored backup goes on, a copy does not.
pub(super) fn foreign(sight: &Sight<'_>) -> Plan {
    let RecordSight::Foreign(record, claim) = &sight.resource.record else {
        return unreadable(sight);
    };
    let ids = record.ids.as_ref().map(names).unwrap_or_default();
    if goes_on(sight) {
        let because = format!("the record of {ids} was written for this resource before it was restored, and goes on under its new uid");
        return sight.swap(State::Claimed, Step::Write(restored(sight, record)), Reason::Creating, because);
    }
    let why = match &claim.held_by {
        Some(holder) => format!("is held by {holder}"),
        None => format!("was recorded for {}/{}", record.namespace, record.name),
    };
    let because =
        format!("{ids} {why}. Remove the annotation to get an add-on of its own, or confirm by annotation that this one is claimed.");
    sight.stall(State::Claimed, Reason::Claimed, because)
}

/// Same place in the cluster and nobody else holds it, or somebody confirmed it.
pub(super) fn goes_on(sight: &Sight<'_>) -> bool {
    let RecordSight::Foreign(record, claim) = &sight.resource.record else {
        return false;
    };
    let same_place = record.namespace == sight.resource.namespace && record.name == sight.resource.name;
    let confirmed = record.ids.as_ref().is_some_and(|ids| is_confirmed(sight, ids));
    confirmed || (same_place && claim.held_by.is_none())
}

/// The status of another operator names an add-on: it is looked up, and taken over.
pub(super) fn adopting(sight: &Sight<'_>) -> Plan {
    let status = sight.resource.status_id.as_deref().unwrap_or_default();
    let since = sight.looking_since();
    let shown = sight.listing_since(since);
    let named = |listing: &'_ Listing| listing.entries.iter().position(|entry| entry.ids.values().any(|id| id == status));
    if let Some(entry) = shown.and_then(|listing| listing.entries.get(named(listing)?)) {
        if (entry.name_matches && entry.same_provider) || is_confirmed(sight, &entry.ids) {
            return record(sight, State::Adopting, entry);
        }
        let because = format!("the status names {status}, which does not bear our name. Confirm by annotation that it is claimed.");
        return until_listed(sight, Reason::Claimed, because);
    }
    let counts = sight.absence_from();
    match sight.proof_since(counts) {
        None => sight.look(
            State::Adopting,
            since,
            counts,
            (Reason::Waiting, "the add-on that the status names is looked up before it is taken over"),
        ),
        Some(listing) => absent(sight, status, listing),
    }
}

fn absent(sight: &Sight<'_>, status: &str, listing: &Listing) -> Plan {
    if let Some(other) = listing.ours() {
        let because = format!("the status names {status}, the cloud has {} under our name. Correct the status.", names(&other.ids));
        return until_listed(sight, Reason::StatusDisagrees, because);
    }
    let stateless = matches!(sight.wish, Wish::Clear { stateful: false, .. });
    if stateless || sight.resource.confirmed.recreate.as_deref() == Some(status) {
        let because = format!("{status} has vanished, and a new one in its place is wanted");
        return obstacle(sight, State::Adopting).unwrap_or_else(|| sight.intend(State::Adopting, because));
    }
    let because = format!(
        "the status names {status}, which the cloud does not have{}. Restore it there, or confirm by annotation that it may be recreated.",
        within(&sight.home.place.account)
    );
    until_listed(sight, Reason::ExternalResourceVanished, because)
}

/// Stalled, but looked at again: a person may set it right at the cloud, of which no event tells.
fn until_listed(sight: &Sight<'_>, reason: Reason, because: String) -> Plan {
    let next = sight.listing.map(|listing| listing.sent).unwrap_or_default() + sight.timing.check;
    if next <= sight.now.mono {
        let read = Step::Read(Read::Listing { sent_after: next });
        return sight.plan(State::Adopting, read, reason, "somebody may have set it right at the cloud");
    }
    sight.rest(State::Adopting, next, reason, because)
}

/// The account is what the spec says now: whoever has edited it since finds the add-on where it was.
fn within(account: &str) -> String {
    if account.is_empty() { String::new() } else { format!(" in `{account}`, the account of this spec") }
}

fn is_confirmed(sight: &Sight<'_>, ids: &Ids) -> bool {
    sight.resource.confirmed.claim.as_ref().is_some_and(|named| ids.values().any(|id| id == named))
}

/// The record under our own uid. Attempts were another's, under another name.
fn restored(sight: &Sight<'_>, record: &Record) -> Record {
    let resource = sight.resource;
    Record {
        uid: resource.uid.clone(),
        namespace: resource.namespace.clone(),
        name: resource.name.clone(),
        first: None,
        attempts: 0,
        attempt: None,
        ..record.clone()
    }
}
