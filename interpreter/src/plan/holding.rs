//! This process holds the answer to its own creation, and it is not recorded yet: it records it, or, where another was recorded, takes it back.

use super::State;
use super::claimed::adopting;
use super::look::names;
use super::memory::Held;
use super::reason::Reason;
use super::record::same;
use super::sight::Sight;
use super::step::{Plan, Read, Step};

/// Records the answer. A conflict alone is no lost race: only another add-on in a live read is.
pub(super) fn plan(sight: &Sight<'_>) -> Plan {
    let Some(held) = &sight.memory.held else {
        return super::gone::plan(sight);
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

/// Takes back what this process created and nobody will record.
pub(super) fn lost(sight: &Sight<'_>, state: State, held: &Held) -> Plan {
    let because = format!("{} was created in a race that was lost, and is taken back", names(&held.ids));
    sight.plan(state, Step::Delete(held.ids.clone()), Reason::Deleting, because)
}

fn record(sight: &Sight<'_>, held: &Held) -> Plan {
    let record = sight.record_or_new().found(&held.ids).closed(&held.nonce);
    let because = format!("{} was created, and is recorded", names(&held.ids));
    sight.swap(State::Holding, Step::Write(record), Reason::Creating, because)
}
