//! Requests and parsing rules of a kind, compared to decide whether cached cloud state is still valid.

use std::sync::Arc;

use interpreter::catalog::Addon;

/// All requests and parsing rules of a kind. Cloud state that was read with unequal ones is invalid.
#[derive(Clone)]
pub(crate) struct CloudQueries(Arc<Addon>);

impl CloudQueries {
    /// Returns the requests and parsing rules of a kind.
    pub(crate) fn of(addon: &Arc<Addon>) -> Self {
        Self(Arc::clone(addon))
    }
}

impl PartialEq for CloudQueries {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.0.as_ref(), other.0.as_ref());
        one.api.name == other.api.name
            && one.api.identity == other.api.identity
            && one.provider == other.provider
            && one.list == other.list
            && one.get == other.get
            && one.outputs == other.outputs
            && one.reads == other.reads
            && one.offers == other.offers
    }
}
