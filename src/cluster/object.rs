//! Reads one object live, and replaces its metadata or its status: every write is a compare-and-swap on the
//! `resourceVersion` of the read before it. Knows no kind by name.

use std::collections::{BTreeMap, BTreeSet};

use kube::api::{DynamicObject, ListParams, ObjectMeta, Patch};
use serde_json::{Map, Value, json};

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::{Key, Kind};
use crate::cluster::watch::Scope;

/// A change of metadata; parts that it does not name stay.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetadataChange {
    /// New value of each annotation; `None` removes it.
    pub annotations: BTreeMap<String, Option<String>>,
    /// Finalizer to append if it is missing.
    pub add_finalizer: Option<String>,
    /// Finalizer to remove if it is present.
    pub remove_finalizer: Option<String>,
}

/// Reads the object live, never from a cache. `None` only if the API server says that this object does not
/// exist.
///
/// # Errors
/// Whatever else came back, or nothing did.
pub async fn read(cluster: &Cluster, kind: &Kind, key: &Key) -> Result<Option<DynamicObject>, Failure> {
    let api = kind.api(cluster.client(), key.namespace.as_deref());
    found(cluster.ask(api.get(&key.name)).await)
}

/// Lists the objects of a namespace live, never from a cache; none if the kind is not served.
///
/// # Errors
/// Whatever else came back, or nothing did.
pub(crate) async fn list(
    cluster: &Cluster,
    kind: &Kind,
    namespace: &str,
) -> Result<Vec<DynamicObject>, Failure> {
    let api = kind.api(cluster.client(), Some(namespace));
    let listed = if_served(cluster.ask(api.list(&ListParams::default())).await)?;
    Ok(listed.map(|list| list.items).unwrap_or_default())
}

/// Lists the objects of a scope live, never from a cache; `None` if the kind is not served.
///
/// # Errors
/// As [`list`].
pub(crate) async fn list_all(
    cluster: &Cluster,
    kind: &Kind,
    scope: &Scope,
) -> Result<Option<Vec<DynamicObject>>, Failure> {
    let mut all = Vec::new();
    for namespace in scope.namespaces(kind) {
        let api = kind.api(cluster.client(), namespace);
        let Some(listed) = if_served(cluster.ask(api.list(&ListParams::default())).await)? else {
            return Ok(None);
        };
        all.extend(listed.items);
    }
    Ok(Some(all))
}

/// Returns the namespaces of a scope that have an object of this name; reads its metadata alone.
///
/// # Errors
/// As [`list`].
pub(crate) async fn namespaces_with(
    cluster: &Cluster,
    kind: &Kind,
    scope: &Scope,
    name: &str,
) -> Result<BTreeSet<String>, Failure> {
    let mut all = BTreeSet::new();
    for namespace in scope.namespaces(kind) {
        let api = kind.api(cluster.client(), namespace);
        let named = ListParams::default().fields(&format!("metadata.name={name}"));
        let listed = if_served(cluster.ask(api.list_metadata(&named)).await)?;
        all.extend(listed.into_iter().flat_map(|list| list.items).filter_map(|one| one.metadata.namespace));
    }
    Ok(all)
}

/// Returns whether the API server serves this kind, from a list of one object.
///
/// # Errors
/// Whatever else came back, or nothing did.
pub(crate) async fn is_served(cluster: &Cluster, kind: &Kind, namespace: &str) -> Result<bool, Failure> {
    let api = kind.api(cluster.client(), Some(namespace));
    let listed = cluster.ask(api.list_metadata(&ListParams::default().limit(1))).await;
    Ok(if_served(listed)?.is_some())
}

/// Turns the 404 of a list into `None`: the kind is not served.
fn if_served<T>(listed: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match listed {
        Ok(list) => Ok(Some(list)),
        Err(Failure::Refused(status)) if status.code == 404 => Ok(None),
        Err(Failure::Gone) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Returns whether a kind has any object in a scope; false if the kind is not served.
///
/// # Errors
/// As [`list`].
pub(crate) async fn any(cluster: &Cluster, kind: &Kind, scope: &Scope) -> Result<bool, Failure> {
    for namespace in scope.namespaces(kind) {
        let api = kind.api(cluster.client(), namespace);
        let listed = if_served(cluster.ask(api.list_metadata(&ListParams::default().limit(1))).await)?;
        if listed.is_some_and(|list| !list.items.is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Changes annotations and finalizer in one write, if `live` is still the stored version; returns the stored
/// object.
///
/// Removing the last finalizer of a deleted object returns its final state.
///
/// # Errors
/// [`Failure::Conflict`] if `live` is outdated; [`Failure::Lost`] leaves open whether it was written.
pub async fn swap_metadata(
    cluster: &Cluster,
    kind: &Kind,
    live: &DynamicObject,
    change: &MetadataChange,
) -> Result<DynamicObject, Failure> {
    let patch = json!({ "metadata": metadata_patch(&live.metadata, change) });
    let key = Key::of(&live.metadata);
    let api = kind.api(cluster.client(), key.namespace.as_deref());
    let (params, patch) = (cluster.patch_params(), Patch::Merge(patch));
    cluster.ask(api.patch(&key.name, &params, &patch)).await
}

/// Replaces the whole status in one write, if `live` is still the stored version; returns the stored object.
///
/// # Errors
/// As [`swap_metadata`].
pub async fn swap_status(
    cluster: &Cluster,
    kind: &Kind,
    live: &DynamicObject,
    status: &Value,
) -> Result<DynamicObject, Failure> {
    let key = Key::of(&live.metadata);
    let api = kind.api(cluster.client(), key.namespace.as_deref());
    let (params, patch) = (cluster.patch_params(), status_patch(&live.metadata, status)?);
    cluster.ask(api.patch_status(&key.name, &params, &patch)).await
}

/// Turns [`Failure::Gone`] into `None`.
pub(super) fn found<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(Failure::Gone) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn metadata_patch(live: &ObjectMeta, change: &MetadataChange) -> Value {
    let mut patch = Map::new();
    patch.insert("resourceVersion".into(), json!(live.resource_version));
    if !change.annotations.is_empty() {
        patch.insert("annotations".into(), json!(change.annotations));
    }
    let before = live.finalizers.clone().unwrap_or_default();
    let after = finalizers(&before, change);
    if after != before {
        patch.insert("finalizers".into(), json!(after));
    }
    Value::Object(patch)
}

fn finalizers(before: &[String], change: &MetadataChange) -> Vec<String> {
    let mut after = before.to_vec();
    after.retain(|finalizer| Some(finalizer) != change.remove_finalizer.as_ref());
    if let Some(added) = change.add_finalizer.as_ref().filter(|f| !after.contains(f)) {
        after.push(added.clone());
    }
    after
}

/// Builds a JSON patch, because a merge patch would keep fields that the new status leaves out. The version
/// is *set*, not tested: a failed test is a 422 like any invalid write, a foreign version a 409.
fn status_patch(live: &ObjectMeta, status: &Value) -> Result<Patch<()>, Failure> {
    let operations = json!([
        { "op": "replace", "path": "/metadata/resourceVersion", "value": live.resource_version },
        { "op": "add", "path": "/status", "value": status },
    ]);
    serde_json::from_value(operations).map(Patch::Json).map_err(|error| Failure::Lost(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(finalizers: &[&str]) -> ObjectMeta {
        ObjectMeta {
            resource_version: Some("7".into()),
            finalizers: Some(finalizers.iter().map(ToString::to_string).collect()),
            ..ObjectMeta::default()
        }
    }

    #[test]
    fn one_patch_carries_version_annotation_and_finalizer() {
        let change = MetadataChange {
            annotations: [("note".to_string(), Some("x".to_string())), ("old".to_string(), None)].into(),
            add_finalizer: Some("mine".into()),
            remove_finalizer: None,
        };
        let patch = metadata_patch(&live(&["theirs"]), &change);
        let expected = json!({
            "resourceVersion": "7",
            "annotations": { "note": "x", "old": null },
            "finalizers": ["theirs", "mine"],
        });
        assert_eq!(patch, expected);
    }

    #[test]
    fn a_finalizer_that_is_there_is_not_added_again() {
        let change = MetadataChange { add_finalizer: Some("mine".into()), ..MetadataChange::default() };
        let patch = metadata_patch(&live(&["mine"]), &change);
        assert_eq!(patch, json!({ "resourceVersion": "7" }));
    }

    #[test]
    fn taking_a_finalizer_away_leaves_those_of_others() {
        let change = MetadataChange { remove_finalizer: Some("mine".into()), ..MetadataChange::default() };
        let patch = metadata_patch(&live(&["a", "mine", "b"]), &change);
        assert_eq!(patch, json!({ "resourceVersion": "7", "finalizers": ["a", "b"] }));
    }
}
