//! Drift of an add-on from its spec: changes that are safe to repeat are sent, the others have an attempt and
//! a look-up, as creation has.

use std::time::Duration;

use crate::plan::backoff::{OperationKind, doubled};
use crate::plan::confirmation::{Confirmation, id};
use crate::plan::desired::{DesiredState, Difference, Observation, Remedy};
use crate::plan::guards::backing_off::back_off;
use crate::plan::own_change::OwnChange;
use crate::plan::reason::Reason;
use crate::plan::record::{Attempt, Ids, Operation, Record};
use crate::plan::sent::Sent;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::drifted::{Drift, impossible, values};
use crate::plan::states::in_sync::{
    external_problem, listed, obstructed, rest_in_sync, rest_until_poll, secret,
};
use crate::plan::states::observing::differences;
use crate::plan::states::twins;
use crate::plan::states::unanswered::unanswered;
use crate::plan::step::{Change, Plan, Progress, Read, Step};
use crate::plan::timing::utc;

/// Returns true while a change is in progress; a failed one is over.
pub(crate) fn is_open(record: &Record) -> bool {
    record.operation.as_ref().is_some_and(|operation| operation.failed.is_none())
}

/// Plans the first step against the drift, if there is any.
pub(crate) fn begin(snapshot: &Snapshot<'_>, changes: &[Difference]) -> Option<Plan> {
    let record = snapshot.record()?;
    if snapshot.resource.management.only_reads() {
        return differences(snapshot, changes);
    }
    if let Some(problem) = external_problem(snapshot).filter(|_| !changes.is_empty()) {
        return Some(rest_until_poll(snapshot, State::Recorded, Reason::InvalidAnnotation, problem));
    }
    if let Some(failed) = record
        .operation
        .as_ref()
        .filter(|operation| operation.generation == snapshot.resource.generation && !changes.is_empty())
    {
        let because = format!(
            "the change `{}` failed: {}. To try again, edit the spec.",
            failed.change,
            failed.failed.as_deref().unwrap_or_default()
        );
        return Some(rest_until_poll(snapshot, State::Recorded, Reason::ChangeFailed, because));
    }
    changes.first()?;
    if keeps_drift(snapshot, record) {
        let all: Vec<_> = changes.iter().collect();
        let because = match all.iter().all(|change| matches!(change.remedy, Remedy::Immutable(_))) {
            true => stays(&all),
            false => {
                let command = record
                    .ids
                    .as_ref()
                    .map(|ids| Confirmation::Apply.command(snapshot, id(ids)))
                    .unwrap_or_default();
                format!("{} Edit the spec, or apply it as it is: {command}.", adopted_as_is(&all))
            }
        };
        return Some(adopted(snapshot, because));
    }
    let drift = Drift::of(snapshot, record, changes);
    correct(snapshot, record, &drift.corrected).or_else(|| drift.hold(snapshot))
}

/// Plans the first step against the differences that are to be applied.
fn correct(snapshot: &Snapshot<'_>, record: &Record, changes: &[Difference]) -> Option<Plan> {
    // A field that cannot take its desired value is reported before any change is sent: the request for
    // another field might include it.
    let refused = changes.iter().find(|change| matches!(change.remedy, Remedy::None(_)));
    if let Some(refused) = refused {
        return Some(impossible(snapshot, refused));
    }
    // An immutable field is reported last: an edit of the spec may ask for a change and also make an ignored
    // field count.
    let next = changes.iter().find_map(|change| match &change.remedy {
        Remedy::Repeatable(name) => Some(repeat(snapshot, bundle(snapshot, name, changes))),
        Remedy::Once(name) => Some(once(snapshot, bundle(snapshot, name, changes))),
        Remedy::None(_) | Remedy::Immutable(_) => None,
    });
    next.or_else(|| match record.adopted {
        Some(_) if !changes.is_empty() => Some(adopted(snapshot, stays(&changes.iter().collect::<Vec<_>>()))),
        Some(_) | None => changes.first().map(|change| impossible(snapshot, change)),
    })
}

/// Rests with a usable adopted add-on; not without its Secret, nor beside another add-on of its name.
fn adopted(snapshot: &Snapshot<'_>, because: String) -> Plan {
    obstructed(snapshot)
        .unwrap_or_else(|| rest_until_poll(snapshot, State::Settled, Reason::Adopted, because))
}

/// Plans for a change that must be made once: its attempt, its request, its progress, its end.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let Some(operation) = snapshot.record().and_then(|record| record.operation.as_ref()) else {
        return rest_in_sync(snapshot);
    };
    if let Some(plan) = twins::plan(snapshot, State::Changing).or_else(|| answered(snapshot, operation)) {
        return plan;
    }
    match (&operation.attempt, &operation.ids) {
        (Some(_), _) => attempted(snapshot, operation),
        (None, _) => follow(snapshot, operation),
    }
}

/// Returns true for an adopted add-on whose spec the user has neither edited nor confirmed since: the spec
/// may never have been true.
fn keeps_drift(snapshot: &Snapshot<'_>, record: &Record) -> bool {
    let confirmed = record.ids.as_ref().is_some_and(|ids| Confirmation::Apply.is_given(snapshot, ids));
    record.adopted == Some(snapshot.resource.generation) && !confirmed
}

fn stays(old: &[&Difference]) -> String {
    format!("{} These fields cannot be changed, so the operator leaves them.", adopted_as_is(old))
}

fn adopted_as_is(changes: &[&Difference]) -> String {
    let differences = values(changes.iter().copied());
    format!("the operator adopted the add-on as it is, and it differs from the spec ({differences}).")
}

/// Returns the change of this name with all its fields, and both values of each for messages.
fn bundle(snapshot: &Snapshot<'_>, name: &str, changes: &[Difference]) -> (Change, String) {
    let covered = |change: &&Difference| matches!(&change.remedy, Remedy::Repeatable(other) | Remedy::Once(other) if other == name);
    let covered: Vec<_> = changes.iter().filter(covered).collect();
    let fields: Vec<_> = covered.iter().map(|change| change.field.clone()).collect();
    (Change { name: name.to_owned(), sent: sent(snapshot, &fields), fields }, values(covered))
}

/// Returns the fields that this change sets now; `None` if the spec cannot be judged.
fn bundled(snapshot: &Snapshot<'_>, name: &str) -> Option<Vec<String>> {
    let DesiredState::Clear { changes, .. } = snapshot.desired_state else { return None };
    Some(bundle(snapshot, name, changes).0.fields).filter(|fields| !fields.is_empty())
}

/// Returns the values that the spec has now for these fields, as far as they are remembered.
fn sent(snapshot: &Snapshot<'_>, fields: &[String]) -> Sent {
    let current = snapshot.desired_state.remembered().and_then(|remembered| remembered.current.as_ref());
    current
        .into_iter()
        .flatten()
        .filter(|(path, _)| fields.contains(path))
        .map(|(path, value)| (path.clone(), value.clone()))
        .collect()
}

/// Sends the change as long as the field differs; more slowly each time, in case the cloud accepts it without
/// effect.
fn repeat(snapshot: &Snapshot<'_>, (change, what): (Change, String)) -> Plan {
    let OwnChange { done, count, .. } = &snapshot.memory.change;
    let pause = doubled(snapshot.timing.retry_first, snapshot.timing.retry_last, *count);
    let until = done.filter(|_| *count > 0).map(|done| done + pause);
    let because = format!("changing the add-on to match the spec ({what})");
    match until.filter(|until| *until > snapshot.now.mono) {
        Some(until) => snapshot.rest(
            State::Changing,
            until,
            Reason::Changing,
            format!("{because}; the operator sends the change again, less often each time"),
        ),
        None => snapshot.plan(State::Changing, Step::Change(change), Reason::Changing, because),
    }
}

/// Writes the attempt only when the change may be sent.
fn once(snapshot: &Snapshot<'_>, (change, what): (Change, String)) -> Plan {
    let because = format!("the spec asks for a change ({what})");
    let send = snapshot.plan(State::Recorded, Step::Change(change.clone()), Reason::Changing, because);
    let held = back_off(snapshot, send);
    if matches!(held.step, Step::Rest { .. }) {
        return held;
    }
    let plan = attempt(snapshot, State::Recorded, change);
    let because = format!("{} ({what})", plan.because);
    if matches!(plan.step, Step::Write(_)) { Plan { because, ..plan } } else { plan }
}

/// Records an attempt, under which this process may send the change once.
fn attempt(snapshot: &Snapshot<'_>, state: State, change: Change) -> Plan {
    let mut record = snapshot.record_or_new();
    let number = record
        .operation
        .as_ref()
        .and_then(|operation| operation.attempt.as_ref())
        .map_or(0, |attempt| attempt.number);
    let attempt = Attempt {
        number: number.saturating_add(1),
        nonce: snapshot.memory.next_nonce(snapshot.process),
        at: snapshot.now.wall,
        by: snapshot.operator.to_owned(),
    };
    let because =
        format!("the operator records the change of {} before it sends it", change.fields.join(", "));
    let Change { name, fields, sent } = change;
    let generation = snapshot.resource.generation;
    record.operation = Some(Operation {
        change: name,
        fields,
        generation,
        sent,
        attempt: Some(attempt),
        ids: None,
        since: None,
        failed: None,
    });
    snapshot.swap(state, Step::Write(record), Reason::Changing, because)
}

/// Records the own answer before any other step.
fn answered(snapshot: &Snapshot<'_>, operation: &Operation) -> Option<Plan> {
    let (_, answer) = snapshot.memory.change.answer.as_ref()?;
    Some(match answer {
        Ok(ids) => running(snapshot, operation, ids),
        Err(message) => refused(snapshot, message),
    })
}

fn attempted(snapshot: &Snapshot<'_>, operation: &Operation) -> Plan {
    let memory = &snapshot.memory.change;
    let own = memory.own.as_ref().filter(|own| !own.in_flight);
    let seen = memory.attempt.as_ref().map(|seen| seen.at).unwrap_or_default();
    let counts = if own.is_some() { seen } else { seen + snapshot.timing.wait() };
    match &memory.progress {
        Some((Progress::Running(ids), _)) => return running(snapshot, operation, ids),
        Some((Progress::Done, _)) => return finish(snapshot, Some(operation)),
        Some((Progress::Failed(message), _)) => return failed(snapshot, operation, message),
        Some((Progress::Absent, at)) if *at >= counts => (),
        Some((Progress::Absent, at)) => return look(snapshot, seen, *at, counts),
        None => {
            return ask(
                snapshot,
                "the operator checks whether the change is in progress already before it sends it",
            );
        }
    }
    if snapshot.resource.management.only_reads() {
        return finish(snapshot, None);
    }
    let now = bundled(snapshot, &operation.change);
    let is_current = operation.sent == sent(snapshot, &operation.fields)
        && now.is_none_or(|fields| fields == operation.fields);
    still_differs(snapshot, operation).unwrap_or_else(|| match own {
        Some(own)
            if !own.spent
                && is_current
                && snapshot.now.within(snapshot.timing.creation_window, own.started) =>
        {
            send(snapshot, operation)
        }
        Some(_) | None => {
            let fields = bundled(snapshot, &operation.change).unwrap_or_else(|| operation.fields.clone());
            let sent = sent(snapshot, &fields);
            attempt(snapshot, State::Changing, Change { sent, fields, ..change_of(operation) })
        }
    })
}

/// Decides after a look-up without result whether the change is done or was never made, which only a read of
/// the add-on after that look-up can tell. Returns the step other than sending the change, if any.
fn still_differs(snapshot: &Snapshot<'_>, operation: &Operation) -> Option<Plan> {
    let looked = snapshot.memory.change.progress.as_ref().map(|(_, at)| *at).unwrap_or_default();
    let DesiredState::Clear { observation, changes, .. } = snapshot.desired_state else {
        return Some(unwanted(snapshot));
    };
    let because = "the operator reads the add-on to see whether the change was made already";
    let read = match observation {
        Observation::Made(at) if *at >= looked => None,
        Observation::Needless if snapshot.listing_since(looked).is_some() => None,
        Observation::Needless => Some(Read::Listing { sent_after: looked }),
        Observation::Made(_) | Observation::Earlier { .. } | Observation::Missing => Some(Read::Observed),
        Observation::Listed { from } => return Some(listed(snapshot, State::Changing, looked.max(*from))),
    };
    if let Some(read) = read {
        return Some(snapshot.plan(State::Changing, Step::Read(read), Reason::Changing, because));
    }
    let open = changes.iter().any(|change| operation.fields.contains(&change.field));
    (!open).then(|| finish(snapshot, None))
}

/// Drops a change that was never made, because the spec cannot be fulfilled any more.
fn unwanted(snapshot: &Snapshot<'_>) -> Plan {
    match snapshot.desired_state {
        DesiredState::Refused { .. } => finish(snapshot, None),
        DesiredState::Unknown | DesiredState::Clear { .. } => {
            let because = "the operator reads what the cloud offers to compare the add-on with its spec";
            snapshot.plan(State::Changing, Step::Read(Read::Offers), Reason::Changing, because)
        }
    }
}

fn look(snapshot: &Snapshot<'_>, since: Duration, at: Duration, counts: Duration) -> Plan {
    let next = (at + at.saturating_sub(since).max(snapshot.timing.look)).min(counts);
    let attempt = snapshot.record().and_then(|record| record.operation.as_ref()?.attempt.as_ref());
    let told = ("change", "it may be in progress", "it sends another request");
    let because = unanswered(snapshot, attempt, OperationKind::Change, told);
    if next <= snapshot.now.mono { ask(snapshot, &because) } else { resting(snapshot, next, &because) }
}

fn follow(snapshot: &Snapshot<'_>, operation: &Operation) -> Plan {
    match &snapshot.memory.change.progress {
        None => ask(snapshot, "the operator reads the progress of the change"),
        Some((Progress::Done | Progress::Absent, _)) => finish(snapshot, Some(operation)),
        Some((Progress::Failed(message), _)) => failed(snapshot, operation, message),
        Some((Progress::Running(_), at)) => {
            let next = *at + snapshot.timing.follow;
            if next <= snapshot.now.mono {
                ask(snapshot, "the operator reads the progress of the change")
            } else {
                let since = operation.since.map(|since| format!(" since {}", utc(since))).unwrap_or_default();
                let because = format!(
                    "the cloud has been carrying out the change of {}{since}; this can take minutes",
                    operation.fields.join(", ")
                );
                resting(snapshot, next, &because)
            }
        }
    }
}

/// Reads the outputs, which may be new, and writes the Secret before the operation is closed. `made` is the
/// operation, if its change was made: the record remembers what it has sent.
fn finish(snapshot: &Snapshot<'_>, made: Option<&Operation>) -> Plan {
    let at = snapshot.memory.change.progress.as_ref().map(|(_, at)| *at).unwrap_or_default();
    if snapshot.memory.outputs.is_none_or(|(_, last)| last < at) {
        return snapshot.plan(
            State::Changing,
            Step::Read(Read::Outputs),
            Reason::Changing,
            "the change is over, so the operator reads the connection data again",
        );
    }
    if let Some(plan) = secret(snapshot, State::Changing) {
        return plan;
    }
    let record = Record { operation: None, ..snapshot.record_or_new() };
    let record = made.iter().fold(record, |record, operation| record.with_sent(&operation.sent));
    snapshot.swap(State::Changing, Step::Write(record), Reason::Changing, "the change is over")
}

fn running(snapshot: &Snapshot<'_>, operation: &Operation, ids: &Ids) -> Plan {
    let since = operation.attempt.as_ref().map(|attempt| attempt.at);
    let operation = Operation { attempt: None, ids: Some(ids.clone()), since, ..operation.clone() };
    write(snapshot, operation, "the cloud has started the change, and the operator records it".to_owned())
}

/// Closes the operation: a refusal is no failure, because nothing was started, and the change may be tried
/// again, slowly.
fn refused(snapshot: &Snapshot<'_>, message: &str) -> Plan {
    let record = Record { operation: None, ..snapshot.record_or_new() };
    snapshot.swap(
        State::Changing,
        Step::Write(record),
        Reason::Changing,
        format!("the cloud refused the change and did not start it: {message}"),
    )
}

fn failed(snapshot: &Snapshot<'_>, operation: &Operation, message: &str) -> Plan {
    let operation = Operation { attempt: None, failed: Some(message.to_owned()), ..operation.clone() };
    write(snapshot, operation, format!("the change failed: {message}"))
}

fn write(snapshot: &Snapshot<'_>, operation: Operation, because: String) -> Plan {
    let record = Record { operation: Some(operation), ..snapshot.record_or_new() };
    snapshot.swap(State::Changing, Step::Write(record), Reason::Changing, because)
}

fn send(snapshot: &Snapshot<'_>, operation: &Operation) -> Plan {
    snapshot.plan(
        State::Changing,
        Step::Change(change_of(operation)),
        Reason::Changing,
        "the change has not started yet, so the operator sends it",
    )
}

fn change_of(operation: &Operation) -> Change {
    Change { name: operation.change.clone(), fields: operation.fields.clone(), sent: operation.sent.clone() }
}

fn ask(snapshot: &Snapshot<'_>, because: &str) -> Plan {
    snapshot.plan(State::Changing, Step::Read(Read::Operation), Reason::Changing, because)
}

/// Rests, but repairs the Secret while a change is in progress.
fn resting(snapshot: &Snapshot<'_>, until: Duration, because: &str) -> Plan {
    secret(snapshot, State::Changing)
        .unwrap_or_else(|| snapshot.rest(State::Changing, until, Reason::Changing, because))
}
