//! Dry runs of the writes of `kubectl apply`: the API server defaults, validates and admits the object, and stores
//! nothing.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Map, Value};

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::{Key, Kind};

/// Field manager of `kubectl apply`.
const CLIENT_SIDE: &str = "kubectl-client-side-apply";
/// Field manager of `kubectl apply --server-side`.
const SERVER_SIDE: &str = "kubectl";
/// Annotation in which `kubectl apply` keeps the manifest that it applied last.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Returns the object that the API server would store for this manifest. `live` is the stored object, if there is one:
/// it is changed as `kubectl apply` would, or, if `kubectl apply` never wrote it, as `kubectl apply --server-side`.
///
/// # Errors
/// The API server refuses the object or gave no answer. [`Failure::Gone`] if the namespace does not exist.
pub(crate) async fn apply(
    cluster: &Cluster,
    kind: &Kind,
    manifest: &Value,
    live: Option<&DynamicObject>,
) -> Result<DynamicObject, Failure> {
    let text = |path: &str| manifest.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let key =
        Key { namespace: text("/metadata/namespace"), name: text("/metadata/name").unwrap_or_default() };
    let api = kind.api(cluster.client(), key.namespace.as_deref());
    let Some(live) = live else {
        let object = with_last_applied(manifest).and_then(serde_json::from_value).map_err(lost)?;
        let params = PostParams { dry_run: true, field_manager: Some(CLIENT_SIDE.to_owned()) };
        return cluster.ask(api.create(&params, &object)).await;
    };
    let last = live.metadata.annotations.as_ref().and_then(|all| all.get(LAST_APPLIED));
    let Some(last) = last.and_then(|text| serde_json::from_str(text).ok()) else {
        let params = PatchParams { dry_run: true, ..PatchParams::apply(SERVER_SIDE).force() };
        return cluster.ask(api.patch(&key.name, &params, &Patch::Apply(manifest))).await;
    };
    let live = serde_json::to_value(live).map_err(lost)?;
    let params =
        PatchParams { dry_run: true, field_manager: Some(CLIENT_SIDE.to_owned()), ..PatchParams::default() };
    let manifest = with_last_applied(manifest).map_err(lost)?;
    let patch = Patch::Merge(three_way(&last, &manifest, &live));
    cluster.ask(api.patch(&key.name, &params, &patch)).await
}

/// Returns the field managers that apply fields of the spec, other than the one that the dry run uses. The API server
/// removes what a manager no longer applies, and the dry run of another manager does not show that.
pub(crate) fn other_managers(live: &DynamicObject) -> Vec<&str> {
    let annotations = live.metadata.annotations.as_ref();
    let used = match annotations.is_some_and(|all| all.contains_key(LAST_APPLIED)) {
        true => CLIENT_SIDE,
        false => SERVER_SIDE,
    };
    let applies_spec = |entry: &&ManagedFieldsEntry| {
        entry.operation.as_deref() == Some("Apply")
            && entry.fields_v1.as_ref().is_some_and(|fields| fields.0.get("f:spec").is_some())
    };
    let entries = live.metadata.managed_fields.iter().flatten().filter(applies_spec);
    entries.filter_map(|entry| entry.manager.as_deref()).filter(|manager| *manager != used).collect()
}

/// Returns the manifest with the annotation that holds it, as `kubectl apply` sends it.
fn with_last_applied(manifest: &Value) -> serde_json::Result<Value> {
    let mut manifest = manifest.clone();
    let annotations = &mut manifest["metadata"]["annotations"];
    if annotations.is_null() {
        *annotations = Value::Object(Map::new());
    }
    let text = serde_json::to_string(&manifest)? + "\n";
    manifest["metadata"]["annotations"][LAST_APPLIED] = text.into();
    Ok(manifest)
}

fn lost(error: serde_json::Error) -> Failure {
    Failure::Lost(error.to_string())
}

/// Returns the merge patch of `kubectl apply`: it sets what the manifest has, and removes what only the last manifest
/// had.
fn three_way(last: &Value, manifest: &Value, live: &Value) -> Value {
    let mut patch = Map::new();
    for (key, wanted) in manifest.as_object().into_iter().flatten() {
        let (last, live) = (&last[key], &live[key]);
        if wanted.is_object() && live.is_object() {
            let inner = three_way(last, wanted, live);
            if inner.as_object().is_some_and(|inner| !inner.is_empty()) {
                patch.insert(key.clone(), inner);
            }
        } else if wanted != live {
            patch.insert(key.clone(), wanted.clone());
        }
    }
    let removed = last.as_object().into_iter().flatten().map(|(key, _)| key);
    for key in removed.filter(|key| manifest.get(key).is_none() && live.get(key).is_some()) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_manager_that_applies_the_spec_is_found() {
        let entry = |manager: &str, operation: &str, fields: Value| json!({ "manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": fields });
        let spec = || json!({ "f:spec": { "f:size": {} } });
        let object = json!({
            "apiVersion": "a/v1", "kind": "Widget", "metadata": { "name": "a", "managedFields": [
                entry("kubectl", "Apply", spec()),
                entry("editor", "Update", spec()),
                entry("operator", "Apply", json!({ "f:metadata": {} })),
                entry("argocd", "Apply", spec()),
            ] }
        });
        let live: DynamicObject = serde_json::from_value(object).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(other_managers(&live), ["argocd"]);
    }

    #[test]
    fn the_patch_sets_what_differs_and_removes_what_only_the_last_manifest_had() {
        let last = json!({ "spec": { "size": "s", "gone": 1, "list": [1] }, "metadata": { "name": "a" } });
        let manifest =
            json!({ "spec": { "size": "m", "list": [2], "new": { "a": 1 } }, "metadata": { "name": "a" } });
        let live = json!({
            "spec": { "size": "s", "gone": 1, "list": [1], "defaulted": true },
            "metadata": { "name": "a", "uid": "u" },
        });
        let expected = json!({ "spec": { "size": "m", "list": [2], "new": { "a": 1 }, "gone": null } });
        assert_eq!(three_way(&last, &manifest, &live), expected);
        assert_eq!(three_way(&manifest, &manifest, &manifest), json!({}));
    }
}
