//! Conflicting ownership: another resource's record, or a record and a status that disagree. Writes nothing to
//! the cloud.

use crate::plan::confirmation::{Confirmation, id, without_record};
use crate::plan::holder;
use crate::plan::holder::Holder;
use crate::plan::marking::OtherMark;
use crate::plan::marks;
use crate::plan::observed::{Authenticity, ObservedRecord, OtherClaim};
use crate::plan::proof;
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, RECORD, Record, names};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// Stalls, because a record that cannot be read may be the only trace of an add-on.
pub(crate) fn unreadable(snapshot: &Snapshot<'_>) -> Plan {
    let problem = match &snapshot.resource.record {
        ObservedRecord::Unreadable(problem) => problem.as_str(),
        ObservedRecord::None | ObservedRecord::Ours(_) | ObservedRecord::Foreign(..) => "",
    };
    let because = format!(
        "the annotation `{RECORD}` cannot be read ({problem}). Repair it; until then the operator does nothing at the cloud."
    );
    snapshot.stall(State::Unreadable, Reason::RecordUnreadable, because)
}

/// Stalls, because record and status disagree: nothing is written to the cloud, not even a deletion.
pub(crate) fn disagreeing(snapshot: &Snapshot<'_>) -> Plan {
    let status = snapshot.resource.status_id.as_deref().unwrap_or_default();
    let recorded = snapshot.ids().map(names).unwrap_or_default();
    let because = format!(
        "the record names {recorded}, but the status names {status}. Correct one of them; until then the operator does nothing at the cloud."
    );
    snapshot.stall(State::Disagreeing, Reason::StatusMismatch, because)
}

/// A record that is not valid as it stands: written for another uid, or naming an add-on that another
/// resource holds.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    match &snapshot.resource.record {
        ObservedRecord::Foreign(record) => foreign(snapshot, record),
        ObservedRecord::Ours(_) => claimed(snapshot),
        ObservedRecord::None | ObservedRecord::Unreadable(_) => unreadable(snapshot),
    }
}

/// Continues with the record of a restored backup, and stalls with that of a copy.
fn foreign(snapshot: &Snapshot<'_>, record: &Record) -> Plan {
    let ids = record.ids.clone().unwrap_or_default();
    let is_restored = is_restored(snapshot, record);
    let is_assigned = proof::is_assigned(snapshot, &ids);
    let because = "the operator reads the marks of the add-ons to see whose the recorded one is";
    let unread = marks::look(snapshot, State::Claimed, marks::fresh(snapshot), (Reason::Verifying, because));
    if let Some(plan) = unread.filter(|_| !is_restored) {
        return plan;
    }
    let is_marked = proof::is_marked(snapshot, &ids);
    let may_be_marked = marks::is_ours(snapshot, &ids);
    let other = if is_restored || is_assigned || is_marked { holder::proven_other } else { holder::by_other };
    if let Some(holder) = other(snapshot, &ids) {
        return snapshot.stall(
            State::Claimed,
            Reason::OwnedByOther,
            holder::not_handed_over(snapshot, &ids, holder),
        );
    }
    let renewed = restored(snapshot, record);
    let renewed = if is_restored {
        renewed
    } else {
        // No confirmation hands out what another cluster may still use.
        let may_agree = !proof::is_elsewhere(snapshot, record);
        let may_claim =
            may_agree && snapshot.resource.adoption.on_confirmation && proof::may_be_agreed(snapshot, &ids);
        let since = snapshot.memory.first_seen.unwrap_or_default();
        if (is_assigned || may_be_marked || may_claim) && snapshot.listing_since(since).is_none() {
            let because = "the operator lists the add-ons to see whether the recorded one has the name of another resource";
            let waiting = (Reason::Verifying, because);
            return snapshot.look(State::Claimed, since, since, waiting);
        }
        match proof::claimable(snapshot, &ids).filter(|_| may_agree || is_assigned || is_marked) {
            Some(entry) => proof::claimed(snapshot, renewed, entry),
            None => return refused(snapshot, record, &ids),
        }
    };
    if let OtherClaim::Unknown(kind) = &snapshot.resource.other_claim {
        return holder::unseen(snapshot, State::Claimed, kind);
    }
    let because =
        format!("the record of {} has another uid, so the operator renews it for this resource", names(&ids));
    snapshot.swap(State::Claimed, Step::Write(renewed), Reason::Creating, because)
}

/// Returns true when the foreign record names an add-on that this resource does not take over: its deletion
/// leaves that add-on alone.
pub(crate) fn is_others(snapshot: &Snapshot<'_>) -> bool {
    let ObservedRecord::Foreign(record) = &snapshot.resource.record else { return false };
    record
        .ids
        .as_ref()
        .is_none_or(|ids| holder::proven_other(snapshot, ids).is_some() || !is_restored(snapshot, record))
}

/// Returns true for a record that the operator itself wrote for this kind, namespace and name in this cluster,
/// as after a restored backup. An add-on that another cluster may use is assigned again.
fn is_restored(snapshot: &Snapshot<'_>, record: &Record) -> bool {
    let is_of_this_cluster = record.cluster == snapshot.cluster && !record.names_other;
    snapshot.resource.authenticity == Authenticity::Authentic && is_of_this_cluster
}

fn refused(snapshot: &Snapshot<'_>, record: &Record, ids: &Ids) -> Plan {
    let named = names(ids);
    let resource = snapshot.resource;
    let is_elsewhere = proof::is_elsewhere(snapshot, record);
    let is_same_place = record.namespace == resource.namespace && record.name == resource.name;
    let (reason, recorded) = if is_elsewhere {
        (Reason::OwnedByOther, format!("{named} was recorded in another cluster, which may still use it"))
    } else if is_same_place {
        let doubt = proof::doubt(snapshot);
        (
            Reason::OwnershipUnproven,
            format!("the record names {named}, and nothing proves that it belongs to this resource: {doubt}"),
        )
    } else {
        (Reason::OwnedByOther, format!("{named} was recorded for {}/{}", record.namespace, record.name))
    };
    let entry = snapshot.listing.and_then(|listing| listing.entry(ids));
    let adopt = match entry {
        Some(entry) if !is_elsewhere => proof::ways_to_adopt(snapshot, entry),
        None if resource.adoption.on_confirmation && !is_elsewhere && !is_same_place => {
            format!("To use this add-on: {}.", Confirmation::Claim.command(snapshot, id(ids)))
        }
        Some(_) | None => proof::ways_to_assign(snapshot, id(ids)),
    };
    let because = format!(
        "{recorded}. {adopt} To create a new add-on instead, remove the record: {}.",
        without_record(snapshot)
    );
    snapshot.stall(State::Claimed, reason, because)
}

/// Returns the record under our own uid. Its attempts were made for another object, under another name.
fn restored(snapshot: &Snapshot<'_>, record: &Record) -> Record {
    let resource = snapshot.resource;
    let is_of_same_name = (&record.namespace, &record.name) == (&resource.namespace, &resource.name);
    Record {
        uid: resource.uid.clone(),
        namespace: resource.namespace.clone(),
        name: resource.name.clone(),
        first: None,
        attempts: 0,
        attempt: None,
        released: None,
        // Of another resource, the digests of values say nothing.
        sent: record.sent.clone().filter(|_| is_of_same_name),
        namespace_uid: String::new(),
        ..record.clone()
    }
}

/// The recorded add-on belongs to another resource, or may: no request is sent by its ids.
pub(crate) fn claimed(snapshot: &Snapshot<'_>) -> Plan {
    let Some(ids) = snapshot.ids() else { return unreadable(snapshot) };
    if let Some(user) = user_elsewhere(snapshot) {
        return taken_over(snapshot, ids, user);
    }
    if let Holder::Other(other) = holder::holder(snapshot) {
        return snapshot.until_listed(
            State::Claimed,
            Reason::OwnedByOther,
            holder::not_handed_over(snapshot, ids, other),
        );
    }
    let since = holder::recorded_at(snapshot);
    let because = "another resource claims this add-on too; the operator lists the add-ons to see which of the two names it has";
    snapshot.look(State::Claimed, since, since + snapshot.timing.list_lag, (Reason::Verifying, because))
}

/// Returns the resource of another cluster that has taken the recorded add-on over, by its mark, if there is one.
pub(crate) fn user_elsewhere<'a>(snapshot: &Snapshot<'a>) -> Option<&'a OtherMark> {
    // This resource has adopted the add-on of another cluster, only reads it, or is about to take it back.
    let is_adopted = snapshot.record().is_some_and(|record| record.names_other);
    let is_harmless = is_adopted || snapshot.resource.management.only_reads();
    let ids = snapshot.ids().filter(|ids| !is_harmless && !proof::is_assigned(snapshot, ids))?;
    marks::elsewhere(snapshot, ids).filter(|_| !marks::are_outdated(snapshot, ids))
}

/// Writes nothing more to the cloud, but sees at the next poll whether the other cluster has given the add-on
/// back.
fn taken_over(snapshot: &Snapshot<'_>, ids: &Ids, user: &OtherMark) -> Plan {
    let since = snapshot.now.mono.saturating_sub(snapshot.timing.poll_interval);
    let because = "the operator checks whether the other cluster still uses the add-on";
    let look = marks::look(snapshot, State::Claimed, since, (Reason::OwnedByOther, because));
    if let Some(plan) = look.and_then(|look| marks::quietly(snapshot, look)) {
        return plan;
    }
    let because = format!(
        "{} belongs to {} now, as its mark says, so the operator writes nothing to it, and the deletion of this resource keeps it. {} To create a new \
         add-on, delete this resource and create it again.",
        names(ids),
        user.resource,
        proof::ways_to_assign(snapshot, id(ids))
    );
    snapshot.stall(State::Claimed, Reason::OwnedByOther, because)
}
