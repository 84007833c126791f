//! The resource is being deleted: every add-on of our name goes first, then the finalizer. Needs neither spec
//! nor offers.

use std::time::Duration;

use crate::plan::backoff::{OperationKind, in_words};
use crate::plan::confirmation::{id, with_policy, without_protection, without_record};
use crate::plan::deletion_protection::{DELETION_PROTECTION, DeletionProtection};
use crate::plan::holder;
use crate::plan::holder::{Holder, holder};
use crate::plan::location::AccessDenied;
use crate::plan::management::Management;
use crate::plan::marks;
use crate::plan::observed::{Authenticity, Entry, Listing};
use crate::plan::proof::{doubt, is_proven, ways_to_assign};
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, Record, Release, names, same};
use crate::plan::retain::retention;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::creating::{record, withdraw};
use crate::plan::states::twins::leftover;
use crate::plan::step::{Plan, Read, Step};

/// Longest interval of looks at a namespace that protects its resources.
const NAMESPACE_POLL_INTERVAL: Duration = Duration::from_secs(30);

/// Deletes the recorded add-on, or looks for one that may not be recorded yet.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    if let Some(abandonment) = snapshot.abandoned {
        return finish(snapshot, Release::Abandoned, abandonment.because());
    }
    // An add-on that this process has deleted already is protected no longer.
    let is_deleted = snapshot.ids().is_some_and(|ids| snapshot.memory.deleted_at(ids).is_some());
    if let Some(protection) = snapshot.protection.filter(|_| !is_deleted) {
        return protected(snapshot, protection);
    }
    // A mark that keeps the add-on may be of an earlier time, too.
    let depends = |ids: &&Ids| !is_proven(snapshot) || marks::elsewhere(snapshot, ids).is_some();
    let unread = snapshot.ids().filter(|_| !is_deleted).filter(depends).and_then(|_| {
        let because = "the operator reads the marks of the add-ons to see whose the recorded one is";
        marks::look(snapshot, State::Deleting, marks::fresh(snapshot), (Reason::Deleting, because))
    });
    if let Some(plan) = unread {
        return plan;
    }
    if let Some(plan) = snapshot.ids().filter(|_| !is_deleted).and_then(|ids| retained(snapshot, ids)) {
        return plan;
    }
    match (snapshot.ids(), &snapshot.target.access_denied) {
        (None, Some(access_denied))
            if snapshot.memory.vacant.is_some() && snapshot.memory.unsure.is_none() =>
        {
            finish(
                snapshot,
                Release::Deleted,
                &format!(
                    "the operator created nothing, and may not ask the cloud: {}",
                    access_denied.message
                ),
            )
        }
        (Some(ids), Some(access_denied)) if access_denied.may_delete_own => own(snapshot, ids, access_denied),
        (Some(ids), None) if holder(snapshot) != Holder::This => held_by_other(snapshot, ids),
        (Some(ids), None) if !is_proven(snapshot) => own(snapshot, ids, &unproven(snapshot, ids)),
        (Some(ids), _) => recorded(snapshot, ids),
        (None, _) => unrecorded(snapshot),
    }
}

/// Keeps the add-on, if the resource retains it; waits, if that cannot be told.
fn retained(snapshot: &Snapshot<'_>, ids: &Ids) -> Option<Plan> {
    match retention(snapshot, ids) {
        Ok(None) => None,
        Ok(Some(reason)) => {
            let because = format!("{}, so {} stays at the cloud", reason.because(), names(ids));
            Some(finish(snapshot, Release::Retained, &because))
        }
        Err(invalid) => {
            let because = format!(
                "{}, so the operator does not know whether to delete the add-on. Correct it; to keep the add-on: {}.",
                invalid.problem(),
                invalid.command_to_keep(snapshot)
            );
            Some(snapshot.stall(State::Deleting, Reason::InvalidAnnotation, because))
        }
    }
}

/// Denies the use of a record that does not provably belong to this resource.
fn unproven(snapshot: &Snapshot<'_>, ids: &Ids) -> AccessDenied {
    let message = format!(
        "the record names {}, and nothing proves that it belongs to this resource: {}. {} To delete the resource and keep the add-on: {}.",
        names(ids),
        doubt(snapshot),
        ways_to_assign(snapshot, id(ids)),
        with_policy(snapshot)
    );
    AccessDenied { reason: Reason::OwnershipUnproven, message, may_delete_own: true }
}

/// Waits while an annotation protects the resource: nothing is deleted at the cloud, whatever else is known.
fn protected(snapshot: &Snapshot<'_>, protection: DeletionProtection) -> Plan {
    let command = without_protection(snapshot, protection);
    let because = match protection {
        DeletionProtection::Resource => format!(
            "the annotation `{DELETION_PROTECTION}` protects this resource from deletion, so the operator deletes nothing at the \
             cloud. Kubernetes cannot undo a deletion. To delete the add-on with its data, remove the annotation: {command}."
        ),
        DeletionProtection::Namespace => format!(
            "the annotation `{DELETION_PROTECTION}` of the namespace protects this resource from deletion, so the operator deletes nothing at \
             the cloud. Kubernetes cannot undo a deletion. To delete the add-on with its data, remove the annotation: {command}. The operator looks again within {} s.",
            NAMESPACE_POLL_INTERVAL.as_secs()
        ),
    };
    // No event reports an edit of the namespace.
    let pause = match protection {
        DeletionProtection::Resource => snapshot.timing.poll_interval,
        DeletionProtection::Namespace => snapshot.timing.poll_interval.min(NAMESPACE_POLL_INTERVAL),
    };
    snapshot.rest(State::Deleting, snapshot.now.mono + pause, Reason::DeletionProtected, because)
}

/// Keeps an add-on that another resource holds, and deletes only those that bear this resource's own name.
fn held_by_other(snapshot: &Snapshot<'_>, ids: &Ids) -> Plan {
    match holder(snapshot) {
        Holder::Other(other) => disputed(snapshot, ids, other).unwrap_or_else(|| {
            let because = format!("{} belongs to {other}, so the operator keeps it", names(ids));
            own_alone(snapshot, Release::Retained, &because)
        }),
        Holder::Contested(other) => {
            let because = format!(
                "{other} claims the add-on too; the operator lists the add-ons to see which of the two names it has"
            );
            let since = holder::recorded_at(snapshot);
            snapshot.look(
                State::Deleting,
                since,
                since + snapshot.timing.list_lag,
                (Reason::Deleting, &because),
            )
        }
        Holder::Unseen | Holder::This => holder::look_first(snapshot, State::Deleting, Reason::Deleting),
    }
}

/// Waits if the add-on exists, bears the name of neither resource, and both name it: the first to be deleted
/// must not leave it behind unseen.
fn disputed(snapshot: &Snapshot<'_>, ids: &Ids, other: &str) -> Option<Plan> {
    let listing = snapshot.listing?;
    listing.entry(ids).filter(|entry| !entry.name_matches && entry.held_by.is_none())?;
    let because = format!(
        "{} has the name of neither this resource nor {other}, and both refer to it, so the operator does not delete it and waits. Remove the \
         record of the resource that it does not belong to. For this resource: {}.",
        names(ids),
        without_record(snapshot)
    );
    Some(snapshot.until_listed(State::Deleting, Reason::OwnedByOther, because))
}

/// Deletes by name only. A record is an annotation that others can write, and this one names an account that
/// this resource may not use. An add-on that bears the resource's own name, including the uid, was created
/// for it and is deleted; one that only the record names stays.
fn own(snapshot: &Snapshot<'_>, ids: &Ids, access_denied: &AccessDenied) -> Plan {
    if let Holder::Other(other) = holder(snapshot) {
        return disputed(snapshot, ids, other).unwrap_or_else(|| {
            let because = format!("{} belongs to {other}, so the operator keeps it", names(ids));
            own_alone(snapshot, Release::Retained, &because)
        });
    }
    let shown =
        snapshot.listing_since(own_since(snapshot)).filter(|listing| own_name(snapshot, listing).is_none());
    let others =
        |listing: &&Listing| listing.entries.iter().any(|entry| same(&entry.ids, ids) && !entry.name_matches);
    if shown.is_some_and(|listing| others(&listing)) {
        if snapshot.namespace_terminating {
            let because = format!(
                "the namespace is terminating, and {} does not have the name of this resource, so the operator keeps the add-on",
                names(ids)
            );
            return finish(snapshot, Release::Retained, &because);
        }
        let because = format!(
            "{} {} does not have the name of this resource, so the operator does not delete it.",
            access_denied.message,
            names(ids)
        );
        return snapshot.until_listed(State::Deleting, access_denied.reason, because);
    }
    if snapshot.memory.deleted_at(ids).is_some() {
        return own_alone(
            snapshot,
            Release::Deleted,
            "the list shows no add-on with the name of this resource",
        );
    }
    let because = format!("no list has shown {} since this resource was first seen", names(ids));
    own_alone(snapshot, Release::NotFound, &because)
}

/// Deletes the add-ons that bear this resource's own name, and ends once a list shows no more of them.
fn own_alone(snapshot: &Snapshot<'_>, release: Release, because: &str) -> Plan {
    let (last, since) = (snapshot.memory.last_deletion(), own_since(snapshot));
    if let Some(entry) = snapshot.listing_since(since).and_then(|listing| own_name(snapshot, listing)) {
        return delete(snapshot, &entry.ids, "it has the name of the resource that is being deleted");
    }
    let counts = absence_from(snapshot).max(last.unwrap_or_default());
    // No list has shown the recorded add-on, which may be an outage.
    let absence = holder::recorded_at(snapshot) + snapshot.timing.absence_time;
    let counts = if release == Release::NotFound { counts.max(absence) } else { counts };
    if snapshot
        .proof_since(counts)
        .is_some_and(|listing| !listing.entries.iter().any(|entry| entry.name_matches))
    {
        return finish(snapshot, release, because);
    }
    let counts = last.map_or(counts, |last| counts.max(last + snapshot.timing.list_lag));
    let because = "the operator deletes only add-ons with the name of this resource, and lists them";
    snapshot.look(State::Deleting, since, counts, (Reason::Deleting, because))
}

/// The time at which a list must have been sent to show the add-ons that bear this resource's own name.
fn own_since(snapshot: &Snapshot<'_>) -> Duration {
    snapshot.memory.last_deletion().unwrap_or(holder::recorded_at(snapshot))
}

fn own_name<'a>(snapshot: &Snapshot<'_>, listing: &'a Listing) -> Option<&'a Entry> {
    leftover(snapshot, listing, |entry| entry.name_matches)
}

fn recorded(snapshot: &Snapshot<'_>, ids: &Ids) -> Plan {
    let Some(deleted_at) = snapshot.memory.deleted_at(ids) else {
        return delete(snapshot, ids, "the resource is being deleted");
    };
    let last = snapshot.memory.last_deletion().unwrap_or(deleted_at);
    let ours = |entry: &Entry| entry.name_matches || same(&entry.ids, ids);
    let shown = snapshot.listing_since(deleted_at);
    if let Some(entry) = shown.and_then(|listing| leftover(snapshot, listing, ours)) {
        if snapshot.resource.management == Management::Observe {
            let because =
                format!("the operator only observes now, so {} stays at the cloud", names(&entry.ids));
            return finish(snapshot, Release::Retained, &because);
        }
        return delete(snapshot, &entry.ids, "the list still shows it");
    }
    let counts = absence_from(snapshot).max(last);
    let proof = snapshot.proof_since(counts);
    if let Some(listing) = proof.filter(|listing| !listing.entries.iter().any(ours)) {
        return absent(snapshot, ids, listing);
    }
    if let Some(plan) = gone_early(snapshot, ids, last) {
        return plan;
    }
    // An add-on that still shows may be deleted already; no list shows it once the list lag has passed since
    // the deletion.
    let counts = if proof.is_some() { last + snapshot.timing.list_lag } else { counts };
    let because =
        "the operator deleted the add-on, and keeps the finalizer until the list no longer shows it";
    snapshot.look(State::Deleting, last, counts, (Reason::Deleting, because))
}

/// Ends before the list lag of a young add-on has passed, if no other one can have the name of the resource: a list
/// lacks it, and the cloud does not find it by its id, both since the cloud acknowledged its deletion.
fn gone_early(snapshot: &Snapshot<'_>, ids: &Ids, last: Duration) -> Option<Plan> {
    let listing = snapshot.proof_since(last).filter(|_| !may_have_twin(snapshot, ids))?;
    let ours = |entry: &Entry| entry.name_matches || same(&entry.ids, ids);
    if listing.entries.iter().any(ours) {
        return None;
    }
    let memory = snapshot.memory;
    if memory.missing.is_some_and(|missing| missing.last >= last) {
        return Some(finish(
            snapshot,
            Release::Deleted,
            "the add-on is deleted, and the cloud no longer finds it",
        ));
    }
    let get = Step::Read(Read::Get(ids.clone()));
    let is_held = memory.failures.holding(&get, snapshot.timing, snapshot.now.mono).is_some();
    // The deletion may take a while at the cloud.
    let is_early = memory
        .last_found
        .is_some_and(|at| at >= last && at + (at - last).max(snapshot.timing.look) > snapshot.now.mono);
    let because = "the operator deleted the add-on, and checks that the cloud no longer finds it";
    (!is_held && !is_early).then(|| snapshot.plan(State::Deleting, get, Reason::Deleting, because))
}

/// Returns false when the recorded add-on is the only one that was ever asked for: the one attempt was closed by the
/// answer to its own creation, an authentic record says so, and the cloud acknowledged the deletion.
fn may_have_twin(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    let is_only_one = |record: &Record| {
        record.attempts == 1 && record.attempt.is_none() && record.first.is_some() && record.adopted.is_none()
    };
    let memory = snapshot.memory;
    let is_acknowledged = memory.deletions.of(ids).is_some_and(|deletion| deletion.acknowledged);
    let is_proven = snapshot.resource.authenticity == Authenticity::Authentic;
    let is_sure = memory.held.is_none() && memory.unsure.is_none();
    !(is_acknowledged && is_proven && is_sure && snapshot.record().is_some_and(is_only_one))
}

/// No list shows the add-on. Only the acknowledgement of a deletion proves that it is gone; "not found" may be an
/// outage, so its absence must last.
fn absent(snapshot: &Snapshot<'_>, ids: &Ids, listing: &Listing) -> Plan {
    let deletion = snapshot.memory.deletions.of(ids);
    if deletion.is_none_or(|deletion| deletion.acknowledged) {
        return finish(snapshot, Release::Deleted, "the add-on is deleted, and the list no longer shows it");
    }
    let missing = snapshot.memory.missing.map(|missing| missing.first);
    let since = deletion.map(|deletion| deletion.first).into_iter().chain(missing).min();
    let counts = since.unwrap_or_default() + snapshot.timing.absence_time;
    if listing.sent >= counts {
        let because = format!(
            "the cloud has not found {} since its deletion was requested, and acknowledged none, so the operator lets it go",
            names(ids)
        );
        return finish(snapshot, Release::NotFound, &because);
    }
    let because = format!(
        "the cloud does not find {}, which may be an outage, so the operator keeps the finalizer until it has been missing for {}",
        names(ids),
        in_words(snapshot.timing.absence_time)
    );
    snapshot.look(State::Deleting, since.unwrap_or_default(), counts, (Reason::Deleting, &because))
}

/// The time at which a list must have been sent for absence to count, as for an attempt. Without an open
/// attempt, recorded ids must have had time to show.
fn absence_from(snapshot: &Snapshot<'_>) -> Duration {
    let recorded = snapshot.memory.recorded.as_ref().map(|seen| seen.at + snapshot.timing.list_lag);
    recorded.unwrap_or_default().max(snapshot.absence_from())
}

fn unrecorded(snapshot: &Snapshot<'_>) -> Plan {
    if let Some(own) = snapshot.own().filter(|own| !own.in_flight) {
        return withdraw(snapshot, own, "the resource is being deleted");
    }
    let since = snapshot.looking_since();
    if let Some(entry) = snapshot.listing_since(since).and_then(named) {
        // Recorded before the deletion: another process may hold the add-on as its own answer, and must learn
        // that it is deleted.
        return record(snapshot, State::Deleting, entry);
    }
    let refused =
        snapshot.memory.failures.refused(OperationKind::Listing, snapshot.timing, snapshot.now.mono);
    if let Some(failure) = refused.filter(|_| snapshot.memory.vacant.is_some()) {
        return finish(
            snapshot,
            Release::Deleted,
            &format!(
                "the operator created nothing, and the cloud refuses to list the add-ons: {}",
                failure.message
            ),
        );
    }
    let counts = snapshot.absence_from();
    if snapshot.proof_since(counts).is_some() {
        return finish(snapshot, Release::Deleted, "the list shows no add-on with the name of this resource");
    }
    let because = "the result of a creation is unknown, so the operator keeps the finalizer until the list shows that there is no add-on";
    snapshot.look(State::Deleting, since, counts, (Reason::Deleting, because))
}

fn named(listing: &Listing) -> Option<&Entry> {
    listing.entries.iter().filter(|entry| entry.name_matches).min_by_key(|entry| entry.created)
}

fn delete(snapshot: &Snapshot<'_>, ids: &Ids, because: &str) -> Plan {
    let because = format!("deleting {}: {because}", names(ids));
    snapshot.plan(State::Deleting, Step::Delete(ids.clone()), Reason::Deleting, because)
}

/// Removes the finalizer, and closes the record in the same write.
fn finish(snapshot: &Snapshot<'_>, release: Release, because: &str) -> Plan {
    let closed = snapshot.record().cloned().map(|record| record.released(release));
    snapshot.swap(State::Deleting, Step::RemoveFinalizer(closed), Reason::Deleting, because)
}
