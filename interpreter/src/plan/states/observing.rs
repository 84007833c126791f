//! The resource only observes its add-on: differences from the spec are shown, and never applied, also not when
//! the resource is managed again.

use crate::plan::backoff::pause_between_repairs;
use crate::plan::desired::Difference;
use crate::plan::reason::Reason;
use crate::plan::record::Record;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::in_sync::{obstructed, rest_until_poll};
use crate::plan::step::{Plan, Step};

/// Notes in the record that the spec of this generation was not applied: managed again, the resource is like
/// one that has just adopted its add-on, and waits for the user's agreement.
pub(crate) fn note(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let record = snapshot.record().filter(|_| snapshot.resource.management.only_reads())?;
    if record.adopted == Some(snapshot.resource.generation) {
        return None;
    }
    let pause = pause_between_repairs(snapshot.memory.signed, snapshot.timing);
    let is_due = pause.is_none_or(|until| until <= snapshot.now.mono);
    let record = Record { adopted: Some(snapshot.resource.generation), ..record.clone() };
    let because = "the operator only observes the add-on, and notes that it did not apply the spec";
    is_due.then(|| snapshot.swap(State::Recorded, Step::Write(record), Reason::Observed, because))
}

/// Shows the differences from the spec, if the resource only observes.
pub(crate) fn differences(snapshot: &Snapshot<'_>, changes: &[Difference]) -> Option<Plan> {
    if !snapshot.resource.management.only_reads() || changes.is_empty() {
        return None;
    }
    let all: Vec<_> = changes.iter().map(|change| format!("{}: {}", change.field, change.what)).collect();
    let because =
        format!("the operator only observes the add-on, and it differs from the spec ({}).", all.join("; "));
    Some(
        obstructed(snapshot)
            .unwrap_or_else(|| rest_until_poll(snapshot, State::Settled, Reason::Observed, because)),
    )
}
