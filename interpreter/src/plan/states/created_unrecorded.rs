//! The answer to this process's own creation is not recorded yet: records it, or deletes the add-on if
//! another one was recorded.

use crate::plan::known_addons::Held;
use crate::plan::reason::Reason;
use crate::plan::record::{Record, names, same};
use crate::plan::sent::{Sent, certain};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::adopting::of_status;
use crate::plan::states::rollback::roll_back;
use crate::plan::step::{Plan, Read, Step};

/// Records the answer. A conflict alone is no lost race: only another add-on in a live read is.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let Some(held) = &snapshot.memory.held else {
        return crate::plan::states::gone::plan(snapshot);
    };
    if !snapshot.may_swap() {
        let because = "the operator reads the resource from the API server to see whether the new add-on is recorded already";
        return snapshot.plan(State::Holding, Step::Read(Read::Live), Reason::Creating, because);
    }
    match snapshot.ids() {
        Some(ids) if !same(ids, &held.ids) && snapshot.resource.management.only_reads() => {
            let because = format!(
                "the operator only observes now, so {}, which another attempt made superfluous, stays at the cloud",
                names(&held.ids)
            );
            snapshot.plan(State::Holding, Step::ReportLeftover(held.ids.clone()), Reason::Observed, because)
        }
        Some(ids) if !same(ids, &held.ids) => roll_back(snapshot, State::Holding, held),
        None if names_another(snapshot, held) => of_status(snapshot),
        Some(_) | None => record(snapshot, held),
    }
}

/// Returns true when the record is lost and the status names another add-on, which is recorded first.
fn names_another(snapshot: &Snapshot<'_>, held: &Held) -> bool {
    let status = snapshot.resource.status_id.as_ref().filter(|_| snapshot.record().is_none());
    status.is_some_and(|status| !held.ids.values().any(|id| id == status))
}

fn record(snapshot: &Snapshot<'_>, held: &Held) -> Plan {
    let record = snapshot.record_or_new().found(&held.ids).closed(&held.nonce);
    let sent = own_sent(snapshot, held).or(record.sent.clone());
    let record = Record { sent, ..record };
    let because = format!("the cloud created {}, and the operator records it", names(&held.ids));
    snapshot.swap(State::Holding, Step::Write(record), Reason::Creating, because)
}

/// Returns the values of the attempt that was answered: this creation has sent them.
fn own_sent(snapshot: &Snapshot<'_>, held: &Held) -> Option<Sent> {
    let record = snapshot.record()?;
    record.attempt.as_ref().filter(|attempt| attempt.nonce == held.nonce)?;
    record.sent.as_ref().map(certain)
}
