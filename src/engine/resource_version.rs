//! Versions of an object: which of two is newer, and whether it is the last.

use std::sync::Arc;

use kube::api::DynamicObject;

/// The newer of what the cache shows and what this process last wrote; a cache that shows nothing is believed.
pub(crate) fn newer(cached: Option<Arc<DynamicObject>>, own: Option<Arc<DynamicObject>>) -> Option<Arc<DynamicObject>> {
    let cached = cached?;
    let own = own.filter(|own| own.metadata.uid == cached.metadata.uid);
    // Of two forms of one version the cache's is the one that a new definition shows; but the answer to the write that ends an object still bears
    // the version before it.
    own.filter(|own| version(own) > version(&cached) || (version(own) == version(&cached) && is_over(own))).or(Some(cached))
}

/// The version as a number. Comparable since Kubernetes says so (KEP-5504); before, every API server with etcd behind it made it so.
pub(crate) fn version(object: &DynamicObject) -> Option<u64> {
    object.metadata.resource_version.as_ref()?.parse().ok()
}

/// Deleted, and held by nobody: this is how it was at its end, which the watch has still to show.
pub(crate) fn is_over(object: &DynamicObject) -> bool {
    object.metadata.deletion_timestamp.is_some() && object.metadata.finalizers.as_ref().is_none_or(Vec::is_empty)
}
