//! The recorded add-on is not found: verifies it, then waits for the user. An empty database in its place
//! would hide the loss.

use crate::plan::confirmation::{Confirmation, id};
use crate::plan::desired::DesiredState;
use crate::plan::management::Management;
use crate::plan::memory::Missing;
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, names};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::not_created::obstacle;
use crate::plan::step::{Plan, Read, Step};

/// Returns true when an answer says that the recorded add-on does not exist, and no later answer has shown
/// it.
pub(crate) fn suspected(snapshot: &Snapshot<'_>) -> bool {
    let (Some(ids), Some(recorded)) = (snapshot.ids(), &snapshot.memory.recorded) else {
        return false;
    };
    let shown_since = |at| snapshot.listing_since(at).is_some_and(|listing| listing.entry(ids).is_some());
    if let Some(missing) = snapshot.memory.missing {
        return !shown_since(missing.last);
    }
    let proof = snapshot.proof_since(recorded.at + snapshot.timing.list_lag);
    let unmet = proof.is_some_and(|listing| snapshot.memory.last_found.is_none_or(|at| at < listing.sent));
    snapshot.memory.suspect || (unmet && proof.is_some_and(|listing| listing.entry(ids).is_none()))
}

/// Reads the add-on by id, twice, the list lag apart; a list alone proves nothing.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let Some(ids) = snapshot.ids() else {
        return snapshot.stall(
            State::Vanished,
            Reason::ExternalResourceVanished,
            "the record names no add-on",
        );
    };
    let Some(missing) = snapshot.memory.missing else {
        return ask(snapshot, ids, "the cloud no longer shows the add-on, so the operator reads it by id");
    };
    if is_certain(snapshot, missing) {
        return certain(snapshot, ids, missing);
    }
    let again = missing.first + snapshot.timing.list_lag;
    if snapshot.now.mono >= again {
        return ask(snapshot, ids, "one answer may be an outage, so the operator reads the add-on once more");
    }
    let because = format!(
        "the cloud did not find {}; one answer may be an outage, so the operator looks again",
        names(ids)
    );
    snapshot.rest(State::Vanished, again, Reason::Verifying, because)
}

/// Returns true after two answers that are at least the list lag apart.
fn is_certain(snapshot: &Snapshot<'_>, missing: Missing) -> bool {
    missing.last >= missing.first + snapshot.timing.list_lag
}

fn certain(snapshot: &Snapshot<'_>, ids: &Ids, missing: Missing) -> Plan {
    if may_replace(snapshot, ids) {
        let counts = snapshot.absence_from();
        if counts <= snapshot.now.mono {
            return replace(snapshot, ids, missing);
        }
        let because = format!(
            "{} has vanished; the operator waits for the result of an earlier creation before it creates a new add-on",
            names(ids)
        );
        return snapshot.rest(State::Vanished, counts, Reason::Verifying, because);
    }
    let next = missing.last + snapshot.timing.poll_interval;
    if snapshot.now.mono >= next {
        return ask(snapshot, ids, "the operator checks whether the add-on is back");
    }
    let replace = match snapshot.resource.management {
        Management::Manage => {
            let command = Confirmation::Recreate.command(snapshot, id(ids));
            format!(", or create a new, EMPTY one: {command}")
        }
        Management::Observe | Management::Invalid => String::new(),
    };
    let because = format!(
        "the cloud no longer has {}, and the operator does not replace it without confirmation. Restore it in the cloud console{replace}. The operator looks for it at every poll.",
        names(ids)
    );
    snapshot.rest(State::Vanished, next, Reason::ExternalResourceVanished, because)
}

/// Creates a replacement only if a valid list does not show the add-on either: an add-on that an outage hides
/// is not gone.
fn replace(snapshot: &Snapshot<'_>, ids: &Ids, missing: Missing) -> Plan {
    if snapshot.proof_since(missing.last).is_none() {
        let because =
            "the operator lists the add-ons before it creates a new one, to be sure that the old one is gone";
        return snapshot.look(State::Vanished, missing.last, missing.last, (Reason::Verifying, because));
    }
    let because = format!("{} has vanished, so the operator creates a new add-on in its place", names(ids));
    obstacle(snapshot, State::Vanished).unwrap_or_else(|| snapshot.intend(State::Vanished, because))
}

/// Returns true when the add-on holds no data, or when the user confirmed a replacement of exactly this one.
fn may_replace(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    Confirmation::Recreate.is_given(snapshot, ids)
        || matches!(snapshot.desired_state, DesiredState::Clear { stateful: false, .. })
}

fn ask(snapshot: &Snapshot<'_>, ids: &Ids, because: &str) -> Plan {
    snapshot.plan(State::Vanished, Step::Read(Read::Get(ids.clone())), Reason::Verifying, because)
}
