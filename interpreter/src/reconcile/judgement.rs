//! Circumstances in which a spec is judged, other than the cloud state.

use std::sync::Arc;

use crate::plan::{DriftPolicy, Now};
use crate::reconcile::record_keys::RecordKeys;

/// Circumstances in which a spec is judged.
pub(super) struct Judgement {
    /// The current time.
    pub(super) now: Now,
    /// The keys of the operator, if it has any.
    pub(super) keys: Option<Arc<RecordKeys>>,
    /// The drift policy of the configuration, if it sets one.
    pub(super) drift: Option<DriftPolicy>,
}
