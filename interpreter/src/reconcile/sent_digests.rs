//! Digests of the values that records remember, made with the keys of the operator for one resource.

use crate::reconcile::record_keys::{RecordKeys, RecordOwner};
use crate::resource::Digests;

/// Digests for one resource.
pub(super) struct SentDigests<'a> {
    /// The keys of the operator, if it has any.
    pub(super) keys: Option<&'a RecordKeys>,
    /// The resource: equal values of two resources have different digests.
    pub(super) owner: RecordOwner<'a>,
}

impl Digests for SentDigests<'_> {
    fn digest(&self, field: &str, value: &str) -> Option<String> {
        self.keys?.digest(self.owner, field, value)
    }

    fn matches(&self, field: &str, value: &str, digest: &str) -> Option<bool> {
        self.keys?.matches(self.owner, (field, value), digest)
    }
}
