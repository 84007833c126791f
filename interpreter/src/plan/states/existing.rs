//! The add-on is recorded: deletes its twins, writes its Secret, and compares it with the spec. Ends in sync.

use std::time::Duration;

use crate::plan::desired::{DesiredState, Difference, Observation};
use crate::plan::reason::Reason;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::in_sync::{
    in_sync_reason, late_change, listed, refresh, rest_in_sync, rest_until_poll, secret,
};
use crate::plan::states::observing::note;
use crate::plan::states::unproven::sign;
use crate::plan::states::{sent, twins, updating};
use crate::plan::step::{Plan, Read, Step};

/// Signs the record first, then plans for twins, then for the Secret, then for the spec, then rests.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let steps = [
        sign,
        twins_first,
        note,
        recorded_secret,
        sent::changed,
        moved,
        desired_state,
        sent::in_sync,
        refresh,
    ];
    steps.iter().find_map(|step| step(snapshot)).unwrap_or_else(|| rest_in_sync(snapshot))
}

fn recorded_secret(snapshot: &Snapshot<'_>) -> Option<Plan> {
    secret(snapshot, State::Recorded)
}

/// Reads a list that would show a twin before the Secret is written, unless there was only one attempt.
fn twins_first(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let (record, ids, recorded) = (snapshot.record()?, snapshot.ids()?, snapshot.memory.recorded.as_ref()?);
    let only_one = record.attempts == 1 && record.attempt.is_none();
    let looked =
        snapshot.listing.is_some_and(|listing| listing.entry(ids).is_some() || listing.sent >= recorded.at);
    if !only_one && !looked {
        let read = Step::Read(Read::Listing { sent_after: recorded.at });
        return Some(snapshot.plan(
            State::Recorded,
            read,
            Reason::Creating,
            "another attempt may have created a second add-on, so the operator lists the add-ons before it writes the Secret",
        ));
    }
    twins::plan(snapshot, State::Recorded)
}

/// Stalls if the spec names another account: it does not move the add-on, and never creates a second one.
fn moved(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let account = &snapshot.record()?.account;
    let wanted = &snapshot.target.location.account;
    (account != wanted).then(|| {
        let because = format!("the add-on belongs to {account} and cannot move to {wanted}. Restore the old value in the spec, or create a new resource.");
        rest_until_poll(snapshot, State::Recorded, Reason::Immutable, because)
    })
}

fn desired_state(snapshot: &Snapshot<'_>) -> Option<Plan> {
    match snapshot.desired_state {
        DesiredState::Unknown => Some(snapshot.plan(
            State::Recorded,
            Step::Read(Read::Offers),
            Reason::Changing,
            "the operator reads what the cloud offers to compare the add-on with its spec",
        )),
        DesiredState::Refused { reason, message } => {
            Some(rest_until_poll(snapshot, State::Recorded, *reason, message))
        }
        DesiredState::Clear { observation, changes, .. } => observe(snapshot, *observation, changes)
            .or_else(|| sent::first(snapshot))
            .or_else(|| updating::begin(snapshot, changes)),
    }
}

/// Plans the read that the comparison needs: after the creation, after every change, and once it is too old.
fn observe(snapshot: &Snapshot<'_>, observation: Observation, changes: &[Difference]) -> Option<Plan> {
    let now = snapshot.now.mono;
    let change = &snapshot.memory.change;
    let settled = late_change(snapshot).filter(|settled| *settled <= now);
    let valid = |at: Duration| [change.done, settled].into_iter().flatten().all(|done| done <= at);
    if let Observation::Listed { from } = observation {
        return Some(listed(snapshot, State::Recorded, from));
    }
    let young = |at: Duration| at + snapshot.timing.observed > now;
    let is_outdated = |at: Duration| snapshot.memory.requested.is_some_and(|requested| at < requested);
    let (known, good) = match observation {
        Observation::Needless | Observation::Listed { .. } => (true, true),
        Observation::Made(at) => (valid(at) && young(at) && !is_outdated(at), valid(at)),
        Observation::Earlier { until } => {
            let good = changes.is_empty() && change.done.or(late_change(snapshot)).is_none();
            (good && until > now && snapshot.memory.requested.is_none(), good)
        }
        Observation::Missing => (false, false),
    };
    let is_earlier = matches!(observation, Observation::Earlier { .. });
    if is_earlier && known && snapshot.listing.is_none() {
        let because = "the operator checks that the add-on still exists";
        let list = Step::Read(Read::Listing { sent_after: Duration::ZERO });
        return Some(snapshot.plan(State::Recorded, list, in_sync_reason(snapshot).0, because));
    }
    let reason = if good && changes.is_empty() { in_sync_reason(snapshot).0 } else { Reason::Changing };
    let because = "the operator reads the add-on to compare it with its spec";
    (!known).then(|| snapshot.plan(State::Recorded, Step::Read(Read::Observed), reason, because))
}
