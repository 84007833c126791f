//! Decides whether the deletion of a resource keeps its add-on.

use crate::plan::confirmation::with_annotation;
use crate::plan::deletion_policy::{DELETION_POLICY, DeletionPolicy};
use crate::plan::management::{MANAGEMENT, Management};
use crate::plan::marks::{self, is_transferred};
use crate::plan::observed::Authenticity;
use crate::plan::proof::{is_marked, shown};
use crate::plan::record::Ids;
use crate::plan::retention::Retention;
use crate::plan::snapshot::Snapshot;

/// Annotation with an unknown value, on which it depends whether a deletion keeps the add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// [`MANAGEMENT`].
    Management,
    /// [`DELETION_POLICY`].
    DeletionPolicy,
}

impl Invalid {
    /// Returns the annotation, and the values that it can have, as a clause.
    pub(crate) fn problem(self) -> String {
        let (annotation, one, other) = match self {
            Self::Management => (MANAGEMENT, "manage", "observe"),
            Self::DeletionPolicy => (DELETION_POLICY, "delete", "retain"),
        };
        format!("the annotation `{annotation}` is neither `{one}` nor `{other}`")
    }

    /// Returns the command that sets the value with which the add-on is kept.
    pub(crate) fn command_to_keep(self, snapshot: &Snapshot<'_>) -> String {
        match self {
            Self::Management => with_annotation(snapshot, MANAGEMENT, "observe"),
            Self::DeletionPolicy => with_annotation(snapshot, DELETION_POLICY, "retain"),
        }
    }
}

/// Returns the reason to keep the recorded add-on, if there is one.
///
/// # Errors
/// An annotation has an unknown value, so nothing is deleted.
pub(crate) fn retention(snapshot: &Snapshot<'_>, ids: &Ids) -> Result<Option<Retention>, Invalid> {
    match snapshot.resource.management {
        Management::Observe => return Ok(Some(Retention::Observed)),
        Management::Invalid => return Err(Invalid::Management),
        Management::Manage => (),
    }
    if names_other(snapshot, ids) && !is_transferred(snapshot, ids) {
        return Ok(Some(Retention::NotTransferred));
    }
    match snapshot.deletion_policy {
        DeletionPolicy::Delete => Ok(None),
        DeletionPolicy::Retain => Ok(Some(Retention::DeletionPolicy)),
        DeletionPolicy::Invalid => Err(Invalid::DeletionPolicy),
    }
}

/// Returns true when a resource of another cluster may still use the add-on.
fn names_other(snapshot: &Snapshot<'_>, ids: &Ids) -> bool {
    if snapshot.record().is_some_and(|record| record.names_other) || marks::elsewhere(snapshot, ids).is_some()
    {
        return true;
    }
    // A user may have removed the note from a record that is not authentic.
    let is_authentic = snapshot.resource.authenticity == Authenticity::Authentic;
    let is_shown = || shown(snapshot, ids).is_some_and(|entry| entry.names_other);
    !is_authentic && !is_marked(snapshot, ids) && is_shown()
}
