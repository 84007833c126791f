//! This process holds the answer to its own creation, and it is not recorded yet: it records it, or, where another was recorded, takes it back.

use crate::plan::memory::Held;
use crate::plan::reason::Reason;
use crate::plan::record::{names, same};
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::ownership::adopting;
use crate::plan::states::rollback::lost;
use crate::plan::step::{Plan, Read, Step};

/// Records the answer. A conflict alone is no lost race: only another add-on in a live read is.
pub(crate) fn plan(sight: &Sight<'_>) -> Plan {
    let Some(held) = &sight.memory.held else {
        return crate::plan::states::gone::plan(sight);
    };
    if !sight.may_swap() {
        let because = "whether the answer is recorded already, only a live read can tell";
        return sight.plan(State::Holding, Step::Read(Read::Live), Reason::Creating, because);
    }
    match sight.ids() {
        Some(ids) if !same(ids, &held.ids) => lost(sight, State::Holding, held),
        None if names_another(sight, held) => adopting(sight),
        Some(_) | None => record(sight, held),
    }
}

/// The record is lost, but the status knows of another add-on: that one is recorded first.
fn names_another(sight: &Sight<'_>, held: &Held) -> bool {
    let status = sight.resource.status_id.as_ref().filter(|_| sight.record().is_none());
    status.is_some_and(|status| !held.ids.values().any(|id| id == status))
}

fn record(sight: &Sight<'_>, held: &Held) -> Plan {
    let record = sight.record_or_new().found(&held.ids).closed(&held.nonce);
    let because = format!("{} was created, and is recorded", names(&held.ids));
    sight.swap(State::Holding, Step::Write(record), Reason::Creating, because)
}
