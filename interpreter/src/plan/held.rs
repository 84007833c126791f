//! Another live resource may hold the add-on that a record names. The name at the cloud, which carries a uid, decides whose it is: users of a
//! namespace can write records and status. What another resource holds is neither read nor changed nor deleted for this one.

use std::time::Duration;

use super::State;
use super::claimed::{unseen, until_listed};
use super::confirmation::without_record;
use super::look::names;
use super::reason::Reason;
use super::record::{Ids, same};
use super::sight::{Entry, OtherClaim, Sight};
use super::step::{Plan, Read, Step};

/// The resource that holds the recorded add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder<'a> {
    /// This one: the list shows its name, or nobody else claims it.
    This,
    /// Not known before a list, and the resources of every kind, have been read.
    Unseen,
    /// This other resource claims it too, and no list has shown yet whose name the add-on bears.
    Contested(&'a str),
    /// This other resource: the add-on bears its name; or it claims the add-on, which does not bear the name of this one.
    Other(&'a str),
}

/// Returns who holds the recorded add-on, as far as list and cluster show it.
pub(super) fn holder<'a>(sight: &Sight<'a>) -> Holder<'a> {
    let Some(ids) = sight.ids() else { return Holder::This };
    // What this process has deleted for this resource is asked for by its ids until it is gone, though no list shows its name any more.
    if is_named(sight, ids) || sight.memory.farewell(ids).is_some() {
        return Holder::This;
    }
    if let Some(other) = sight.listing.into_iter().flat_map(|listing| &listing.entries).find_map(|entry| held(entry, ids)) {
        return Holder::Other(other);
    }
    if sight.memory.holds(ids) {
        return Holder::This;
    }
    let since = recorded_at(sight);
    let listing = sight.listing_since(since);
    match &sight.resource.other_claim {
        OtherClaim::By(other) => {
            let shown = listing.is_some_and(|listing| listing.entry(ids).is_some());
            let decided = shown || sight.proof_since(since + sight.timing.settle).is_some();
            if decided { Holder::Other(other) } else { Holder::Contested(other) }
        }
        OtherClaim::None if listing.is_some() => Holder::This,
        OtherClaim::None | OtherClaim::Unknown(_) => Holder::Unseen,
    }
}

/// Whether another live resource has a better right to these ids than a record, a status or a confirmation of this one gives.
pub(super) fn by_other<'a>(sight: &Sight<'a>, ids: &Ids) -> Option<&'a str> {
    let named = sight.listing.into_iter().flat_map(|listing| &listing.entries).find_map(|entry| held(entry, ids));
    match &sight.resource.other_claim {
        OtherClaim::By(other) => named.or(Some(other)),
        OtherClaim::None | OtherClaim::Unknown(_) => named,
    }
}

/// The recorded add-on is another resource's, or may be: nothing is asked about it by its ids.
pub(super) fn plan(sight: &Sight<'_>) -> Plan {
    let Some(ids) = sight.ids() else { return super::recorded::plan(sight) };
    if let Holder::Other(other) = holder(sight) {
        return until_listed(sight, State::Claimed, Reason::Claimed, not_handed_over(sight, ids, other));
    }
    let since = recorded_at(sight);
    let because = "another resource claims this add-on too: the list shows whose name it bears";
    sight.look(State::Claimed, since, since + sight.timing.settle, (Reason::Waiting, because))
}

/// The plan, unless it goes by the recorded ids before it is known that no other resource holds them.
pub(super) fn known_first(sight: &Sight<'_>, plan: Plan) -> Plan {
    let by_ids = matches!(
        plan.step,
        Step::Read(Read::Outputs | Read::Observed | Read::Operation | Read::Get(_)) | Step::ApplySecret | Step::Change(_)
    );
    if !by_ids || holder(sight) != Holder::Unseen { plan } else { look_first(sight, plan.state, plan.reason) }
}

/// Reads what is missing to know who holds the recorded add-on.
pub(super) fn look_first(sight: &Sight<'_>, state: State, reason: Reason) -> Plan {
    let since = recorded_at(sight);
    match &sight.resource.other_claim {
        OtherClaim::Unknown(kind) if sight.listing_since(since).is_some() => unseen(sight, state, kind),
        OtherClaim::None | OtherClaim::Unknown(_) | OtherClaim::By(_) => {
            let because = "the list shows whether the recorded add-on bears the name of another resource";
            sight.plan(state, Step::Read(Read::Listing { sent_after: since }), reason, because)
        }
    }
}

/// Says whose the add-on is, and how to get another one.
pub(super) fn not_handed_over(sight: &Sight<'_>, ids: &Ids, holder: &str) -> String {
    let command = without_record(sight);
    format!(
        "{} belongs to {holder} and is not handed over. To get an add-on of its own for this resource, remove the record: {command}.",
        names(ids)
    )
}

/// Since when this process knows the recorded ids.
pub(super) fn recorded_at(sight: &Sight<'_>) -> Duration {
    sight.memory.recorded.as_ref().map(|seen| seen.at).unwrap_or_default()
}

/// The list shows all these ids on one add-on that bears the name of this resource; or the cloud's own answer gave them to this process.
fn is_named(sight: &Sight<'_>, ids: &Ids) -> bool {
    let all = |entry: &Entry| entry.name_matches && ids.iter().all(|(name, id)| entry.ids.get(name) == Some(id));
    sight.memory.answered.as_ref() == Some(ids) || sight.listing.is_some_and(|listing| listing.entries.iter().any(all))
}

fn held<'a>(entry: &'a Entry, ids: &Ids) -> Option<&'a str> {
    entry.held_by.as_deref().filter(|_| same(&entry.ids, ids))
}
