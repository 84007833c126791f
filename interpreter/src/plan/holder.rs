//! Another live resource may hold the add-on that a record names. The name at the cloud, which carries a uid,
//! decides who holds it, then an authentic record: users of a namespace can write records and status. An
//! add-on of another resource is neither read nor changed nor deleted for this one.

use std::time::Duration;

use crate::plan::confirmation::without_record;
use crate::plan::observed::{Authenticity, Entry, OtherClaim};
use crate::plan::proof::{assigned, is_marked, shown};
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, names, same};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};

/// The resource that holds the recorded add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder<'a> {
    /// This resource: the list shows its name, or no other resource claims the add-on.
    This,
    /// Not known before a list, and the resources of every kind, have been read.
    Unseen,
    /// This other resource claims the add-on too, and no list has shown yet which resource's name it bears.
    Contested(&'a str),
    /// This other resource: the add-on bears its name, or it claims the add-on, which does not bear the name
    /// of this one.
    Other(&'a str),
}

/// Returns the holder of the recorded add-on, as far as list and cluster show it.
pub(crate) fn holder<'a>(snapshot: &Snapshot<'a>) -> Holder<'a> {
    let Some(ids) = snapshot.ids() else { return Holder::This };
    if let Some(other) = named(snapshot, ids) {
        return Holder::Other(other);
    }
    // An add-on that this process has deleted for this resource is asked for by its ids until it is gone,
    // though no list shows its name.
    let bears_name = shown(snapshot, ids).is_some_and(|entry| entry.name_matches);
    if bears_name || is_marked(snapshot, ids) || snapshot.memory.deleted_at(ids).is_some() {
        return Holder::This;
    }
    let is_authentic = snapshot.resource.authenticity == Authenticity::Authentic;
    // What this process remembers is a proof for this resource, and not against a proof of another one.
    let is_outweighed =
        !is_authentic && matches!(snapshot.resource.other_claim, OtherClaim::By { authentic: true, .. });
    if !is_outweighed && snapshot.memory.holds(ids, &snapshot.location()) {
        return Holder::This;
    }
    let since = recorded_at(snapshot);
    let listing = snapshot.listing_since(since);
    let is_assigned = assigned(snapshot, ids).is_some();
    match &snapshot.resource.other_claim {
        OtherClaim::By { authentic, former, .. }
            if !is_outweighed && (is_assigned || (is_authentic && (!authentic || *former))) =>
        {
            if listing.is_some() { Holder::This } else { Holder::Unseen }
        }
        OtherClaim::By { other, .. } => {
            let shown = listing.is_some_and(|listing| listing.entry(ids).is_some());
            let decided = shown || snapshot.proof_since(since + snapshot.timing.list_lag).is_some();
            if decided { Holder::Other(other) } else { Holder::Contested(other) }
        }
        OtherClaim::None if listing.is_some() => Holder::This,
        OtherClaim::None | OtherClaim::Unknown(_) => Holder::Unseen,
    }
}

/// Returns the other live resource that holds or claims these ids: its claim outweighs a status or a
/// confirmation of this one.
pub(crate) fn by_other<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a str> {
    match &snapshot.resource.other_claim {
        OtherClaim::By { other, .. } => named(snapshot, ids).or(Some(other)),
        OtherClaim::None | OtherClaim::Unknown(_) => named(snapshot, ids),
    }
}

/// Returns the other live resource that provably holds these ids: it outweighs a proof of this one. A claim
/// without proof outweighs none, or users of another namespace could keep an add-on from its resource.
pub(crate) fn proven_other<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a str> {
    match &snapshot.resource.other_claim {
        OtherClaim::By { other, authentic: true, .. } => named(snapshot, ids).or(Some(other)),
        OtherClaim::By { .. } | OtherClaim::None | OtherClaim::Unknown(_) => named(snapshot, ids),
    }
}

fn named<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a str> {
    snapshot.listing.into_iter().flat_map(|listing| &listing.entries).find_map(|entry| held(entry, ids))
}

/// Replaces a step that uses the recorded ids by a read, until it is known that no other resource holds them.
pub(crate) fn known_first(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    let by_ids = matches!(
        plan.step,
        Step::Read(Read::Outputs | Read::Observed | Read::Operation | Read::Get(_))
            | Step::ApplySecret
            | Step::Change(_)
    );
    if !by_ids || holder(snapshot) != Holder::Unseen {
        plan
    } else {
        look_first(snapshot, plan.state, plan.reason)
    }
}

/// Reads the data that is missing to determine the holder of the recorded add-on.
pub(crate) fn look_first(snapshot: &Snapshot<'_>, state: State, reason: Reason) -> Plan {
    let since = recorded_at(snapshot);
    match &snapshot.resource.other_claim {
        OtherClaim::Unknown(kind) if snapshot.listing_since(since).is_some() => unseen(snapshot, state, kind),
        OtherClaim::None | OtherClaim::Unknown(_) | OtherClaim::By { .. } => {
            let because = "the operator lists the add-ons to see whether the recorded one has the name of another resource";
            snapshot.plan(state, Step::Read(Read::Listing { sent_after: since }), reason, because)
        }
    }
}

/// Returns the message that names the holder, and the command to get another add-on.
pub(crate) fn not_handed_over(snapshot: &Snapshot<'_>, ids: &Ids, holder: &str) -> String {
    let command = without_record(snapshot);
    format!(
        "{} belongs to {holder}, so this resource cannot use it. To create a new add-on for this resource, remove the record: {command}.",
        names(ids)
    )
}

/// The time since which this process knows the recorded ids.
pub(crate) fn recorded_at(snapshot: &Snapshot<'_>) -> Duration {
    snapshot.memory.recorded.as_ref().map(|seen| seen.at).unwrap_or_default()
}

fn held<'a>(entry: &'a Entry, ids: &Ids) -> Option<&'a str> {
    entry.held_by.as_deref().filter(|_| same(&entry.ids, ids))
}

/// Waits for the list of a kind: a resource of a kind that has not been listed yet may hold the add-on.
pub(crate) fn unseen(snapshot: &Snapshot<'_>, state: State, kind: &str) -> Plan {
    let because = format!(
        "the operator has not listed the {kind} resources of the cluster yet, and one of them may own this add-on"
    );
    snapshot.rest(state, snapshot.now.mono + snapshot.timing.look, Reason::Verifying, because)
}
