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

/// Drops this process's last write when the watch goes back to an older version than it has `shown`: the data of
/// the API server was restored from a backup, so versions from before do not count any more.
pub(crate) fn drop_if_restored(
    own: &mut Option<Arc<DynamicObject>>,
    shown: &mut Option<u64>,
    cached: Option<&DynamicObject>,
) {
    let now = cached.and_then(version);
    if std::mem::replace(shown, now) > now {
        *own = None;
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    /// `uid@version`; a `!` at the end for a last version.
    fn object(text: &str) -> Option<Arc<DynamicObject>> {
        let (uid, version) = text.split_once('@')?;
        let over = version.ends_with('!').then_some("2026-01-01T00:00:00Z");
        let version = version.trim_end_matches('!');
        let metadata =
            json!({ "name": "a", "uid": uid, "resourceVersion": version, "deletionTimestamp": over });
        Some(Arc::new(serde_json::from_value(json!({ "metadata": metadata })).unwrap()))
    }

    fn shown(object: &DynamicObject) -> String {
        let over = if is_over(object) { "!" } else { "" };
        format!("{}@{}{over}", object.metadata.uid.as_ref().unwrap(), version(object).unwrap())
    }

    #[test]
    fn the_newer_of_two_objects_counts() {
        for (name, cached, own, expected) in [
            ("no write", "a@5", "", "a@5"),
            ("the watch lags behind", "a@5", "a@6", "a@6"),
            ("the watch is ahead", "a@7", "a@6", "a@7"),
            ("the watch has caught up", "a@6", "a@6", "a@6"),
            ("the write that ended it", "a@6", "a@6!", "a@6!"),
            ("another object of the name", "b@5", "a@6", "b@5"),
            ("gone", "", "a@6", ""),
        ] {
            let newer = newer(object(cached), object(own));
            assert_eq!(newer.as_deref().map(shown).unwrap_or_default(), expected, "{name}");
        }
    }

    #[test]
    fn a_write_counts_until_the_watch_goes_back() {
        for (name, watch, expected) in [
            ("first seen", &["a@5"][..], "a@60"),
            ("the watch goes on", &["a@5", "a@5", "a@6"], "a@60"),
            ("a list after a restore", &["a@50", "a@7"], "a@7"),
            ("an edit after a restore", &["a@50", "a@7", "a@8"], "a@8"),
        ] {
            let (mut own, mut before) = (object("a@60"), None);
            for cached in watch {
                drop_if_restored(&mut own, &mut before, object(cached).as_deref());
            }
            let newer = newer(watch.last().and_then(|last| object(last)), own);
            assert_eq!(newer.as_deref().map(shown).as_deref(), Some(expected), "{name}");
        }
    }
}
