//! What the resource says about itself does not fit: another's record, a status without a record, two that disagree. Writes nothing to the cloud.

use crate::plan::confirmation::{Confirmation, id, without_record};
use crate::plan::desired::Wish;
use crate::plan::holder;
use crate::plan::holder::Holder;
use crate::plan::observed::{Entry, Listing, OtherClaim, RecordSight};
use crate::plan::reason::Reason;
use crate::plan::record::{Record, names};
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::creating::record;
use crate::plan::states::not_created::obstacle;
use crate::plan::step::{Plan, Step};

/// A record that cannot be read may be the only trace of an add-on.
pub(crate) fn unreadable(sight: &Sight<'_>) -> Plan {
    let problem = match &sight.resource.record {
        RecordSight::Unreadable(problem) => problem.as_str(),
        RecordSight::None | RecordSight::Ours(_) | RecordSight::Foreign(..) => "",
    };
    let because = format!("the record cannot be read ({problem}). Nothing is done at the cloud until it is repaired.");
    sight.stall(State::Unreadable, Reason::RecordUnreadable, because)
}

/// Two truths: nothing is written to the cloud, not even a deletion.
pub(crate) fn disagreeing(sight: &Sight<'_>) -> Plan {
    let status = sight.resource.status_id.as_deref().unwrap_or_default();
    let recorded = sight.ids().map(names).unwrap_or_default();
    let because = format!("the record names {recorded}, the status {status}. Nothing is done at the cloud until one of them is corrected.");
    sight.stall(State::Disagreeing, Reason::StatusDisagrees, because)
}

/// A record that does not bind as it stands: one that was written for another uid, or one that names what another resource holds.
pub(crate) fn plan(sight: &Sight<'_>) -> Plan {
    match &sight.resource.record {
        RecordSight::Foreign(record) => foreign(sight, record),
        RecordSight::Ours(_) => claimed(sight),
        RecordSight::None | RecordSight::Unreadable(_) => unreadable(sight),
    }
}

/// A restored backup goes on, a copy does not.
fn foreign(sight: &Sight<'_>, record: &Record) -> Plan {
    let ids = record.ids.clone().unwrap_or_default();
    let named = names(&ids);
    if let Some(holder) = holder::by_other(sight, &ids) {
        return sight.stall(State::Claimed, Reason::Claimed, holder::not_handed_over(sight, &ids, holder));
    }
    if !is_wanted(sight, record) {
        let because = format!(
            "{named} was recorded for {}/{}. To get an add-on of its own for this resource, remove the record: {}. To take this add-on over: {}.",
            record.namespace,
            record.name,
            without_record(sight),
            Confirmation::Claim.command(sight, id(&ids))
        );
        return sight.stall(State::Claimed, Reason::Claimed, because);
    }
    if let OtherClaim::Unknown(kind) = &sight.resource.other_claim {
        return holder::unseen(sight, State::Claimed, kind);
    }
    let because = format!("the record of {named} was written for this resource before it was restored, and goes on under its new uid");
    sight.swap(State::Claimed, Step::Write(restored(sight, record)), Reason::Creating, because)
}

/// The foreign record speaks of an add-on that this resource does not take over: its deletion leaves that one alone.
pub(crate) fn is_others(sight: &Sight<'_>) -> bool {
    let RecordSight::Foreign(record) = &sight.resource.record else { return false };
    record.ids.as_ref().is_none_or(|ids| holder::by_other(sight, ids).is_some()) || !is_wanted(sight, record)
}

/// Same place in the cluster, as after a restored backup; or the user confirmed it.
fn is_wanted(sight: &Sight<'_>, record: &Record) -> bool {
    let same_place = record.namespace == sight.resource.namespace && record.name == sight.resource.name;
    same_place || record.ids.as_ref().is_some_and(|ids| Confirmation::Claim.is_given(sight, ids))
}

/// The status of another operator names an add-on: it is looked up, and taken over.
pub(crate) fn adopting(sight: &Sight<'_>) -> Plan {
    let status = sight.resource.status_id.as_deref().unwrap_or_default();
    let since = sight.looking_since();
    let shown = sight.listing_since(since);
    let named = |listing: &'_ Listing| listing.entries.iter().position(|entry| entry.ids.values().any(|id| id == status));
    if let Some(entry) = shown.and_then(|listing| listing.entries.get(named(listing)?)) {
        return listed(sight, status, entry);
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

/// What bears our name is ours; what bears another one only by the user's word, and never while another resource holds it.
fn listed(sight: &Sight<'_>, status: &str, entry: &Entry) -> Plan {
    if entry.name_matches && entry.same_provider {
        return record(sight, State::Adopting, entry);
    }
    if let Some(holder) = holder::by_other(sight, &entry.ids) {
        let because = format!(
            "the status names {status}, which belongs to {holder} and is not handed over. To get an add-on of its own, delete this resource \
             and create it again without a status."
        );
        return sight.until_listed(State::Adopting, Reason::Claimed, because);
    }
    if !Confirmation::Claim.is_given(sight, &entry.ids) {
        let command = Confirmation::Claim.command(sight, status);
        let because = format!("the status names {status}, which does not bear the name of this resource. To take it over: {command}.");
        return sight.until_listed(State::Adopting, Reason::Claimed, because);
    }
    match &sight.resource.other_claim {
        OtherClaim::Unknown(kind) => holder::unseen(sight, State::Adopting, kind),
        OtherClaim::None | OtherClaim::By(_) => record(sight, State::Adopting, entry),
    }
}

fn absent(sight: &Sight<'_>, status: &str, listing: &Listing) -> Plan {
    if let Some(other) = listing.ours() {
        let because = format!("the status names {status}, the cloud has {} under our name. Correct the status.", names(&other.ids));
        return sight.until_listed(State::Adopting, Reason::StatusDisagrees, because);
    }
    let stateless = matches!(sight.wish, Wish::Clear { stateful: false, .. });
    if stateless || sight.resource.confirmed.recreate.as_deref() == Some(status) {
        let because = format!("{status} has vanished, and a new one in its place is wanted");
        return obstacle(sight, State::Adopting).unwrap_or_else(|| sight.intend(State::Adopting, because));
    }
    let because = format!(
        "the status names {status}, which the cloud does not have{}. Restore it there, or create a new, EMPTY one: {}.",
        within(&sight.home.place.account),
        Confirmation::Recreate.command(sight, status)
    );
    sight.until_listed(State::Adopting, Reason::ExternalResourceVanished, because)
}

/// The account is what the spec says now: whoever has edited it since finds the add-on where it was.
fn within(account: &str) -> String {
    if account.is_empty() { String::new() } else { format!(" in `{account}`, the account of this spec") }
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

/// The recorded add-on is another resource's, or may be: nothing is asked about it by its ids.
pub(crate) fn claimed(sight: &Sight<'_>) -> Plan {
    let Some(ids) = sight.ids() else { return unreadable(sight) };
    if let Holder::Other(other) = holder::holder(sight) {
        return sight.until_listed(State::Claimed, Reason::Claimed, holder::not_handed_over(sight, ids, other));
    }
    let since = holder::recorded_at(sight);
    let because = "another resource claims this add-on too: the list shows whose name it bears";
    sight.look(State::Claimed, since, since + sight.timing.settle, (Reason::Waiting, because))
}
