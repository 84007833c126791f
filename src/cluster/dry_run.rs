//! Dry runs of the writes of `kubectl apply`: the API server defaults, validates and admits the object, and stores
//! nothing.

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
