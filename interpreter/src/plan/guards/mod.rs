//! Guards: conditions that replace the step of a state by a safer one, whatever the state.

pub(super) mod access_denied;
pub(super) mod account_first;
pub(super) mod backing_off;
pub(super) mod kind_removed;
pub(super) mod lost_finalizer;
pub(super) mod marks_first;
pub(super) mod paused;
pub(super) mod read_only;
