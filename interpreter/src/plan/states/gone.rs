//! The resource is gone, but an answer of this process may not be recorded, or a creation of it may be
//! unanswered.

use crate::plan::reason::Reason;
use crate::plan::record::names;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::rollback::roll_back;
use crate::plan::states::twins::leftover;
use crate::plan::step::{Plan, Read, Step};

/// Cleans up after this process, then rests for good.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let memory = snapshot.memory;
    if memory.held.is_none() && memory.unsure.is_none() || snapshot.abandoned.is_some() {
        return snapshot.plan(
            State::Gone,
            Step::Rest { until: None },
            Reason::Deleting,
            "the resource is gone, and the operator has nothing left to do for it",
        );
    }
    if !snapshot.may_swap() {
        return snapshot.plan(
            State::Gone,
            Step::Read(Read::Live),
            Reason::Deleting,
            "the operator reads the resource from the API server to be sure that it is gone",
        );
    }
    match &memory.held {
        Some(held) => roll_back(snapshot, State::Gone, held),
        None => sweep(snapshot),
    }
}

/// Looks for the effect of a creation without an answer, although the resource is gone.
fn sweep(snapshot: &Snapshot<'_>) -> Plan {
    let counts = snapshot.absence_from().max(snapshot.memory.last_deletion().unwrap_or_default());
    let shown = snapshot.listing_since(counts);
    if let Some(entry) = shown.and_then(|listing| leftover(snapshot, listing, |entry| entry.name_matches)) {
        let because = format!("deleting {}: it has the name of a resource that is gone", names(&entry.ids));
        return snapshot.plan(State::Gone, Step::Delete(entry.ids.clone()), Reason::Deleting, because);
    }
    let proof = snapshot.proof_since(counts);
    if proof.is_some_and(|listing| !listing.entries.iter().any(|entry| entry.name_matches)) {
        return snapshot.plan(
            State::Gone,
            Step::Rest { until: None },
            Reason::Deleting,
            "the resource is gone, and the operator has nothing left to do for it",
        );
    }
    let because = "the resource was deleted before the cloud answered its creation, so the operator looks for the add-on";
    snapshot.look(State::Gone, snapshot.looking_since(), counts, (Reason::Deleting, because))
}
