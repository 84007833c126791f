//! The add-on differs from its spec: changes that are safe to repeat are sent, the others have an attempt and a look-up, as creation has.

use std::time::Duration;

use crate::plan::backoff::doubled;
use crate::plan::confirmation::{Confirmation, id};
use crate::plan::desired::{Difference, Observation, Remedy, Wish};
use crate::plan::guards::backing_off::patient;
use crate::plan::own_change::OwnChange;
use crate::plan::reason::Reason;
use crate::plan::record::{Attempt, Ids, Operation, Record};
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::in_sync::{at_rest, listed, obstructed, secret, settled};
use crate::plan::states::twins;
use crate::plan::step::{Change, Plan, Progress, Read, Step};

/// A change is under way; one that failed is over.
pub(crate) fn is_open(record: &Record) -> bool {
    record.operation.as_ref().is_some_and(|operation| operation.failed.is_none())
}

/// What to do about the differences, if there are any.
pub(crate) fn begin(sight: &Sight<'_>, changes: &[Difference]) -> Option<Plan> {
    let record = sight.record()?;
    if let Some(failed) = record.operation.as_ref().filter(|operation| operation.generation == sight.resource.generation) {
        let because = format!("{} failed: {}. Change the spec to try again.", failed.change, failed.failed.as_deref().unwrap_or_default());
        return Some(at_rest(sight, State::Recorded, Reason::ChangeFailed, because));
    }
    changes.first()?;
    let stays = |old: &[&Difference]| format!("{} It cannot be changed, and stays so.", taken_over(old));
    if is_spared(sight, record) {
        let all: Vec<_> = changes.iter().collect();
        let because = match all.iter().all(|change| matches!(change.remedy, Remedy::Immutable(_))) {
            true => stays(&all),
            false => {
                let command = record.ids.as_ref().map(|ids| Confirmation::Apply.command(sight, id(ids))).unwrap_or_default();
                format!("{} Edit the spec, or have it applied as it is: {command}.", taken_over(&all))
            }
        };
        return Some(adopted(sight, because));
    }
    // What can only go elsewhere comes before any change: the request for another field might carry it along.
    let refused = changes.iter().find(|change| matches!(change.remedy, Remedy::None(_)));
    if let Some(refused) = refused {
        return Some(impossible(sight, refused));
    }
    // What can never change is said last: an edit of the spec may both ask for a change and let a field count that did not before.
    let next = changes.iter().find_map(|change| match &change.remedy {
        Remedy::Repeatable(name) => Some(repeat(sight, bundle(name, changes))),
        Remedy::Once(name) => Some(once(sight, bundle(name, changes))),
        Remedy::None(_) | Remedy::Immutable(_) => None,
    });
    next.or_else(|| match record.adopted {
        Some(_) => Some(adopted(sight, stays(&changes.iter().collect::<Vec<_>>()))),
        None => changes.first().map(|change| impossible(sight, change)),
    })
}

/// Says what cannot be, and what to write instead.
fn impossible(sight: &Sight<'_>, Difference { field, what, remedy }: &Difference) -> Plan {
    let why = match remedy {
        Remedy::None(why) | Remedy::Immutable(why) => why.as_str(),
        Remedy::Repeatable(_) | Remedy::Once(_) => "",
    };
    at_rest(sight, State::Recorded, Reason::Immutable, format!("{field}: {what}. {why}"))
}

/// Usable as it is; but not without its Secret, nor beside another of its name.
fn adopted(sight: &Sight<'_>, because: String) -> Plan {
    obstructed(sight).unwrap_or_else(|| at_rest(sight, State::Settled, Reason::Adopted, because))
}

/// A change that must be made once: its attempt, its request, its course, its end.
pub(crate) fn plan(sight: &Sight<'_>) -> Plan {
    let Some(operation) = sight.record().and_then(|record| record.operation.as_ref()) else {
        return settled(sight);
    };
    if let Some(plan) = twins::plan(sight, State::Changing).or_else(|| answered(sight, operation)) {
        return plan;
    }
    match (&operation.attempt, &operation.ids) {
        (Some(_), _) => attempted(sight, operation),
        (None, _) => follow(sight, operation),
    }
}

/// An add-on from before is not changed until somebody moves the spec or confirms it: the spec may never have been true.
fn is_spared(sight: &Sight<'_>, record: &Record) -> bool {
    let confirmed = record.ids.as_ref().is_some_and(|ids| Confirmation::Apply.is_given(sight, ids));
    record.adopted == Some(sight.resource.generation) && !confirmed
}

fn taken_over(changes: &[&Difference]) -> String {
    let differences = changes.iter().map(|change| format!("{}: {}", change.field, change.what)).collect::<Vec<_>>().join("; ");
    format!("taken over as it is, which is not what the spec says ({differences}).")
}

fn bundle(name: &str, changes: &[Difference]) -> Change {
    let covered = |change: &&Difference| matches!(&change.remedy, Remedy::Repeatable(other) | Remedy::Once(other) if other == name);
    Change { name: name.to_owned(), fields: changes.iter().filter(covered).map(|change| change.field.clone()).collect() }
}

/// Sent as long as it differs; more slowly each time, should the cloud take it and not do it.
fn repeat(sight: &Sight<'_>, change: Change) -> Plan {
    let OwnChange { done, count, .. } = &sight.memory.change;
    let pause = doubled(sight.timing.retry_first, sight.timing.retry_last, *count);
    let until = done.filter(|_| *count > 0).map(|done| done + pause);
    let because = format!("what is not as specified is changed: {}", change.fields.join(", "));
    match until.filter(|until| *until > sight.now.mono) {
        Some(until) => sight.rest(State::Changing, until, Reason::Changing, format!("{because}; again, and more slowly each time")),
        None => sight.plan(State::Changing, Step::Change(change), Reason::Changing, because),
    }
}

/// The intention is written only when the change may be sent.
fn once(sight: &Sight<'_>, change: Change) -> Plan {
    let send = sight.plan(State::Recorded, Step::Change(change.clone()), Reason::Changing, "the spec wants a change");
    let held = patient(sight, send);
    if matches!(held.step, Step::Rest { .. }) { held } else { attempt(sight, State::Recorded, change) }
}

/// Leave for this process to send the change once.
fn attempt(sight: &Sight<'_>, state: State, change: Change) -> Plan {
    let mut record = sight.record_or_new();
    let number = record.operation.as_ref().and_then(|operation| operation.attempt.as_ref()).map_or(0, |attempt| attempt.number);
    let attempt = Attempt {
        number: number.saturating_add(1),
        nonce: sight.memory.next_nonce(sight.process),
        at: sight.now.wall,
        by: sight.operator.to_owned(),
    };
    let because = format!("what is not as specified is to be changed, and that is recorded first: {}", change.fields.join(", "));
    let Change { name, fields } = change;
    let generation = sight.resource.generation;
    record.operation = Some(Operation { change: name, fields, generation, attempt: Some(attempt), ids: None, failed: None });
    sight.swap(state, Step::Write(record), Reason::Changing, because)
}

/// The own answer is recorded before anything else.
fn answered(sight: &Sight<'_>, operation: &Operation) -> Option<Plan> {
    let (_, answer) = sight.memory.change.answer.as_ref()?;
    Some(match answer {
        Ok(ids) => running(sight, operation, ids),
        Err(message) => refused(sight, message),
    })
}

fn attempted(sight: &Sight<'_>, operation: &Operation) -> Plan {
    let memory = &sight.memory.change;
    let own = memory.own.as_ref().filter(|own| !own.in_flight);
    let seen = memory.attempt.as_ref().map(|seen| seen.at).unwrap_or_default();
    let counts = if own.is_some() { seen } else { seen + sight.timing.wait() };
    match &memory.progress {
        Some((Progress::Running(ids), _)) => return running(sight, operation, ids),
        Some((Progress::Done, _)) => return finish(sight),
        Some((Progress::Failed(message), _)) => return failed(sight, operation, message),
        Some((Progress::Absent, at)) if *at >= counts => (),
        Some((Progress::Absent, at)) => return look(sight, seen, *at, counts),
        None => {
            return ask(sight, "whether the change is under way already is looked up before it is sent");
        }
    }
    still_differs(sight, operation).unwrap_or_else(|| match own {
        Some(own) if !own.spent && sight.now.within(sight.timing.fence, own.started) => send(sight, operation),
        Some(_) | None => attempt(sight, State::Changing, change_of(operation)),
    })
}

/// Nothing is under way, so the change is done or was never made: only a look at the add-on, after that look-up, can tell. What else is to be
/// done than to make the change, if anything.
fn still_differs(sight: &Sight<'_>, operation: &Operation) -> Option<Plan> {
    let looked = sight.memory.change.progress.as_ref().map(|(_, at)| *at).unwrap_or_default();
    let Wish::Clear { observation, changes, .. } = sight.wish else {
        return Some(unwanted(sight));
    };
    let because = "whether the change was made already, only the add-on can tell";
    let read = match observation {
        Observation::Made(at) if *at >= looked => None,
        Observation::Needless if sight.listing_since(looked).is_some() => None,
        Observation::Needless => Some(Read::Listing { sent_after: looked }),
        Observation::Made(_) | Observation::Missing { .. } => Some(Read::Observed),
        Observation::Listed { from } => return Some(listed(sight, State::Changing, looked.max(*from))),
    };
    if let Some(read) = read {
        return Some(sight.plan(State::Changing, Step::Read(read), Reason::Changing, because));
    }
    let open = changes.iter().any(|change| operation.fields.contains(&change.field));
    (!open).then(|| finish(sight))
}

/// The spec cannot be had any more, so the change that nobody has made is dropped.
fn unwanted(sight: &Sight<'_>) -> Plan {
    match sight.wish {
        Wish::Refused { .. } => finish(sight),
        Wish::Unknown | Wish::Clear { .. } => {
            let because = "what is offered must be known to compare the add-on with its spec";
            sight.plan(State::Changing, Step::Read(Read::Offers), Reason::Changing, because)
        }
    }
}

fn look(sight: &Sight<'_>, since: Duration, at: Duration, counts: Duration) -> Plan {
    let next = (at + at.saturating_sub(since).max(sight.timing.look)).min(counts);
    let because = "an earlier request to change may still take effect, so it is waited for";
    if next <= sight.now.mono { ask(sight, because) } else { resting(sight, next, because) }
}

fn follow(sight: &Sight<'_>, operation: &Operation) -> Plan {
    match &sight.memory.change.progress {
        None => ask(sight, "how the change goes is read"),
        Some((Progress::Done | Progress::Absent, _)) => finish(sight),
        Some((Progress::Failed(message), _)) => failed(sight, operation, message),
        Some((Progress::Running(_), at)) => {
            let next = *at + sight.timing.follow;
            if next <= sight.now.mono {
                ask(sight, "how the change goes is read")
            } else {
                resting(sight, next, "the change is under way at the cloud")
            }
        }
    }
}

/// What the add-on gives may be new: it is read, and the Secret written, before the operation is closed.
fn finish(sight: &Sight<'_>) -> Plan {
    let at = sight.memory.change.progress.as_ref().map(|(_, at)| *at).unwrap_or_default();
    if sight.memory.outputs.is_none_or(|(_, last)| last < at) {
        return sight.plan(
            State::Changing,
            Step::Read(Read::Outputs),
            Reason::Changing,
            "the change is over, so what the add-on gives is read again",
        );
    }
    if let Some(plan) = secret(sight, State::Changing) {
        return plan;
    }
    let record = Record { operation: None, ..sight.record_or_new() };
    sight.swap(State::Changing, Step::Write(record), Reason::Changing, "the change is over")
}

fn running(sight: &Sight<'_>, operation: &Operation, ids: &Ids) -> Plan {
    let operation = Operation { attempt: None, ids: Some(ids.clone()), ..operation.clone() };
    write(sight, operation, "the change is under way at the cloud, and that is recorded".to_owned())
}

/// A refusal is no failure: nothing was begun, and it may be tried again, slowly.
fn refused(sight: &Sight<'_>, message: &str) -> Plan {
    let record = Record { operation: None, ..sight.record_or_new() };
    sight.swap(State::Changing, Step::Write(record), Reason::Changing, format!("the change was refused, and is not under way: {message}"))
}

fn failed(sight: &Sight<'_>, operation: &Operation, message: &str) -> Plan {
    let operation = Operation { attempt: None, failed: Some(message.to_owned()), ..operation.clone() };
    write(sight, operation, format!("the change failed, and that is recorded: {message}"))
}

fn write(sight: &Sight<'_>, operation: Operation, because: String) -> Plan {
    let record = Record { operation: Some(operation), ..sight.record_or_new() };
    sight.swap(State::Changing, Step::Write(record), Reason::Changing, because)
}

fn send(sight: &Sight<'_>, operation: &Operation) -> Plan {
    sight.plan(
        State::Changing,
        Step::Change(change_of(operation)),
        Reason::Changing,
        "nothing is under way yet, and the attempt is fresh: the change is sent",
    )
}

fn change_of(operation: &Operation) -> Change {
    Change { name: operation.change.clone(), fields: operation.fields.clone() }
}

fn ask(sight: &Sight<'_>, because: &str) -> Plan {
    sight.plan(State::Changing, Step::Read(Read::Operation), Reason::Changing, because)
}

/// The Secret is kept in repair while a change is under way.
fn resting(sight: &Sight<'_>, until: Duration, because: &str) -> Plan {
    secret(sight, State::Changing).unwrap_or_else(|| sight.rest(State::Changing, until, Reason::Changing, because))
}
