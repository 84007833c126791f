//! The resource is gone, but something of this process may not be: an answer that nobody recorded, or a creation without an answer.

use crate::plan::reason::Reason;
use crate::plan::record::names;
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::rollback::lost;
use crate::plan::states::twins::leftover;
use crate::plan::step::{Plan, Read, Step};

/// Cleans up after this process, then rests for good.
pub(crate) fn plan(sight: &Sight<'_>) -> Plan {
    let memory = sight.memory;
    if memory.held.is_none() && memory.unsure.is_none() || sight.abandoned {
        return sight.plan(State::Gone, Step::Rest { until: None }, Reason::Deleting, "the resource is gone, and nothing of it is left");
    }
    if !sight.may_swap() {
        return sight.plan(
            State::Gone,
            Step::Read(Read::Live),
            Reason::Deleting,
            "whether the resource is really gone, only a live read can tell",
        );
    }
    match &memory.held {
        Some(held) => lost(sight, State::Gone, held),
        None => sweep(sight),
    }
}

/// Looks for the effect of a creation without an answer, although the resource is gone.
fn sweep(sight: &Sight<'_>) -> Plan {
    let counts = sight.absence_from().max(sight.memory.last_farewell().unwrap_or_default());
    let shown = sight.listing_since(counts);
    if let Some(entry) = shown.and_then(|listing| leftover(sight, listing, |entry| entry.name_matches)) {
        let because = format!("{} is left of a resource that is gone", names(&entry.ids));
        return sight.plan(State::Gone, Step::Delete(entry.ids.clone()), Reason::Deleting, because);
    }
    let proof = sight.proof_since(counts);
    if proof.is_some_and(|listing| !listing.entries.iter().any(|entry| entry.name_matches)) {
        return sight.plan(State::Gone, Step::Rest { until: None }, Reason::Deleting, "the resource is gone, and nothing of it is left");
    }
    let because = "a creation got no answer before the resource went: its effect is looked for";
    sight.look(State::Gone, sight.looking_since(), counts, (Reason::Deleting, because))
}
