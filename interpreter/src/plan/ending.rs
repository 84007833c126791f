//! The end of a resource: whether the operator released its add-on, and what is left if it did not.

use std::time::Duration;

use crate::plan::deletion_policy::DeletionPolicy;
use crate::plan::observed::Resource;
use crate::plan::record::{Ids, Record, Release, same};
use crate::plan::timing::Now;

/// The end of a resource, as far as this process knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ending {
    /// The recorded add-on of a resource that the operator has not released.
    pub(crate) kept: Option<Kept>,
    /// The fate of the add-on in the closed record of the resource, which may be gone by now.
    pub(crate) released: Option<Release>,
    /// The deletion policy that the annotation of the resource last set.
    pub(crate) policy: Option<DeletionPolicy>,
    /// The time at which this process first saw that the resource is being deleted, or is gone.
    pub(crate) since: Option<Duration>,
    /// The add-on that was last reported as left behind.
    reported: Option<Ids>,
}

/// The recorded add-on of a resource, as this process last saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) ids: Ids,
    /// The time since which this process knows the ids.
    pub(crate) since: Duration,
    /// The live resource was last seen without our finalizer, so the API server deletes it without waiting.
    pub(crate) unguarded: bool,
    /// The annotation of the resource protected it from deletion.
    pub(crate) protected: bool,
    /// The time since which the resource is known to be gone, or to go without waiting for the operator.
    pub(crate) gone: Option<Duration>,
}

impl Ending {
    /// Updates what is known from the resource and its record.
    pub(crate) fn saw(&mut self, resource: &Resource, record: Option<&Record>, now: Now) {
        if resource.exists {
            let observed = resource.management.only_reads().then_some(DeletionPolicy::Retain);
            self.policy = observed.or(resource.deletion_policy);
        }
        if resource.deleting || !resource.exists {
            self.since.get_or_insert(now.mono);
        }
        self.released = record.and_then(|record| record.released).or(self.released);
        let kept = self.kept.take().filter(|_| self.released.is_none());
        let ids = record.and_then(|record| record.ids.as_ref());
        let ids = ids.filter(|ids| self.released.is_none() && self.reported.as_ref() != Some(*ids));
        self.kept = after(kept, resource, ids, now);
    }

    /// Takes the release that this process wrote. Without a record, nothing was kept.
    pub(crate) fn released_as(&mut self, release: Option<Release>) {
        (self.kept, self.released) = (None, release.or(Some(Release::Deleted)));
    }

    /// Takes the fact that an add-on was reported as left behind.
    pub(crate) fn reported(&mut self, ids: &Ids) {
        self.kept = self.kept.take().filter(|kept| !same(&kept.ids, ids));
        self.reported = Some(ids.clone());
    }
}

/// Returns what is kept after the resource was read. `ids` are those of its record.
fn after(before: Option<Kept>, resource: &Resource, ids: Option<&Ids>, now: Now) -> Option<Kept> {
    let Some(ids) = ids else {
        let gone = |kept: Kept| Kept { gone: kept.gone.or(Some(now.mono)), ..kept };
        return before.filter(|_| !resource.exists).map(gone);
    };
    let known = before.filter(|kept| kept.ids == *ids);
    let is_leaving = resource.deleting && !resource.finalizer;
    let since = known.as_ref().map_or(now.mono, |kept| kept.since);
    let was_unguarded = known.as_ref().is_some_and(|kept| kept.unguarded);
    let gone = known.and_then(|kept| kept.gone).or(Some(now.mono)).filter(|_| is_leaving);
    let unguarded = !resource.finalizer && (!resource.deleting || was_unguarded);
    Some(Kept { ids: ids.clone(), since, unguarded, protected: resource.protected, gone })
}
