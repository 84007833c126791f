//! An existing add-on is to be adopted: one that an annotation of the user names, or the status that the
//! previous operator left. Writes nothing to the cloud.

use crate::plan::confirmation::{Confirmation, id, shortened, without_annotation};
use crate::plan::desired::DesiredState;
use crate::plan::external::{ADOPTION, EXTERNAL_ID, External};
use crate::plan::holder;
use crate::plan::management::Management;
use crate::plan::marks;
use crate::plan::observed::{Entry, Listing, OtherClaim};
use crate::plan::proof;
use crate::plan::reason::Reason;
use crate::plan::record::{Record, names};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::creating::{record, withdraw};
use crate::plan::states::former;
use crate::plan::states::not_created::obstacle;
use crate::plan::step::{Plan, Step};

/// Adopts the add-on that an annotation names; without one, the add-on in the status.
pub(crate) fn plan(snapshot: &Snapshot<'_>) -> Plan {
    match &snapshot.resource.external {
        Some(external) => of_annotation(snapshot, external),
        None => of_status(snapshot),
    }
}

/// Looks up the add-on that an annotation names. An add-on with the name of the resource comes first, because
/// the resource must not have two.
fn of_annotation(snapshot: &Snapshot<'_>, external: &External) -> Plan {
    if snapshot.namespace_terminating {
        let because = "the namespace is being deleted, so the operator adopts no add-on";
        return snapshot.stall(State::Adopting, Reason::NamespaceTerminating, because);
    }
    if let Some(own) = snapshot.own().filter(|own| !own.in_flight) {
        return withdraw(snapshot, own, "an annotation names an existing add-on");
    }
    let creates = matches!(external, External::NameOrNew(_));
    // Neither an earlier list nor earlier marks say whose the add-on is now, or that there is none.
    let since = snapshot.looking_since().max(snapshot.memory.first_seen.unwrap_or_default());
    let since = since.max(marks::fresh(snapshot));
    let counts = snapshot.absence_from().max(since);
    let looking = |because| snapshot.look(State::Adopting, since, counts, (Reason::Verifying, because));
    let Some(listing) = snapshot.listing_since(since) else {
        return looking("the operator looks up the add-on that an annotation names before it adopts it");
    };
    if let Some(entry) = listing.ours() {
        return record(snapshot, State::Adopting, entry);
    }
    if creates && snapshot.marking.is_none_or(|marking| marking.resource.is_none()) {
        let because = format!(
            "the annotation `{ADOPTION}: adopt-or-create` needs an API that can mark an add-on with a name, and a namespace whose uid the operator can read. Remove it, or name an existing add-on."
        );
        return snapshot.stall(State::Adopting, Reason::InvalidAnnotation, because);
    }
    if listing.suspicious || listing.sent < counts {
        return looking(
            "an earlier attempt may have created an add-on, so the operator looks again before it adopts another one",
        );
    }
    let because = "the operator reads the marks of the add-ons to see whose the named one is";
    if let Some(plan) = marks::look(snapshot, State::Adopting, since, (Reason::Verifying, because)) {
        return plan;
    }
    match sole(listing) {
        Ok(Some(entry)) => requested(snapshot, external, entry),
        Ok(None) if creates => or_create(snapshot, external),
        Ok(None) => {
            let create = match snapshot.resource.management {
                Management::Manage => {
                    let command = without_annotation(snapshot, external.annotation().0);
                    format!(", or remove it to create a new add-on: {command}")
                }
                Management::Observe | Management::Invalid => String::new(),
            };
            let because = format!(
                "{} names an add-on that the cloud does not have{}. Correct the annotation{create}. The operator looks for it at every poll.",
                written(external),
                within(&snapshot.target.location.account),
            );
            snapshot.until_listed(State::Adopting, Reason::ExternalResourceNotFound, because)
        }
        Err(several) => {
            let because = format!(
                "{} names more than one add-on: {several}. Name one of them by its id, with the annotation `{}`.",
                written(external),
                EXTERNAL_ID
            );
            snapshot.until_listed(State::Adopting, Reason::Duplicate, because)
        }
    }
}

/// Returns the one add-on that an annotation names. Names are unique within a provider only.
///
/// # Errors
/// There are several; returns their ids, for a message.
fn sole(listing: &Listing) -> Result<Option<&Entry>, String> {
    let requested = || listing.entries.iter().filter(|entry| entry.requested);
    let mut same: Vec<_> = requested().filter(|entry| entry.same_provider).collect();
    if same.is_empty() {
        same.extend(requested().next());
    }
    match same.as_slice() {
        [] => Ok(None),
        [entry] => Ok(Some(entry)),
        several => Err(several.iter().map(|entry| names(&entry.ids)).collect::<Vec<_>>().join("; ")),
    }
}

/// Creates the add-on that an annotation names, because neither a list nor a mark shows it.
fn or_create(snapshot: &Snapshot<'_>, external: &External) -> Plan {
    let since = marks::fresh(snapshot);
    let read = snapshot.marking.and_then(|marking| marking.read.as_ref());
    if read.is_none_or(|marks| marks.sent < since) {
        let because = format!(
            "{} names an add-on that no list shows, and the cloud does not show the marks to these credentials, so the operator does not know whether it exists. Give them the permission, or remove the annotation `{ADOPTION}`.",
            written(external)
        );
        return snapshot.until_listed(State::Adopting, Reason::ExternalResourceNotFound, because);
    }
    let because = format!("no add-on is what {} names, so the operator creates it", written(external));
    obstacle(snapshot, State::Adopting)
        .or_else(|| former::plan(snapshot, State::Adopting))
        .unwrap_or_else(|| snapshot.intend(State::Adopting, because))
}

/// Adopts the add-on that an annotation names, if the resource may have it.
fn requested(snapshot: &Snapshot<'_>, external: &External, entry: &Entry) -> Plan {
    let status = snapshot.resource.status_id.as_ref();
    let is_assigned = proof::is_assigned(snapshot, &entry.ids);
    let problem = if !entry.same_provider {
        Some((
            Reason::InvalidAnnotation,
            "is of another type than this kind. Correct the annotation.".to_owned(),
        ))
    } else if let Some(status) = status.filter(|status| !entry.ids.values().any(|id| id == *status)) {
        let because =
            format!("is not {status}, which the status names. Remove the annotation to adopt that one.");
        Some((Reason::StatusMismatch, because))
    } else if let Some(holder) = other_holder(snapshot, entry) {
        Some((
            Reason::OwnedByOther,
            format!("belongs to {holder}, so this resource cannot use it. Correct the annotation."),
        ))
    } else if let Some(other) = marks::other(snapshot, &entry.ids).filter(|_| !is_assigned) {
        let because = format!(
            "has the mark of {}. {}",
            other.resource,
            proof::ways_to_assign(snapshot, id(&entry.ids))
        );
        Some((Reason::OwnershipUnproven, because))
    } else if !is_assigned && !marks::is_ours(snapshot, &entry.ids) && !proof::is_agreed(snapshot, entry) {
        let because = format!(
            "does not have the name of this resource, and the configuration of the operator does not let users of this namespace adopt it. {}",
            proof::ways_to_allow(snapshot, entry)
        );
        Some((Reason::OwnershipUnproven, because))
    } else {
        None
    };
    if let Some((reason, because)) = problem {
        let because = format!("{} names {}, which {because}", written(external), names(&entry.ids));
        return snapshot.until_listed(State::Adopting, reason, because);
    }
    match &snapshot.resource.other_claim {
        OtherClaim::Unknown(kind) => holder::unseen(snapshot, State::Adopting, kind),
        OtherClaim::None | OtherClaim::By { .. } => adopt(snapshot, entry),
    }
}

/// Records the add-on. Its differences from the spec are shown before they are applied, whatever was attempted
/// before.
fn adopt(snapshot: &Snapshot<'_>, entry: &Entry) -> Plan {
    let is_ours = marks::is_ours(snapshot, &entry.ids);
    let record = snapshot.record_or_new().found(&entry.ids);
    // The effect of an open attempt may still show.
    let (first, attempts) = match record.attempt {
        Some(_) => (record.first, record.attempts),
        None => (None, 0),
    };
    let record = Record {
        first,
        attempts,
        adopted: Some(snapshot.resource.generation),
        operation: None,
        sent: None,
        names_other: !is_ours && (entry.names_other || marks::elsewhere(snapshot, &entry.ids).is_some()),
        released: None,
        ..record
    };
    let because =
        format!("an annotation names {}, so the operator records it for this resource", names(&entry.ids));
    snapshot.swap(State::Adopting, Step::Write(record), Reason::Creating, because)
}

fn other_holder<'a>(snapshot: &Snapshot<'a>, entry: &Entry) -> Option<&'a str> {
    let is_assigned = proof::is_assigned(snapshot, &entry.ids);
    if is_assigned {
        holder::proven_other(snapshot, &entry.ids)
    } else {
        holder::by_other(snapshot, &entry.ids)
    }
}

/// The annotation with its value, for a message.
fn written(external: &External) -> String {
    let (annotation, value) = external.annotation();
    format!("the annotation `{annotation}: {}`", shortened(value))
}

/// Looks up the add-on that the status of another operator names, and adopts it.
pub(crate) fn of_status(snapshot: &Snapshot<'_>) -> Plan {
    let status = snapshot.resource.status_id.as_deref().unwrap_or_default();
    let since = snapshot.looking_since();
    let shown = snapshot.listing_since(since);
    let named = |listing: &'_ Listing| {
        listing.entries.iter().position(|entry| entry.ids.values().any(|id| id == status))
    };
    if let Some(entry) = shown.and_then(|listing| listing.entries.get(named(listing)?)) {
        return listed(snapshot, status, entry);
    }
    let counts = snapshot.absence_from();
    match snapshot.proof_since(counts) {
        None => snapshot.look(
            State::Adopting,
            since,
            counts,
            (Reason::Verifying, "the operator looks up the add-on that the status names before it adopts it"),
        ),
        Some(listing) => absent(snapshot, status, listing),
    }
}

/// Adopts an add-on that bears our name. One that bears another name needs the user's confirmation, and is
/// never adopted while another resource holds it.
fn listed(snapshot: &Snapshot<'_>, status: &str, entry: &Entry) -> Plan {
    if entry.name_matches && entry.same_provider {
        return record(snapshot, State::Adopting, entry);
    }
    if !entry.same_provider {
        let because = format!(
            "the status names {status}, which is of another type than this kind. To create a new add-on, delete this resource and create it \
             again without a status."
        );
        return snapshot.until_listed(State::Adopting, Reason::OwnedByOther, because);
    }
    let because = "the operator reads the marks of the add-ons to see whose the one in the status is";
    if let Some(plan) =
        marks::look(snapshot, State::Adopting, marks::fresh(snapshot), (Reason::Verifying, because))
    {
        return plan;
    }
    let is_assigned = proof::is_assigned(snapshot, &entry.ids);
    if let Some(holder) = other_holder(snapshot, entry) {
        let because = format!(
            "the status names {status}, which belongs to {holder}. To create a new add-on, delete this resource \
             and create it again without a status."
        );
        return snapshot.until_listed(State::Adopting, Reason::OwnedByOther, because);
    }
    if !is_assigned && !marks::is_ours(snapshot, &entry.ids) && !proof::is_agreed(snapshot, entry) {
        let because = format!(
            "the status names {status}, which does not have the name of this resource, so nothing proves that it belongs to it. {} To create a \
             new add-on instead, delete this resource and create it again without a status.",
            proof::ways_to_adopt(snapshot, entry)
        );
        return snapshot.until_listed(State::Adopting, Reason::OwnershipUnproven, because);
    }
    match &snapshot.resource.other_claim {
        OtherClaim::Unknown(kind) => holder::unseen(snapshot, State::Adopting, kind),
        OtherClaim::None | OtherClaim::By { .. } => record(snapshot, State::Adopting, entry),
    }
}

fn absent(snapshot: &Snapshot<'_>, status: &str, listing: &Listing) -> Plan {
    if let Some(other) = listing.ours() {
        let because = format!(
            "the status names {status}, but the cloud has {} under the name of this resource. Correct the status.",
            names(&other.ids)
        );
        return snapshot.until_listed(State::Adopting, Reason::StatusMismatch, because);
    }
    let stateless = matches!(snapshot.desired_state, DesiredState::Clear { stateful: false, .. });
    if stateless || snapshot.resource.confirmed.recreate.as_deref() == Some(status) {
        let because = format!("{status} has vanished, so the operator creates a new add-on in its place");
        return obstacle(snapshot, State::Adopting)
            .unwrap_or_else(|| snapshot.intend(State::Adopting, because));
    }
    let because = format!(
        "the status names {status}, which the cloud does not have{}. Restore it in the cloud console, or create a new, EMPTY one: {}. The operator looks for it at every poll.",
        within(&snapshot.target.location.account),
        Confirmation::Recreate.command(snapshot, status)
    );
    snapshot.until_listed(State::Adopting, Reason::ExternalResourceVanished, because)
}

/// The account in the current spec, for a message: a user who has edited it since finds the add-on in the old
/// account.
fn within(account: &str) -> String {
    if account.is_empty() { String::new() } else { format!(" in `{account}`, the account of this spec") }
}
