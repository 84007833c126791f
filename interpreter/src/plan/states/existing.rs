//! The add-on is recorded: no twin beside it, its Secret in place, and as the spec says. Ends at rest.

use std::time::Duration;

use crate::plan::desired::{Difference, Observation, Wish};
use crate::plan::reason::Reason;
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::in_sync::{at_rest, contentment, late_change, listed, secret, settled};
use crate::plan::states::{twins, updating};
use crate::plan::step::{Plan, Read, Step};

/// Twins, then the Secret, then the spec, then rest.
pub(crate) fn plan(sight: &Sight<'_>) -> Plan {
    let steps = [twins_first, recorded_secret, moved, wish];
    steps.iter().find_map(|step| step(sight)).unwrap_or_else(|| settled(sight))
}

fn recorded_secret(sight: &Sight<'_>) -> Option<Plan> {
    secret(sight, State::Recorded)
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
        Wish::Clear { observation, changes, .. } => observe(sight, *observation, changes).or_else(|| updating::begin(sight, changes)),
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
