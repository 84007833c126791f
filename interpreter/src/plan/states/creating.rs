//! An attempt is open: ours, within whose fence the creation is sent once, or anybody's, whose effect is waited for. Records what is found.

use crate::plan::backoff::{Errand, doubled};
use crate::plan::observed::{Entry, Listing};
use crate::plan::own_attempt::Own;
use crate::plan::reason::Reason;
use crate::plan::record::names;
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::not_created::obstacle;
use crate::plan::step::{Plan, Step};

/// Our finalizer without a record: whoever put it there may have created, so it counts as an attempt, first seen when this was.
pub(crate) fn inherited(sight: &Sight<'_>) -> Plan {
    waiting(sight, State::Inherited, "the finalizer was there before any record: somebody else's creation may still take effect")
}

/// Somebody's attempt, or an own one whose answer is not known.
pub(crate) fn unsure(sight: &Sight<'_>) -> Plan {
    waiting(sight, State::Unsure, "an earlier creation may still take effect, so it is waited for before another is tried")
}

/// Our own attempt, with nothing in flight.
pub(crate) fn intended(sight: &Sight<'_>) -> Plan {
    let Some(own) = sight.own() else {
        return unsure(sight);
    };
    let since = own.seen.unwrap_or(sight.now.mono);
    if let Some(entry) = sight.listing_since(since).and_then(Listing::ours) {
        return record(sight, State::Intended, entry);
    }
    match hindrance(sight) {
        Some(plan) if matches!(plan.step, Step::Rest { .. }) => {
            return withdraw(sight, own, &plan.because);
        }
        Some(plan) => return plan,
        None => (),
    }
    let counts = sight.unsure_until().unwrap_or_default().max(since);
    if sight.proof_since(counts).is_none() {
        let because = "a list, sent after the intention was recorded, must show that there is none yet";
        return sight.look(State::Intended, since, counts, (Reason::Creating, because));
    }
    if may_create(sight, own) {
        return sight.plan(
            State::Intended,
            Step::Create,
            Reason::Creating,
            "the list shows none, and the attempt is fresh: the add-on is created",
        );
    }
    renew(sight, own)
}

/// Another attempt in place of an own one that came to nothing. Where the lists are too slow for the fence, less and less often.
fn renew(sight: &Sight<'_>, own: &Own) -> Plan {
    let timing = sight.timing;
    let pause = doubled(timing.retry_first, timing.retry_last, sight.memory.serial);
    let until = own.started.mono + timing.fence + pause;
    if !own.spent && until > sight.now.mono {
        let because = "the list came too late for this attempt; another is made soon";
        return sight.rest(State::Intended, until, Reason::Waiting, because);
    }
    sight.intend(State::Intended, "the attempt is over and nothing was created under it: a new one takes its place")
}

/// Once, by the process that wrote the attempt, and only while less than the fence has passed since it *started* that write.
fn may_create(sight: &Sight<'_>, own: &Own) -> bool {
    !own.spent && sight.now.within(sight.timing.fence, own.started)
}

/// Why nothing is created under this attempt as things are, if so.
fn hindrance(sight: &Sight<'_>) -> Option<Plan> {
    let refused = |errand| sight.memory.troubles.refused(errand, sight.timing, sight.now.mono);
    let refused = [Errand::Create, Errand::Listing].into_iter().find_map(refused);
    let refused = refused.map(|trouble| sight.stall(State::Intended, trouble.reason, &trouble.message));
    refused.or_else(|| estranged(sight)).or_else(|| obstacle(sight, State::Intended))
}

/// The attempt was written for other credentials than those in force now: what is made must be whose the record says.
fn estranged(sight: &Sight<'_>) -> Option<Plan> {
    let record = sight.record().filter(|record| record.credentials != sight.home.secret)?;
    let whose = record.credentials.as_deref().map_or("the operator".to_owned(), |secret| format!("the Secret `{secret}`"));
    let because = format!("the credentials in force are no longer those of {whose}");
    Some(sight.stall(State::Intended, Reason::Creating, because))
}

/// Takes an own attempt back under which nothing was sent, so that nobody need wait for it.
pub(crate) fn withdraw(sight: &Sight<'_>, own: &Own, because: &str) -> Plan {
    let record = sight.record_or_new().closed(&own.nonce);
    sight.swap(
        State::Intended,
        Step::Write(record),
        Reason::Creating,
        format!("nothing was sent under this attempt, and it is taken back: {because}"),
    )
}

fn waiting(sight: &Sight<'_>, state: State, because: &str) -> Plan {
    let since = sight.looking_since();
    if let Some(entry) = sight.listing_since(since).and_then(Listing::ours) {
        return record(sight, state, entry);
    }
    let counts = sight.absence_from();
    if sight.proof_since(counts).is_none() {
        return sight.look(state, since, counts, (Reason::Waiting, because));
    }
    obstacle(sight, state).unwrap_or_else(|| sight.intend(state, "nothing came of the earlier attempt, so a new one is made"))
}

/// Records what the list shows. The attempt stays open: this is not its own answer, and a twin may still appear.
pub(crate) fn record(sight: &Sight<'_>, state: State, entry: &Entry) -> Plan {
    let mut record = sight.record_or_new().found(&entry.ids);
    let elder = record.first.is_none_or(|first| entry.created.is_some_and(|created| created < first));
    if elder && record.adopted.is_none() {
        record.adopted = Some(sight.resource.generation);
    }
    let because = format!("the list shows {} under our name, and it is recorded", names(&entry.ids));
    sight.swap(state, Step::Write(record), Reason::Creating, because)
}
