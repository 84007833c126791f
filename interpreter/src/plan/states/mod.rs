//! States of a resource, one file for each: the next step that follows from it.

pub(super) mod adopting;
pub(super) mod created_unrecorded;
pub(super) mod creating;
pub(super) mod deleting;
pub(super) mod drifted;
pub(super) mod existing;
pub(super) mod former;
pub(super) mod gone;
pub(super) mod in_sync;
pub(super) mod marking;
pub(super) mod not_created;
pub(super) mod observing;
pub(super) mod ownership;
pub(super) mod rollback;
pub(super) mod sent;
pub(super) mod twins;
pub(super) mod unanswered;
pub(super) mod unproven;
pub(super) mod updating;
pub(super) mod vanished;
