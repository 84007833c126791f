//! Resource versions: the newer of two objects, and the last version before the end.

use std::sync::Arc;

use kube::api::DynamicObject;

/// Returns the newer of the cached object and this process's last write; `None` when the cache has no object.
pub(crate) fn newer(
    cached: Option<Arc<DynamicObject>>,
    own: Option<Arc<DynamicObject>>,
) -> Option<Arc<DynamicObject>> {
    let cached = cached?;
    let own = own.filter(|own| own.metadata.uid == cached.metadata.uid);
    // At equal versions the cached object wins, because a changed CRD may show more of it; but the response
    // to the write that ends an object still has the version before.
    own.filter(|own| version(own) > version(&cached) || (version(own) == version(&cached) && is_over(own)))
        .or(Some(cached))
}

/// Parses the resource version as a number. KEP-5504 guarantees that versions are comparable; before, every
/// API server backed by etcd produced such numbers.
pub(crate) fn version(object: &DynamicObject) -> Option<u64> {
    object.metadata.resource_version.as_ref()?.parse().ok()
}

/// True when the object is being deleted and has no finalizer: it is its last version, whose deletion the
/// watch has yet to show.
pub(crate) fn is_over(object: &DynamicObject) -> bool {
    object.metadata.deletion_timestamp.is_some()
        && object.metadata.finalizers.as_ref().is_none_or(Vec::is_empty)
}
