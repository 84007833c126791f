//! Finds the add-on that a former resource of this cluster, namespace, kind and name has left, by its mark.

use crate::plan::external::EXTERNAL_ID;
use crate::plan::holder;
use crate::plan::marking::MarkedAddon;
use crate::plan::marks;
use crate::plan::observed::{Entry, Listing, OtherClaim};
use crate::plan::reason::Reason;
use crate::plan::record::{Record, names};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};

/// Plans to use the add-on of a former resource; `None` if there is none, so that a new one may be created.
pub(crate) fn plan(snapshot: &Snapshot<'_>, state: State) -> Option<Plan> {
    snapshot.marking.filter(|marking| marking.resource.is_some())?;
    let since = snapshot.memory.first_seen.unwrap_or_default();
    let because = "the operator looks for an add-on that a former resource of this name has left, before it creates one";
    let waiting = (Reason::Creating, because);
    if let Some(plan) = marks::look(snapshot, state, since, waiting) {
        return Some(plan);
    }
    let is_ours = |marked: &MarkedAddon| marks::is_ours(snapshot, &marked.ids);
    if !marks::read_since(snapshot, since)?.iter().any(is_ours) {
        return None;
    }
    let Some(listing) = snapshot.listing_since(since) else {
        let read = Step::Read(Read::Listing { sent_after: since });
        return Some(snapshot.plan(state, read, Reason::Creating, because));
    };
    match marked(snapshot, listing).as_slice() {
        [] if listing.suspicious => Some(snapshot.look(state, since, since, waiting)),
        [] => None,
        [entry] => Some(adopt(snapshot, state, entry)),
        several => {
            let all: Vec<_> = several.iter().map(|entry| names(&entry.ids)).collect();
            let because = format!(
                "former resources of this name have left more than one add-on: {}. Name the one to use by its id, with the annotation `{EXTERNAL_ID}`.",
                all.join("; ")
            );
            Some(snapshot.until_listed(state, Reason::Duplicate, because))
        }
    }
}

/// Returns the listed add-ons that marks give to this resource. One that vanished and may be replaced is not
/// used again, and another live resource may have the name at the cloud.
fn marked<'a>(snapshot: &Snapshot<'_>, listing: &'a Listing) -> Vec<&'a Entry> {
    let replaced = snapshot.record().and_then(|record| record.replaced.as_ref());
    let is_replaced = |entry: &Entry| replaced == Some(&entry.ids);
    let is_free = |entry: &&Entry| entry.same_provider && entry.held_by.is_none() && !is_replaced(entry);
    listing.entries.iter().filter(|entry| marks::is_ours(snapshot, &entry.ids)).filter(is_free).collect()
}

fn adopt(snapshot: &Snapshot<'_>, state: State, entry: &Entry) -> Plan {
    match &snapshot.resource.other_claim {
        OtherClaim::Unknown(kind) => return holder::unseen(snapshot, state, kind),
        OtherClaim::By { other, authentic: true, .. } => {
            let because = format!(
                "{} has the mark of this resource, but {other} uses it, so the operator does not hand it out. To create a new add-on for this resource, remove the \
                 mark in the cloud console; to use another one, name it with the annotation `{EXTERNAL_ID}`.",
                names(&entry.ids)
            );
            return snapshot.until_listed(state, Reason::OwnedByOther, because);
        }
        // A claim without proof outweighs no mark.
        OtherClaim::By { .. } | OtherClaim::None => (),
    }
    let record = snapshot.record_or_new().found(&entry.ids);
    let record =
        Record { adopted: Some(snapshot.resource.generation), operation: None, released: None, ..record };
    let because = format!(
        "{} has the mark of this resource: a former one of the same name has left it, and the operator records it",
        names(&entry.ids)
    );
    snapshot.swap(state, Step::Write(record), Reason::Creating, because)
}
