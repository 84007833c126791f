//! The recorded add-on is not found: makes sure, and then waits for a person. An empty database in its place would hide the loss.

use crate::plan::confirmation::{Confirmation, id};
use crate::plan::desired::Wish;
use crate::plan::memory::Missing;
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, names};
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::states::not_created::obstacle;
use crate::plan::step::{Plan, Read, Step};

/// Something says that the recorded add-on is not there, and nothing since has shown it.
pub(crate) fn suspected(sight: &Sight<'_>) -> bool {
    let (Some(ids), Some(recorded)) = (sight.ids(), &sight.memory.recorded) else {
        return false;
    };
    let shown_since = |at| sight.listing_since(at).is_some_and(|listing| listing.entry(ids).is_some());
    if let Some(missing) = sight.memory.missing {
        return !shown_since(missing.last);
    }
    let proof = sight.proof_since(recorded.at + sight.timing.settle);
    let unmet = proof.is_some_and(|listing| sight.memory.met.is_none_or(|met| met < listing.sent));
    sight.memory.suspect || (unmet && proof.is_some_and(|listing| listing.entry(ids).is_none()))
}

/// Asks for it by id, twice and apart; a list alone proves nothing.
pub(crate) fn plan(sight: &Sight<'_>) -> Plan {
    let Some(ids) = sight.ids() else {
        return sight.stall(State::Vanished, Reason::ExternalResourceVanished, "nothing is recorded");
    };
    let Some(missing) = sight.memory.missing else {
        return ask(sight, ids, "the add-on does not show where it should, so it is asked for by its id");
    };
    if is_certain(sight, missing) {
        return certain(sight, ids, missing);
    }
    let again = missing.first + sight.timing.settle;
    if sight.now.mono >= again {
        return ask(sight, ids, "one answer may be an outage, so the add-on is asked for once more");
    }
    let because = format!("{} was not found; it is asked for again, because one answer may be an outage", names(ids));
    sight.rest(State::Vanished, again, Reason::Waiting, because)
}

/// Two answers, apart by at least as long as anything takes to settle.
fn is_certain(sight: &Sight<'_>, missing: Missing) -> bool {
    missing.last >= missing.first + sight.timing.settle
}

fn certain(sight: &Sight<'_>, ids: &Ids, missing: Missing) -> Plan {
    if may_replace(sight, ids) {
        let counts = sight.absence_from();
        if counts <= sight.now.mono {
            return replace(sight, ids, missing);
        }
        let because = format!("{} has vanished; an earlier creation may still show before a new one takes its place", names(ids));
        return sight.rest(State::Vanished, counts, Reason::Waiting, because);
    }
    let next = missing.last + sight.timing.check;
    if sight.now.mono >= next {
        return ask(sight, ids, "it may have come back");
    }
    let because = format!(
        "{} is not found at the cloud any more, and is not silently replaced. Restore it there, or create a new, EMPTY one: {}.",
        names(ids),
        Confirmation::Recreate.command(sight, id(ids))
    );
    sight.rest(State::Vanished, next, Reason::ExternalResourceVanished, because)
}

/// Only where a good list misses it too: what an outage hides is not gone.
fn replace(sight: &Sight<'_>, ids: &Ids, missing: Missing) -> Plan {
    if sight.proof_since(missing.last).is_none() {
        let because = "before a new one takes its place, a list must miss it too";
        return sight.look(State::Vanished, missing.last, missing.last, (Reason::Waiting, because));
    }
    let because = format!("{} has vanished, and a new one in its place is wanted", names(ids));
    obstacle(sight, State::Vanished).unwrap_or_else(|| sight.intend(State::Vanished, because))
}

/// It holds no data, or somebody asks for a new one in place of exactly this one.
fn may_replace(sight: &Sight<'_>, ids: &Ids) -> bool {
    Confirmation::Recreate.is_given(sight, ids) || matches!(sight.wish, Wish::Clear { stateful: false, .. })
}

fn ask(sight: &Sight<'_>, ids: &Ids, because: &str) -> Plan {
    sight.plan(State::Vanished, Step::Read(Read::Get(ids.clone())), Reason::Waiting, because)
}
