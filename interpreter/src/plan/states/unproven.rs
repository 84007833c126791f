//! Nothing proves that the recorded add-on belongs to the resource. Waits for a proof, and signs a record that
//! has one.

use crate::plan::backoff::pause_between_repairs;
use crate::plan::confirmation::with_policy;
use crate::plan::holder;
use crate::plan::marks;
use crate::plan::observed::{Authenticity, Entry, OtherClaim};
use crate::plan::proof::{
    assigned, claimable, claimed, doubt, is_assigned, is_elsewhere, is_marked, is_named, shown, ways_to_adopt,
};
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, Record, names};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::ownership;
use crate::plan::step::{Plan, Step};

/// Signs a record again that has another proof, and one that names this cluster by an earlier id.
pub(crate) fn sign(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let record = snapshot.record()?;
    let ids = record.ids.as_ref()?;
    let entry = shown(snapshot, ids);
    let is_renamed_cluster = !snapshot.cluster.is_empty() && record.cluster != snapshot.cluster;
    let (because, record) = match snapshot.resource.authenticity {
        Authenticity::NoKey => return None,
        Authenticity::Authentic if is_renamed_cluster => {
            ("the record names this cluster by another id, so the operator renews it", record.clone())
        }
        Authenticity::Authentic => return None,
        Authenticity::Unsigned | Authenticity::UnknownKey(_) | Authenticity::Mismatch => {
            let is_named = is_named(snapshot, ids);
            if snapshot.target.access_denied.is_some() {
                return None;
            }
            if !is_named && assigned(snapshot, ids).is_none() {
                // A mark that was read long ago may have moved to another cluster since.
                let waiting = "the operator reads the marks of the add-ons before it signs the record";
                let since = marks::fresh(snapshot);
                let look = || marks::look(snapshot, State::Recorded, since, (Reason::Verifying, waiting));
                if !is_marked(snapshot, ids) {
                    return None;
                } else if let Some(plan) = look() {
                    return Some(plan);
                } else if marks::read_since(snapshot, since).is_none_or(<[_]>::is_empty) {
                    return None;
                }
            }
            (
                "the record has no valid authentication code, and the operator has another proof, so it makes one",
                signed(snapshot, record, entry.filter(|_| !is_named)),
            )
        }
    };
    let pause = pause_between_repairs(snapshot.memory.signed, snapshot.timing);
    let is_due = pause.is_none_or(|until| until <= snapshot.now.mono);
    is_due.then(|| snapshot.swap(State::Recorded, Step::Write(record), Reason::Verifying, because))
}

/// Returns the record with what a user may have written in it replaced: the credentials; that the
/// add-on has the name of another resource, or has not; and for one without the own name, that its differences were
/// never shown.
fn signed(snapshot: &Snapshot<'_>, record: &Record, adopted: Option<&Entry>) -> Record {
    let credentials = snapshot.target.secret.clone();
    let record = Record { credentials, ..record.clone() };
    match adopted {
        Some(entry) => Record {
            names_other: !marks::is_ours(snapshot, &entry.ids) && (record.names_other || entry.names_other),
            adopted: Some(snapshot.resource.generation),
            operation: None,
            ..record
        },
        None => Record { names_other: false, ..record },
    }
}

/// The recorded add-on is not proven to belong to this resource: nothing is sent by its ids.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    let (Some(record), Some(ids)) = (snapshot.record(), snapshot.ids()) else {
        return ownership::unreadable(snapshot);
    };
    let since = holder::recorded_at(snapshot);
    let because = "the operator reads the marks of the add-ons to see whether the recorded one belongs to this resource";
    let read = marks::fresh(snapshot).max(since);
    if let Some(plan) = marks::look(snapshot, State::Unproven, read, (Reason::Verifying, because)) {
        return plan;
    }
    let entry = snapshot.listing_since(since).and_then(|listing| listing.entry(ids));
    let Some(entry) = entry else { return missing(snapshot, record, ids) };
    if let OtherClaim::Unknown(kind) = &snapshot.resource.other_claim {
        return holder::unseen(snapshot, State::Unproven, kind);
    }
    // No confirmation hands out what another cluster may still use.
    let may_claim = |entry: &&Entry| !is_elsewhere(snapshot, record) || is_assigned(snapshot, &entry.ids);
    let claimable = claimable(snapshot, ids).filter(may_claim);
    if let Some(entry) = claimable.filter(|_| holder::by_other(snapshot, ids).is_none()) {
        let because = "the configuration assigns the add-on to this resource, or lets its user confirm it, so the operator records it";
        let record = claimed(snapshot, record.clone(), entry);
        return snapshot.swap(State::Unproven, Step::Write(record), Reason::Verifying, because);
    }
    let because = format!(
        "the record names {}, and nothing proves that it belongs to this resource: {}, and the add-on has another name. Until then, the operator \
         writes nothing to the cloud for it. {} {}",
        names(ids),
        doubt(snapshot),
        ways_to_adopt(snapshot, entry),
        way_to_create(snapshot)
    );
    snapshot.until_listed(State::Unproven, Reason::OwnershipUnproven, because)
}

fn missing(snapshot: &Snapshot<'_>, record: &Record, ids: &Ids) -> Plan {
    let since = holder::recorded_at(snapshot);
    let counts = since + snapshot.timing.list_lag;
    if snapshot.proof_since(counts).is_none() {
        let because =
            "the operator lists the add-ons to see whether the recorded one belongs to this resource";
        return snapshot.look(State::Unproven, since, counts, (Reason::Verifying, because));
    }
    let because = format!(
        "the record names {}, which the list of `{}` does not show, and {}, so the operator does not use it. Restore the \
         add-on there. {}",
        names(ids),
        record.account,
        doubt(snapshot),
        way_to_create(snapshot)
    );
    snapshot.until_listed(State::Unproven, Reason::ExternalResourceVanished, because)
}

/// Returns the sentence that says how the resource gets a new add-on. Its status names the old one, too, and
/// users cannot write a status.
fn way_to_create(snapshot: &Snapshot<'_>) -> String {
    format!(
        "To create a new add-on instead, keep this one with {}, delete the resource, and create it again without its annotations.",
        with_policy(snapshot)
    )
}
