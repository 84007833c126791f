//! The resource is gone, but an answer of this process may not be recorded, a creation of it may be unanswered,
//! or the operator did not release the add-on.

use crate::plan::backoff::OperationKind;
use crate::plan::deletion_policy::DeletionPolicy;
use crate::plan::ending::Kept;
use crate::plan::holder;
use crate::plan::observed::Entry;
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, Release, names, same};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::rollback::roll_back;
use crate::plan::states::twins::leftover;
use crate::plan::step::{Plan, Read, Step};

/// The reason to keep an add-on of a resource that is gone.
const RETAINED: &str = "the resource is gone, and its deletion policy is not `delete`";

/// Cleans up after this process, then rests for good.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let memory = snapshot.memory;
    let is_pending = memory.held.is_some() || memory.unsure.is_some();
    let kept = memory.ending.kept.as_ref().filter(|kept| memory.deleted_at(&kept.ids).is_none());
    if !is_pending && kept.is_none() || (is_pending && snapshot.abandoned.is_some()) {
        return nothing_left(snapshot);
    }
    if !snapshot.may_swap() {
        return snapshot.plan(
            State::Gone,
            Step::Read(Read::Live),
            Reason::Deleting,
            "the operator reads the resource from the API server to be sure that it is gone",
        );
    }
    match (&memory.held, kept) {
        (Some(held), _) if is_retained(snapshot) => report(snapshot, &held.ids, RETAINED),
        (Some(held), _) => roll_back(snapshot, State::Gone, held),
        (None, kept) if memory.unsure.is_some() => sweep(snapshot, kept),
        (None, Some(kept)) => unreleased(snapshot, kept),
        (None, None) => nothing_left(snapshot),
    }
}

fn nothing_left(snapshot: &Snapshot<'_>) -> Plan {
    snapshot.plan(
        State::Gone,
        Step::Rest { until: None },
        Reason::Deleting,
        "the resource is gone, and the operator has nothing left to do for it",
    )
}

/// The resource went without the operator: another client removed the finalizer. Deletes the add-on only if
/// this process saw the live resource without it, so that the deletion could not wait; otherwise reports it.
fn unreleased(snapshot: &Snapshot<'_>, kept: &Kept) -> Plan {
    let gone = kept.gone.unwrap_or(snapshot.now.mono);
    if holder::proven_other(snapshot, &kept.ids).is_some() {
        return nothing_left(snapshot);
    }
    let refused =
        snapshot.memory.failures.refused(OperationKind::Listing, snapshot.timing, snapshot.now.mono);
    let refused = refused.map(|failure| failure.message.as_str());
    let denied = snapshot.target.access_denied.as_ref().map(|denied| denied.message.as_str());
    if let Some(why) = denied.or(refused) {
        let because = format!(
            "the resource is gone, another client removed its finalizer, and the operator cannot look for the add-on ({})",
            why.trim_end_matches('.')
        );
        return report(snapshot, &kept.ids, &because);
    }
    let shown = snapshot.listing_since(gone).map(|listing| (listing, listing.entry(&kept.ids)));
    // A new add-on takes its time to show.
    let counts = gone.max(kept.since + snapshot.timing.list_lag);
    match shown {
        Some((_, Some(entry))) if may_delete(snapshot, kept, entry) => {
            let because = format!(
                "deleting {}: the resource was deleted after another client had removed the finalizer",
                names(&kept.ids)
            );
            snapshot.plan(State::Gone, Step::Delete(entry.ids.clone()), Reason::Deleting, because)
        }
        Some((_, Some(_))) => {
            let because = "the resource is gone, and another client removed its finalizer";
            report(snapshot, &kept.ids, because)
        }
        Some((listing, None)) if !listing.suspicious && listing.sent >= counts => nothing_left(snapshot),
        Some(_) | None => {
            let because =
                "the resource went while its add-on was recorded, so the operator looks for the add-on";
            snapshot.look(State::Gone, gone, counts, (Reason::Deleting, because))
        }
    }
}

/// Returns true when the deletion was certainly meant for an add-on that certainly belongs to the resource.
fn may_delete(snapshot: &Snapshot<'_>, kept: &Kept, entry: &Entry) -> bool {
    let is_protected = kept.protected || snapshot.protection.is_some();
    let is_meant = kept.unguarded
        && !is_protected
        && snapshot.abandoned.is_none()
        && policy(snapshot) == DeletionPolicy::Delete;
    is_meant && entry.name_matches
}

/// Returns true when the operator let the add-on go without deleting it.
fn is_released(snapshot: &Snapshot<'_>) -> bool {
    matches!(snapshot.memory.ending.released, Some(Release::Retained | Release::Abandoned))
}

/// Returns true when an add-on of the resource must not be deleted although the resource is gone.
fn is_retained(snapshot: &Snapshot<'_>) -> bool {
    is_released(snapshot) || policy(snapshot) != DeletionPolicy::Delete
}

/// The deletion policy, as the resource last showed it.
fn policy(snapshot: &Snapshot<'_>) -> DeletionPolicy {
    snapshot.memory.ending.policy.unwrap_or(snapshot.deletion_policy)
}

fn report(snapshot: &Snapshot<'_>, ids: &Ids, because: &str) -> Plan {
    let because = format!(
        "{because}, so {} stays at the cloud, with its data and its costs; delete it in the cloud console if it is not needed",
        names(ids)
    );
    snapshot.plan(State::Gone, Step::ReportLeftover(ids.clone()), Reason::Deleting, because)
}

/// Looks for the effect of a creation without an answer, although the resource is gone. The recorded add-on is
/// no such effect, and a retained one has the name of the resource, too.
fn sweep(snapshot: &Snapshot<'_>, kept: Option<&Kept>) -> Plan {
    if is_released(snapshot) {
        return nothing_left(snapshot);
    }
    let is_effect =
        |entry: &Entry| entry.name_matches && kept.is_none_or(|kept| !same(&kept.ids, &entry.ids));
    let counts = snapshot.absence_from().max(snapshot.memory.last_deletion().unwrap_or_default());
    let shown = snapshot.listing_since(counts);
    if let Some(entry) = shown.and_then(|listing| leftover(snapshot, listing, is_effect)) {
        if policy(snapshot) != DeletionPolicy::Delete {
            return report(snapshot, &entry.ids, RETAINED);
        }
        let because = format!("deleting {}: it has the name of a resource that is gone", names(&entry.ids));
        return snapshot.plan(State::Gone, Step::Delete(entry.ids.clone()), Reason::Deleting, because);
    }
    let proof = snapshot.proof_since(counts);
    if proof.is_some_and(|listing| !listing.entries.iter().any(is_effect)) {
        return kept.map_or_else(|| nothing_left(snapshot), |kept| unreleased(snapshot, kept));
    }
    let because = "the resource was deleted before the cloud answered its creation, so the operator looks for the add-on";
    snapshot.look(State::Gone, snapshot.looking_since(), counts, (Reason::Deleting, because))
}
