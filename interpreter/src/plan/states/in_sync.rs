//! In sync but for the Secret: its repair, and the wait for the next look.

use std::time::Duration;

use crate::plan::backoff::pause_between_repairs;
use crate::plan::desired::Wish;
use crate::plan::observed::SecretSight;
use crate::plan::reason::Reason;
use crate::plan::record::names;
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::twins;
use crate::plan::step::{Plan, Read, Step};

/// The Secret's next step, if it is not as it should be.
pub(crate) fn secret(sight: &Sight<'_>, state: State) -> Option<Plan> {
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

/// Until when nothing needs to be looked at.
pub(crate) fn next_check(sight: &Sight<'_>) -> Duration {
    let sent = sight.listing.map(|listing| listing.sent).unwrap_or_default();
    let since = sight.memory.recorded.as_ref().map(|seen| seen.at).unwrap_or_default();
    let lingering = sight.memory.last_farewell().map(|at| at + sight.timing.settle);
    let sooner = [lingering, sight.unsure_until(), late_change(sight)].into_iter().flatten().filter(|due| *due > sent).max();
    let check = sent.max(since) + sight.timing.check;
    sooner.map_or(check, |due| due.min(check))
}

/// When a change without an answer has taken effect, or never will.
pub(crate) fn late_change(sight: &Sight<'_>) -> Option<Duration> {
    sight.memory.change.unsure.map(|since| since + sight.timing.wait())
}

/// Waits for the list that shows what a change has done: before, the add-on and its spec are not compared.
pub(crate) fn listed(sight: &Sight<'_>, state: State, from: Duration) -> Plan {
    let because = "the list shows what came of the change only after a while, and is compared with the spec then";
    let due = sight.listing_since(from).map_or(from, |listing| listing.sent + sight.timing.check);
    if due <= sight.now.mono {
        return sight.plan(state, Step::Read(Read::Listing { sent_after: due }), Reason::Changing, because);
    }
    sight.rest(state, due, Reason::Changing, because)
}

pub(crate) fn settled(sight: &Sight<'_>) -> Plan {
    let (reason, because) = contentment(sight);
    obstructed(sight).unwrap_or_else(|| at_rest(sight, State::Settled, reason, because))
}

/// Why it is not Ready although nothing is to be changed: its Secret is somebody else's, or it is not the only one of its name.
pub(crate) fn obstructed(sight: &Sight<'_>) -> Option<Plan> {
    if let SecretSight::Foreign(why) = sight.secret {
        return Some(at_rest(sight, State::Recorded, Reason::SecretConflict, why.clone()));
    }
    let other = twins::duplicate(sight)?;
    let because = format!("{} bears our name too, and may be older. Delete the wrong one at the cloud.", names(&other.ids));
    Some(at_rest(sight, State::Recorded, Reason::Duplicate, because))
}

/// What is said of an add-on with which nothing is left to do.
pub(crate) fn contentment(sight: &Sight<'_>) -> (Reason, String) {
    match sight.wish {
        Wish::Clear { overruled, .. } if !overruled.is_empty() => (Reason::Overruled, overruled.join(" ")),
        Wish::Clear { .. } | Wish::Unknown | Wish::Refused { .. } => {
            (Reason::AsSpecified, "the add-on is there, and as specified".to_owned())
        }
    }
}

/// Nothing to do, until it is time to look at the list again.
pub(crate) fn at_rest(sight: &Sight<'_>, state: State, reason: Reason, because: impl Into<String>) -> Plan {
    let due = next_check(sight);
    if due <= sight.now.mono {
        let because = "it is time to see whether the add-on is still there";
        return sight.plan(state, Step::Read(Read::Listing { sent_after: due }), reason, because);
    }
    sight.rest(state, due, reason, because)
}
