//! More than one add-on of our name: which of them is provably superfluous. Deletes nothing that might be somebody's data.

use crate::plan::observed::{Entry, Listing};
use crate::plan::reason::Reason;
use crate::plan::record::{Record, names, same};
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// The deletion of a twin, if the list shows one beside the recorded add-on.
pub(crate) fn plan(sight: &Sight<'_>, state: State) -> Option<Plan> {
    let (record, listing) = (sight.record()?, beside(sight)?);
    let twin = leftover(sight, listing, |entry| is_other(record, entry) && is_twin(sight, record, entry))?;
    let because = format!("{} came of another attempt to create this add-on; it is not the recorded one, and goes", names(&twin.ids));
    Some(sight.swap(state, Step::Delete(twin.ids.clone()), Reason::Deleting, because))
}

/// A double that is no twin: it may be older than anything we did, so nobody but a person can say which is right.
pub(crate) fn duplicate<'a>(sight: &Sight<'a>) -> Option<&'a Entry> {
    let record = sight.record()?;
    let doubt = |entry: &&Entry| is_other(record, entry) && !is_twin(sight, record, entry);
    beside(sight)?.entries.iter().find(doubt)
}

/// The first that should go of what a list shows. What this process has just deleted may show for a while, and is not deleted again.
pub(crate) fn leftover<'a>(sight: &Sight<'_>, listing: &'a Listing, goes: impl Fn(&Entry) -> bool) -> Option<&'a Entry> {
    let lingers = |entry: &Entry| sight.memory.farewell(&entry.ids).is_some_and(|at| listing.sent < at + sight.timing.settle);
    listing.entries.iter().find(|entry| goes(entry) && !lingers(entry))
}

/// The list, where it shows the recorded add-on too: one that does not is no ground for deleting another.
fn beside<'a>(sight: &Sight<'a>) -> Option<&'a Listing> {
    let ids = sight.ids()?;
    sight.listing.filter(|listing| listing.entry(ids).is_some())
}

fn is_other(record: &Record, entry: &Entry) -> bool {
    let recorded = record.ids.as_ref().is_some_and(|ids| same(ids, &entry.ids));
    !recorded && entry.name_matches && entry.same_provider
}

/// Created under one of our attempts, beyond doubt.
///
/// A list that justified a second attempt would have shown whatever was sent within fence and timeout of the first: a twin was sent later than
/// that, an elder before the first attempt. The line is drawn half-way, because the cloud's clock may be off.
fn is_twin(sight: &Sight<'_>, record: &Record, entry: &Entry) -> bool {
    let half_way = (sight.timing.fence + sight.timing.request) / 2;
    let margin = i64::try_from(half_way.as_millis()).unwrap_or(i64::MAX);
    let (Some(first), Some(created)) = (record.first, entry.created) else { return false };
    created >= first.saturating_add(margin)
}
