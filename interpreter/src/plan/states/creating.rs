//! An attempt is open. Under an own attempt the creation is sent once, within its creation window; the effect
//! of any other attempt is waited for. Records the add-on that the list shows.

use std::time::Duration;

use crate::plan::backoff::{OperationKind, doubled};
use crate::plan::marks;
use crate::plan::observed::{Entry, Listing};
use crate::plan::own_attempt::Own;
use crate::plan::reason::Reason;
use crate::plan::record::names;
use crate::plan::sent::is_same_sent;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::former;
use crate::plan::states::not_created::{self, obstacle};
use crate::plan::states::unanswered::unanswered;
use crate::plan::step::{Plan, Step};

/// Our finalizer without a record: the process that put it there may have created an add-on, so it counts as
/// an attempt, first seen when the finalizer was.
pub(crate) fn inherited(snapshot: &Snapshot<'_>) -> Plan {
    waiting(
        snapshot,
        State::Inherited,
        "the finalizer was there before any record, so an add-on may exist; the operator looks for it before it creates one",
    )
}

/// An attempt of another process, or an own one whose answer is not known.
pub(crate) fn unsure(snapshot: &Snapshot<'_>) -> Plan {
    let attempt = snapshot.record().and_then(|record| record.attempt.as_ref());
    let told = ("creation", "an add-on may exist", "it creates another one");
    let because = unanswered(snapshot, attempt, OperationKind::Create, told);
    waiting(snapshot, State::Unsure, &because)
}

/// No attempt is recorded. The effect of an own creation without an answer is looked for even if the spec cannot be
/// fulfilled any more.
pub(crate) fn vacant(snapshot: &Snapshot<'_>) -> Plan {
    let since = snapshot.memory.unsure.unwrap_or_default();
    if let Some(counts) = snapshot.unsure_until() {
        if let Some(entry) = snapshot.listing_since(since).and_then(Listing::ours) {
            return record(snapshot, State::Vacant, entry);
        }
        if snapshot.proof_since(counts).is_none() {
            let because =
                "the result of an earlier creation is unknown, so the operator looks for the add-on";
            let waiting = (Reason::ConfirmingNotCreated, because);
            return snapshot.look(State::Vacant, since, counts, waiting);
        }
    }
    not_created::plan(snapshot, State::Vacant)
}

/// An own attempt, with nothing in flight.
pub(crate) fn intended(snapshot: &Snapshot<'_>) -> Plan {
    let Some(own) = snapshot.own() else {
        return unsure(snapshot);
    };
    let since = own.seen.unwrap_or(snapshot.now.mono);
    if let Some(entry) = snapshot.listing_since(since).and_then(Listing::ours) {
        return record(snapshot, State::Intended, entry);
    }
    match obstacle_to_creation(snapshot) {
        Some(plan) if matches!(plan.step, Step::Rest { .. }) => {
            return withdraw(snapshot, own, &plan.because);
        }
        Some(plan) => return plan,
        None => (),
    }
    let counts = snapshot.unsure_until().unwrap_or_default().max(since);
    if snapshot.proof_since(counts).is_none() {
        let because =
            "the operator recorded the attempt, and lists the add-ons to be sure that there is none yet";
        return snapshot.look(State::Intended, since, counts, (Reason::Creating, because));
    }
    if let Some(plan) = named_since(snapshot, own, since) {
        return plan;
    }
    let recorded = snapshot.record().and_then(|record| record.sent.as_ref());
    if !own.spent && !is_same_sent(recorded, snapshot.desired_state.created()) {
        let because = "the spec was edited after the attempt, so the operator records it again before it creates the add-on";
        return snapshot.intend(State::Intended, because);
    }
    if may_create(snapshot, own) {
        return snapshot.plan(
            State::Intended,
            Step::Create,
            Reason::Creating,
            "the list shows no add-on for this resource, so the operator creates it",
        );
    }
    renew(snapshot, own)
}

/// Looks once more for the add-on that an annotation names: another resource may have been given the name since the
/// look before the attempt.
fn named_since(snapshot: &Snapshot<'_>, own: &Own, since: Duration) -> Option<Plan> {
    snapshot.marking.filter(|marking| marking.name.is_some())?;
    let because = "the operator reads the marks once more to be sure that no add-on has got the name that an annotation asks for";
    if let Some(plan) = marks::look(snapshot, State::Intended, since, (Reason::Creating, because)) {
        return Some(plan);
    }
    let named = marks::read_since(snapshot, since)?.iter().find(|marked| marked.has_name)?;
    Some(withdraw(snapshot, own, &format!("{} has got the name", names(&named.ids))))
}

/// Makes another attempt in place of an own one without effect. If the lists are too slow for the creation
/// window, less and less often.
fn renew(snapshot: &Snapshot<'_>, own: &Own) -> Plan {
    let timing = snapshot.timing;
    let pause = doubled(timing.retry_first, timing.retry_last, snapshot.memory.serial);
    let until = own.started.mono + timing.creation_window + pause;
    if !own.spent && until > snapshot.now.mono {
        let because = "the list came too late for this attempt; the operator makes another one soon";
        return snapshot.rest(State::Intended, until, Reason::ConfirmingNotCreated, because);
    }
    snapshot
        .intend(State::Intended, "the attempt is over and created nothing, so the operator makes a new one")
}

/// Returns true once, for the process that wrote the attempt, and only within the creation window since it
/// *started* that write.
fn may_create(snapshot: &Snapshot<'_>, own: &Own) -> bool {
    !own.spent && snapshot.now.within(snapshot.timing.creation_window, own.started)
}

/// Returns the reason not to create under this attempt now, if any.
fn obstacle_to_creation(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let refused = |operation| snapshot.memory.failures.refused(operation, snapshot.timing, snapshot.now.mono);
    let refused = [OperationKind::Create, OperationKind::Listing].into_iter().find_map(refused);
    let refused = refused.map(|failure| snapshot.stall(State::Intended, failure.reason, &failure.message));
    refused.or_else(|| other_credentials(snapshot)).or_else(|| obstacle(snapshot, State::Intended))
}

/// Stalls if the attempt was written for other credentials than the current ones: the record must name the
/// credentials that create the add-on.
fn other_credentials(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let record = snapshot.record().filter(|record| record.credentials != snapshot.target.secret)?;
    let whose = record
        .credentials
        .as_deref()
        .map_or("the operator".to_owned(), |secret| format!("the Secret `{secret}`"));
    let because = format!("the attempt was made for the credentials of {whose}, and others apply now");
    Some(snapshot.stall(State::Intended, Reason::Creating, because))
}

/// Closes an own attempt under which nothing was sent, so that no process needs to wait for it.
pub(crate) fn withdraw(snapshot: &Snapshot<'_>, own: &Own, because: &str) -> Plan {
    let record = snapshot.record_or_new().closed(&own.nonce);
    snapshot.swap(
        State::Intended,
        Step::Write(record),
        Reason::Creating,
        format!("the operator sent nothing under this attempt, and withdraws it: {because}"),
    )
}

fn waiting(snapshot: &Snapshot<'_>, state: State, because: &str) -> Plan {
    let since = snapshot.looking_since();
    if let Some(entry) = snapshot.listing_since(since).and_then(Listing::ours) {
        return record(snapshot, state, entry);
    }
    let counts = snapshot.absence_from();
    if snapshot.proof_since(counts).is_none() {
        return snapshot.look(state, since, counts, (Reason::ConfirmingNotCreated, because));
    }
    // An attempt of this resource was made after a look for an add-on of a former one.
    let former = || former::plan(snapshot, state).filter(|_| state == State::Inherited);
    obstacle(snapshot, state).or_else(former).unwrap_or_else(|| {
        snapshot.intend(state, "the earlier attempt created nothing, so the operator makes a new one")
    })
}

/// Records the add-on that the list shows. The attempt stays open, because the list is not the answer to it,
/// and a twin may still appear.
pub(crate) fn record(snapshot: &Snapshot<'_>, state: State, entry: &Entry) -> Plan {
    let mut record = snapshot.record_or_new().found(&entry.ids);
    let elder = record.first.is_none_or(|first| entry.created.is_some_and(|created| created < first));
    if elder && record.adopted.is_none() {
        // Nothing in the record was sent to an older add-on.
        (record.adopted, record.sent) = (Some(snapshot.resource.generation), None);
    }
    record.names_other |= entry.names_other;
    let because =
        format!("the list shows {}, so the operator records it for this resource", names(&entry.ids));
    snapshot.swap(state, Step::Write(record), Reason::Creating, because)
}
