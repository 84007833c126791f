//! Circumstances in which a spec is judged, other than the cloud state.

use std::sync::Arc;
use std::time::Duration;

use crate::plan::{DriftPolicy, Now};
use crate::reconcile::record_keys::RecordKeys;

/// Circumstances in which a spec is judged.
pub(super) struct Judgement {
    /// The current time.
    pub(super) now: Now,
    /// The time of a request to reconcile that is not handled yet: offers that were read before say nothing.
    pub(super) requested: Option<Duration>,
    /// The keys of the operator, if it has any.
    pub(super) keys: Option<Arc<RecordKeys>>,
    /// The drift policy of the configuration, if it sets one.
    pub(super) drift: Option<DriftPolicy>,
}
