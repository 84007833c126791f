//! Deletions of this process at the cloud, and whether the cloud acknowledged them.

use std::time::Duration;

use crate::plan::record::{Ids, same};

/// The add-ons that this process has deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnDeletions(Vec<OwnDeletion>);

/// A deletion that the cloud answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnDeletion {
    ids: Ids,
    /// The time of the last answer.
    pub(crate) at: Duration,
    /// The cloud acknowledged a deletion. Otherwise it answered "not found", which may be an outage.
    pub(crate) acknowledged: bool,
    /// The time of the first answer.
    pub(crate) first: Duration,
}

impl OwnDeletions {
    /// Takes the answer to a deletion.
    pub(crate) fn answered(&mut self, ids: &Ids, acknowledged: bool, at: Duration) {
        let before = self.0.iter().position(|one| same(&one.ids, ids)).map(|index| self.0.remove(index));
        let first = before.as_ref().map_or(at, |before| before.first);
        let acknowledged = acknowledged || before.is_some_and(|before| before.acknowledged);
        self.0.push(OwnDeletion { ids: ids.clone(), at, acknowledged, first });
    }

    /// The deletion of the add-on with these ids.
    pub(crate) fn of(&self, ids: &Ids) -> Option<&OwnDeletion> {
        self.0.iter().find(|one| same(&one.ids, ids))
    }

    /// The time of the last answer to any of them.
    pub(crate) fn last(&self) -> Option<Duration> {
        self.0.iter().map(|one| one.at).max()
    }

    /// Forgets them all.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
