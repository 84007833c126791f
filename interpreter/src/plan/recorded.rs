//! The add-on is recorded: no twin beside it, its Secret in place, and as the spec says. Ends at rest.

use std::time::Duration;

use super::State;
use super::changing;
use super::reason::Reason;
use super::sight::{Difference, Observation, SecretSight, Sight, Wish};
use super::step::{Plan, Read, Step};
use super::trouble::pause_between_repairs;
use super::twins;

/// Twins, then the Secret, then the spec, then rest.
pub(super) fn plan(sight: &Sight<'_>) -> Plan {
    let steps = [twins_first, secret, moved, wish];
    steps.iter().find_map(|step| step(sight)).unwrap_or_else(|| settled(sight))
}

/// Until when nothing needs to be looked at.
pub(super) fn next_check(sight: &Sight<'_>) -> Duration {
    let sent = sight.listing.map(|listing| listing.sent).unwrap_or_default();
    let since = sight.memory.recorded.as_ref().map(|seen| seen.at).unwrap_or_default();
    let lingering = sight.memory.last_farewell().map(|at| at + sight.timing.settle);
    let sooner = [lingering, sight.unsure_until(), late_change(sight)].into_iter().flatten().filter(|due| *due > sent).max();
    let check = sent.max(since) + sight.timing.check;
    sooner.map_or(check, |due| due.min(check))
}

/// When a change without an answer has taken effect, or never will.
fn late_change(sight: &Sight<'_>) -> Option<Duration> {
    sight.memory.change.unsure.map(|since| since + sight.timing.wait())
}

/// The Secret's next step, if it is not as it should be.
pub(super) fn secret(sight: &Sight<'_>) -> Option<Plan> {
    let state = State::of(sight);
    match sight.secret {
        SecretSight::Needless | SecretSight::Same | SecretSight::Foreign(_) => None,
        _ if sight.namespace_terminating => None,
        SecretSight::Unknown => {
            Some(sight.plan(state, Step::Read(Read::Outputs), Reason::Preparing, "what the add-on gives is read for its Secret"))
        }
        SecretSight::Incomplete(what) => Some(incomplete(sight, state, what)),
        SecretSight::Differs => Some(differs(sight, state)),
    }
}

/// Before the Secret, unless one attempt was all there ever was: a list that would show a twin.
fn twins_first(sight: &Sight<'_>) -> Option<Plan> {
    let (record, ids, recorded) = (sight.record()?, sight.ids()?, sight.memory.recorded.as_ref()?);
    let only_one = record.attempts == 1 && record.attempt.is_none();
    let looked = sight.listing.is_some_and(|listing| listing.entry(ids).is_some() || listing.sent >= recorded.at);
    if !only_one && !looked {
        let read = Step::Read(Read::Listing { sent_after: recorded.at });
        return Some(sight.plan(
            State::Recorded,
            read,
            Reason::Creating,
            "another attempt may have left a twin, so the list is read before the Secret is written",
        ));
    }
    twins::plan(sight, State::Recorded)
}

/// Written at once, but not for ever in a tug of war.
fn differs(sight: &Sight<'_>, state: State) -> Plan {
    match pause_between_repairs(sight.memory.applied, sight.timing).filter(|until| *until > sight.now.mono) {
        Some(until) => {
            sight.rest(state, until, Reason::Preparing, "somebody keeps changing the Secret; it is repaired again, more slowly each time")
        }
        None => sight.plan(state, Step::ApplySecret, Reason::Preparing, "the Secret is missing, or is not what the add-on gives"),
    }
}

fn incomplete(sight: &Sight<'_>, state: State, what: &str) -> Plan {
    let Some((first, last)) = sight.memory.outputs else {
        return sight.plan(state, Step::Read(Read::Outputs), Reason::Preparing, "what the add-on gives is read for its Secret");
    };
    let next = last + (last - first).max(sight.timing.look).min(sight.timing.retry_last);
    if next <= sight.now.mono {
        return sight.plan(state, Step::Read(Read::Outputs), Reason::Preparing, format!("the add-on does not give everything yet: {what}"));
    }
    sight.rest(state, next, Reason::Preparing, format!("the add-on is not ready yet: {what}"))
}

/// Another account in the spec does not move the add-on, and never makes a second one.
fn moved(sight: &Sight<'_>) -> Option<Plan> {
    let account = &sight.record()?.account;
    let wanted = &sight.home.place.account;
    (account != wanted).then(|| {
        let because = format!("the add-on belongs to {account} and cannot move to {wanted}. Change it back, or make a new resource.");
        at_rest(sight, State::Recorded, Reason::Immutable, because)
    })
}

fn wish(sight: &Sight<'_>) -> Option<Plan> {
    match sight.wish {
        Wish::Unknown => Some(sight.plan(
            State::Recorded,
            Step::Read(Read::Offers),
            Reason::Changing,
            "what is offered must be known to compare the add-on with its spec",
        )),
        Wish::Refused { reason, message } => Some(at_rest(sight, State::Recorded, *reason, message)),
        Wish::Clear { observation, changes, .. } => observe(sight, *observation, changes).or_else(|| changing::begin(sight, changes)),
    }
}

/// What was created from this very spec by this process needs no look; else it must be read, and again after every change.
fn observe(sight: &Sight<'_>, observation: Observation, changes: &[Difference]) -> Option<Plan> {
    let now = sight.now.mono;
    let change = &sight.memory.change;
    let settled = late_change(sight).filter(|settled| *settled <= now);
    let valid = |at: Duration| [change.done, settled].into_iter().flatten().all(|done| done <= at);
    if let Observation::Listed { from } = observation {
        return Some(listed(sight, State::Recorded, from));
    }
    let young = |at: Duration| at + sight.timing.observed > now;
    let (known, good) = match observation {
        Observation::Needless | Observation::Listed { .. } => (true, true),
        Observation::Made(at) => (valid(at) && young(at), valid(at)),
        Observation::Missing { sent_at_creation } => {
            let made = sight.memory.made.filter(|(generation, _)| *generation == sight.resource.generation);
            let made = made.filter(|(_, at)| sent_at_creation && valid(*at));
            (made.is_some_and(|(_, at)| young(at)), made.is_some())
        }
    };
    let reason = if good && changes.is_empty() { contentment(sight).0 } else { Reason::Changing };
    let because = "the add-on is read to compare it with its spec";
    (!known).then(|| sight.plan(State::Recorded, Step::Read(Read::Observed), reason, because))
}

/// Waits for the list that shows what a change has done: before, the add-on and its spec are not compared.
pub(super) fn listed(sight: &Sight<'_>, state: State, from: Duration) -> Plan {
    let because = "the list shows what came of the change only after a while, and is compared with the spec then";
    let due = sight.listing_since(from).map_or(from, |listing| listing.sent + sight.timing.check);
    if due <= sight.now.mono {
        return sight.plan(state, Step::Read(Read::Listing { sent_after: due }), Reason::Changing, because);
    }
    sight.rest(state, due, Reason::Changing, because)
}

fn settled(sight: &Sight<'_>) -> Plan {
    let (reason, because) = contentment(sight);
    obstructed(sight).unwrap_or_else(|| at_rest(sight, State::Settled, reason, because))
}

/// Why it is not Ready although nothing is to be changed: its Secret is somebody else's, or it is not the only one of its name.
pub(super) fn obstructed(sight: &Sight<'_>) -> Option<Plan> {
    if let SecretSight::Foreign(why) = sight.secret {
        return Some(at_rest(sight, State::Recorded, Reason::SecretConflict, why.clone()));
    }
    let other = twins::duplicate(sight)?;
    let because = format!("{} bears our name too, and may be older. Delete the wrong one at the cloud.", super::look::names(&other.ids));
    Some(at_rest(sight, State::Recorded, Reason::Duplicate, because))
}

/// What is said of an add-on with which nothing is left to do.
fn contentment(sight: &Sight<'_>) -> (Reason, String) {
    match sight.wish {
        Wish::Clear { overruled, .. } if !overruled.is_empty() => (Reason::Overruled, overruled.join(" ")),
        Wish::Clear { .. } | Wish::Unknown | Wish::Refused { .. } => {
            (Reason::AsSpecified, "the add-on is there, and as specified".to_owned())
        }
    }
}

/// Nothing to do, until it is time to look at the list again.
pub(super) fn at_rest(sight: &Sight<'_>, state: State, reason: Reason, because: impl Into<String>) -> Plan {
    let due = next_check(sight);
    if due <= sight.now.mono {
        let because = "it is time to see whether the add-on is still there";
        return sight.plan(state, Step::Read(Read::Listing { sent_after: due }), reason, because);
    }
    sight.rest(state, due, reason, because)
}
