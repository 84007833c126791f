//! Another live resource may hold the add-on that a record names. The name at the cloud, which carries a uid, decides whose it is: users of a
//! namespace can write records and status. What another resource holds is neither read nor changed nor deleted for this one.

use std::time::Duration;

use crate::plan::confirmation::without_record;
use crate::plan::observed::{Entry, OtherClaim};
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, names, same};
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};

/// The resource that holds the recorded add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder<'a> {
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
pub(crate) fn holder<'a>(sight: &Sight<'a>) -> Holder<'a> {
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
pub(crate) fn by_other<'a>(sight: &Sight<'a>, ids: &Ids) -> Option<&'a str> {
    let named = sight.listing.into_iter().flat_map(|listing| &listing.entries).find_map(|entry| held(entry, ids));
    match &sight.resource.other_claim {
        OtherClaim::By(other) => named.or(Some(other)),
        OtherClaim::None | OtherClaim::Unknown(_) => named,
    }
}

/// The plan, unless it goes by the recorded ids before it is known that no other resource holds them.
pub(crate) fn known_first(sight: &Sight<'_>, plan: Plan) -> Plan {
    let by_ids = matches!(
        plan.step,
        Step::Read(Read::Outputs | Read::Observed | Read::Operation | Read::Get(_)) | Step::ApplySecret | Step::Change(_)
    );
    if !by_ids || holder(sight) != Holder::Unseen { plan } else { look_first(sight, plan.state, plan.reason) }
}

/// Reads what is missing to know who holds the recorded add-on.
pub(crate) fn look_first(sight: &Sight<'_>, state: State, reason: Reason) -> Plan {
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
pub(crate) fn not_handed_over(sight: &Sight<'_>, ids: &Ids, holder: &str) -> String {
    let command = without_record(sight);
    format!(
        "{} belongs to {holder} and is not handed over. To get an add-on of its own for this resource, remove the record: {command}.",
        names(ids)
    )
}

/// Since when this process knows the recorded ids.
pub(crate) fn recorded_at(sight: &Sight<'_>) -> Duration {
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

/// A resource of a kind that has not been listed yet may hold the add-on.
pub(crate) fn unseen(sight: &Sight<'_>, state: State, kind: &str) -> Plan {
    let because = format!("the {kind} resources of the cluster have not been listed yet, and one of them may hold this add-on");
    sight.rest(state, sight.now.mono + sight.timing.look, Reason::Waiting, because)
}
