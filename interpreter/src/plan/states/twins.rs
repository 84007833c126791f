//! Several add-ons of our name: finds those that are provably superfluous. Deletes nothing that might hold a
//! user's data.

use crate::plan::observed::{Entry, Listing};
use crate::plan::reason::Reason;
use crate::plan::record::{Record, names, same};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// Deletes a twin, if the list shows one beside the recorded add-on.
pub(crate) fn plan(snapshot: &Snapshot<'_>, state: State) -> Option<Plan> {
    let (record, listing) = (snapshot.record()?, beside(snapshot)?);
    if snapshot.resource.management.only_reads() {
        return None;
    }
    let twin =
        leftover(snapshot, listing, |entry| is_other(record, entry) && is_twin(snapshot, record, entry))?;
    let because = format!(
        "deleting {}: another attempt created it, and the record names a different add-on",
        names(&twin.ids)
    );
    Some(snapshot.swap(state, Step::Delete(twin.ids.clone()), Reason::Deleting, because))
}

/// A duplicate that is not deleted: it may be older than any of our attempts, so only the user can decide which
/// one is right; or the resource only observes.
pub(crate) fn duplicate<'a>(snapshot: &Snapshot<'a>) -> Option<&'a Entry> {
    let record = snapshot.record()?;
    let keeps = snapshot.resource.management.only_reads();
    let doubt = |entry: &&Entry| is_other(record, entry) && (keeps || !is_twin(snapshot, record, entry));
    beside(snapshot)?.entries.iter().find(doubt)
}

/// The first add-on in a list to be deleted. An add-on that this process has just deleted may show for a
/// while, and is not deleted again.
pub(crate) fn leftover<'a>(
    snapshot: &Snapshot<'_>,
    listing: &'a Listing,
    goes: impl Fn(&Entry) -> bool,
) -> Option<&'a Entry> {
    let lingers = |entry: &Entry| {
        snapshot.memory.deleted_at(&entry.ids).is_some_and(|at| listing.sent < at + snapshot.timing.list_lag)
    };
    listing.entries.iter().find(|entry| goes(entry) && !lingers(entry))
}

/// The list, if it shows the recorded add-on too: one without it does not justify the deletion of another
/// add-on.
fn beside<'a>(snapshot: &Snapshot<'a>) -> Option<&'a Listing> {
    let ids = snapshot.ids()?;
    snapshot.listing.filter(|listing| listing.entry(ids).is_some())
}

fn is_other(record: &Record, entry: &Entry) -> bool {
    let recorded = record.ids.as_ref().is_some_and(|ids| same(ids, &entry.ids));
    !recorded && entry.name_matches && entry.same_provider
}

/// Returns true for an add-on that was certainly created under one of our attempts, beside the recorded one.
///
/// Beside an adopted add-on, one of our name may be the one that the resource used before, with its data.
///
/// A list that justified a second attempt would have shown an add-on that was sent within creation window and
/// timeout of the first: a twin was sent later than that, an older add-on before the first attempt. The limit
/// is half-way, because the cloud's clock may be off.
fn is_twin(snapshot: &Snapshot<'_>, record: &Record, entry: &Entry) -> bool {
    let half_way = (snapshot.timing.creation_window + snapshot.timing.request) / 2;
    let margin = i64::try_from(half_way.as_millis()).unwrap_or(i64::MAX);
    let (Some(first), Some(created)) = (record.first, entry.created) else { return false };
    let is_adopted = record.adopted.is_some() || record.names_other;
    !is_adopted && created >= first.saturating_add(margin)
}
