//! The resource is gone, but an answer of this process may not be recorded, or a creation of it may be
//! unanswered.

use crate::plan::reason::Reason;
use crate::plan::record::names;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::rollback::lost;
use crate::plan::states::twins::leftover;
use crate::plan::step::{Plan, Read, Step};

/// Cleans up after this process, then rests for good.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let memory = snapshot.memory;
    if memory.held.is_none() && memory.unsure.is_none() || snapshot.abandoned {
        return snapshot.plan(
            State::Gone,
            Step::Rest { until: None },
            Reason::Deleting,
            "the resource is gone, and nothing of it is left",
        );
    }
    if !snapshot.may_swap() {
        return snapshot.plan(
            State::Gone,
            Step::Read(Read::Live),
            Reason::Deleting,
            "whether the resource is really gone, only a live read can tell",
        );
    }
    match &memory.held {
        Some(held) => lost(snapshot, State::Gone, held),
        None => sweep(snapshot),
    }
}

/// Looks for the effect of a creation without an answer, although the resource is gone.
fn sweep(snapshot: &Snapshot<'_>) -> Plan {
    let counts = snapshot.absence_from().max(snapshot.memory.last_farewell().unwrap_or_default());
    let shown = snapshot.listing_since(counts);
    if let Some(entry) = shown.and_then(|listing| leftover(snapshot, listing, |entry| entry.name_matches)) {
        let because = format!("{} is left of a resource that is gone", names(&entry.ids));
        return snapshot.plan(State::Gone, Step::Delete(entry.ids.clone()), Reason::Deleting, because);
    }
    let proof = snapshot.proof_since(counts);
    if proof.is_some_and(|listing| !listing.entries.iter().any(|entry| entry.name_matches)) {
        return snapshot.plan(
            State::Gone,
            Step::Rest { until: None },
            Reason::Deleting,
            "the resource is gone, and nothing of it is left",
        );
    }
    let because = "a creation got no answer before the resource went: its effect is looked for";
    snapshot.look(State::Gone, snapshot.looking_since(), counts, (Reason::Deleting, because))
}
