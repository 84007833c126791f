//! Proof that an add-on belongs to a resource. Annotations and status prove nothing by themselves, because
//! users of the namespace can write them.

use crate::plan::confirmation::{Confirmation, id};
use crate::plan::external::External;
use crate::plan::marks;
use crate::plan::observed::{Authenticity, Entry};
use crate::plan::record::{Ids, Record, same};
use crate::plan::snapshot::Snapshot;

/// Returns true when the recorded add-on provably belongs to this resource; also without a recorded add-on.
pub(crate) fn is_proven(snapshot: &Snapshot<'_>) -> bool {
    let Some(ids) = snapshot.ids() else { return true };
    snapshot.resource.authenticity == Authenticity::Authentic
        || snapshot.memory.holds(ids, &snapshot.location())
        || is_named(snapshot, ids)
        || is_marked(snapshot, ids)
        || assigned(snapshot, ids).is_some()
}

/// Returns true when the list shows all these ids on one add-on that bears the name of this resource, or when
/// the cloud's own answer gave them to this process.
pub(crate) fn is_named(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    snapshot.memory.known.was_answered(ids, &snapshot.location())
        || shown(snapshot, ids).is_some_and(|entry| entry.name_matches)
}

/// Returns true when the list shows all these ids on one add-on that has the mark of this resource.
pub(crate) fn is_marked(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    shown(snapshot, ids).is_some_and(|entry| marks::is_ours(snapshot, &entry.ids))
}

/// Returns the add-on that the list shows with all these ids. A record may name ids of several add-ons, so one
/// id proves nothing about the others.
pub(crate) fn shown<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a Entry> {
    let all = |entry: &&Entry| ids.iter().all(|(name, id)| entry.ids.get(name) == Some(id));
    snapshot.listing.and_then(|listing| listing.entries.iter().find(all))
}

/// Returns the add-on with all these ids, if the operator's configuration assigns it to this resource.
pub(crate) fn assigned<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a Entry> {
    shown(snapshot, ids).filter(|entry| entry.same_provider && is_assigned(snapshot, &entry.ids))
}

/// Returns true when the operator's configuration assigns an add-on with one of these ids to this resource.
pub(crate) fn is_assigned(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    ids.values().any(|id| snapshot.resource.adoption.assigned.contains(id))
}

/// Returns the add-on with all these ids, if this resource may take it over although its record does not prove
/// that it belongs to it: by its mark, by the configuration, or by a confirmation that the configuration allows.
pub(crate) fn claimable<'a>(snapshot: &Snapshot<'a>, ids: &Ids) -> Option<&'a Entry> {
    let entry = shown(snapshot, ids).filter(|entry| entry.same_provider)?;
    let is_marked = marks::is_ours(snapshot, &entry.ids);
    (is_marked || is_assigned(snapshot, &entry.ids) || is_agreed(snapshot, entry)).then_some(entry)
}

/// Returns the record of a claimed add-on: its ids as the list shows them, and the credentials that showed it.
/// A user may have written the rest: without the time of a first attempt no other add-on counts as superfluous,
/// and the differences from the spec are shown before they are applied.
pub(crate) fn claimed(snapshot: &Snapshot<'_>, record: Record, entry: &Entry) -> Record {
    Record {
        ids: Some(entry.ids.clone()),
        credentials: snapshot.target.secret.clone(),
        names_other: !marks::is_ours(snapshot, &entry.ids)
            && (entry.names_other
                || record.names_other
                || is_elsewhere(snapshot, &record)
                || marks::elsewhere(snapshot, &entry.ids).is_some()),
        first: None,
        attempts: 0,
        adopted: Some(snapshot.resource.generation),
        operation: None,
        ..record
    }
}

/// Returns true when the record says that it was written in another cluster, which may still use the add-on.
pub(crate) fn is_elsewhere(snapshot: &Snapshot<'_>, record: &Record) -> bool {
    !record.cluster.is_empty() && record.cluster != snapshot.cluster
}

/// Returns true when the user asked that the resource takes this add-on, by a confirmation or by naming it, and
/// the operator's configuration lets users of the namespace do so. An add-on with the name or a mark of another
/// resource is never handed out.
pub(crate) fn is_agreed(snapshot: &Snapshot<'_>, entry: &Entry) -> bool {
    let is_named = || entry.requested && is_only_one(snapshot, entry);
    may_agree(snapshot, entry) && (Confirmation::Claim.is_given(snapshot, &entry.ids) || is_named())
}

/// Returns true when the user confirmed this add-on, or named it by an id; or by a name, which only a list
/// resolves.
pub(crate) fn may_be_agreed(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    let is_named = |external: &External| external.has_id(ids) || external.name().is_some();
    snapshot.resource.external.as_ref().is_some_and(is_named) || Confirmation::Claim.is_given(snapshot, ids)
}

/// Returns true when annotations name no other add-on of the same provider, as a name may do.
fn is_only_one(snapshot: &Snapshot<'_>, entry: &Entry) -> bool {
    let is_other = |one: &Entry| one.requested && one.same_provider && !same(&one.ids, &entry.ids);
    !snapshot.listing.is_some_and(|listing| listing.entries.iter().any(is_other))
}

fn may_agree(snapshot: &Snapshot<'_>, entry: &Entry) -> bool {
    let is_free =
        !entry.names_other && entry.held_by.is_none() && marks::other(snapshot, &entry.ids).is_none();
    snapshot.resource.adoption.on_confirmation && is_free
}

/// Returns why the record itself is no proof.
pub(crate) fn doubt(snapshot: &Snapshot<'_>) -> String {
    match &snapshot.resource.authenticity {
        Authenticity::Authentic => "the record was written for another resource".to_owned(),
        Authenticity::Unsigned => "the record has no authentication code".to_owned(),
        Authenticity::UnknownKey(key) => {
            format!("the record was signed with the key `{key}`, which the operator does not have")
        }
        Authenticity::Mismatch => {
            "the authentication code of the record does not match its content".to_owned()
        }
        Authenticity::NoKey => "the operator has no key to check the record with".to_owned(),
    }
}

/// Returns the sentences that say how this resource gets the add-on.
pub(crate) fn ways_to_adopt(snapshot: &Snapshot<'_>, entry: &Entry) -> String {
    if may_agree(snapshot, entry) {
        return format!("To use this add-on: {}.", Confirmation::Claim.command(snapshot, id(&entry.ids)));
    }
    ways_to_assign(snapshot, id(&entry.ids))
}

/// Returns the sentences with the lines of the operator's configuration that let this resource adopt the add-on.
pub(crate) fn ways_to_allow(snapshot: &Snapshot<'_>, entry: &Entry) -> String {
    let assign = ways_to_assign(snapshot, id(&entry.ids));
    let (namespace, account) = (&snapshot.resource.namespace, &snapshot.target.location.account);
    let is_others = marks::other(snapshot, &entry.ids).is_some();
    if entry.names_other || is_others || entry.held_by.is_some() || namespace.is_empty() || account.is_empty()
    {
        return assign;
    }
    format!(
        "{assign} To let all resources of this namespace adopt add-ons of `{account}`: `[operator.adoption.namespaces]` with the line \
         `\"{namespace}\" = [\"{account}\"]`."
    )
}

/// Returns the sentence with the line of the operator's configuration that assigns an add-on to this
/// resource.
pub(crate) fn ways_to_assign(snapshot: &Snapshot<'_>, id: &str) -> String {
    let resource = snapshot.resource;
    let place = match resource.namespace.as_str() {
        "" => resource.name.clone(),
        namespace => format!("{namespace}/{}", resource.name),
    };
    format!(
        "To use this add-on, an administrator assigns it in the configuration of the operator: `[operator.adoption.addons]` with the line \
         `\"{id}\" = \"{} {place}\"`.",
        resource.kind
    )
}
