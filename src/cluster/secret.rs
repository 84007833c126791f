//! Secrets: applied server-side under our field manager, replaced where another manager wrote before. Decides
//! neither the content of a Secret nor its owner.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Api;
use kube::api::{ListParams, ObjectMeta, Patch, PostParams};

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::Key;
use crate::cluster::object::found;

/// Maximum number of Secrets in a list.
const MAX_LISTED: u32 = 500;

/// The desired content of a Secret. It has no `Debug`, so that values never reach a log.
#[derive(Clone, PartialEq, Default)]
pub struct Desired {
    /// All labels of ours.
    pub labels: BTreeMap<String, String>,
    /// All annotations of ours.
    pub annotations: BTreeMap<String, String>,
    /// Owner whose deletion also deletes the Secret.
    pub owner: Option<OwnerReference>,
    /// All keys of ours with their values, in clear text.
    pub data: BTreeMap<String, String>,
}

/// Reads the Secret; `None` if it does not exist.
///
/// # Errors
/// The API server refused the read or gave no answer.
pub async fn read(cluster: &Cluster, key: &Key) -> Result<Option<Secret>, Failure> {
    found(cluster.ask(api(cluster, key).get(&key.name)).await)
}

/// Lists the Secrets with this label in a namespace; `None` if there are more than one answer holds.
///
/// # Errors
/// The API server refused the list or gave no answer.
pub(crate) async fn list(
    cluster: &Cluster,
    namespace: &str,
    label: &str,
) -> Result<Option<Vec<Secret>>, Failure> {
    let labelled = ListParams::default().labels(label).limit(MAX_LISTED);
    let listed = cluster.ask(api(cluster, &Key::new(namespace, "")).list(&labelled)).await?;
    let is_whole = listed.metadata.continue_.is_none_or(|next| next.is_empty());
    Ok(is_whole.then_some(listed.items))
}

/// Brings the Secret to `desired` in one write, if `live` is still the stored version (`None`: if there is
/// none), and returns the stored Secret.
///
/// Removes keys of ours that `desired` no longer holds; keeps those of other managers.
///
/// # Errors
/// [`Failure::Conflict`] if the Secret is not as shown; [`Failure::NamespaceTerminating`] if its namespace
/// takes nothing new.
pub async fn apply(
    cluster: &Cluster,
    key: &Key,
    desired: &Desired,
    live: Option<&Secret>,
) -> Result<Secret, Failure> {
    let Some(live) = live else {
        return create(cluster, key, desired).await;
    };
    let stale = stale(live, desired, cluster.field_manager());
    if stale.is_empty() {
        return apply_over(cluster, live, desired).await;
    }
    let names = live.data.iter().flatten().map(|(name, _)| name.clone());
    let kept: Vec<_> = names.filter(|name| !stale.contains(name)).collect();
    replace(cluster, live, desired, &kept).await
}

/// Writes `desired` over `live` if that is still the stored version: afterwards it has the keys of `desired`
/// and `kept`, and no others.
///
/// Server-side apply never removes what another manager wrote; the first takeover of a Secret therefore uses
/// this.
///
/// # Errors
/// As [`apply`].
pub async fn replace(
    cluster: &Cluster,
    live: &Secret,
    desired: &Desired,
    kept: &[String],
) -> Result<Secret, Failure> {
    let key = Key::of(&live.metadata);
    let secret = replacement(live, manifest(&key, desired), kept);
    let api = api(cluster, &key);
    cluster.ask(api.replace(&key.name, &post_params(cluster), &secret)).await
}

/// Returns what [`apply`] or [`replace`] would store, with the keys of other managers kept. Writes nothing.
pub(crate) fn preview(key: &Key, live: Option<&Secret>, desired: &Desired) -> Secret {
    let ours = manifest(key, desired);
    let Some(live) = live else { return ours };
    let kept: Vec<_> = live.data.iter().flatten().map(|(name, _)| name.clone()).collect();
    replacement(live, ours, &kept)
}

/// Creates by POST, because a server-side apply cannot require that no object exists: it would take over one
/// that appeared meanwhile.
async fn create(cluster: &Cluster, key: &Key, desired: &Desired) -> Result<Secret, Failure> {
    let secret = manifest(key, desired);
    cluster.ask(api(cluster, key).create(&post_params(cluster), &secret)).await
}

/// Applies with force, which is safe: uid and version guarantee that this is the Secret that was found to be
/// ours.
async fn apply_over(cluster: &Cluster, live: &Secret, desired: &Desired) -> Result<Secret, Failure> {
    let key = Key::of(&live.metadata);
    let mut secret = manifest(&key, desired);
    secret.metadata.uid.clone_from(&live.metadata.uid);
    secret.metadata.resource_version.clone_from(&live.metadata.resource_version);
    let (params, patch) = (cluster.patch_params().force(), Patch::Apply(&secret));
    cluster.ask(api(cluster, &key).patch(&key.name, &params, &patch)).await
}

/// Returns keys of ours that are no longer desired and that an apply would leave: those written by a create
/// or a replace.
fn stale(live: &Secret, desired: &Desired, manager: &str) -> Vec<String> {
    let entries = live.metadata.managed_fields.iter().flatten();
    let ours = entries.filter(|entry| {
        entry.manager.as_deref() == Some(manager) && entry.operation.as_deref() == Some("Update")
    });
    let names = ours
        .filter_map(|entry| entry.fields_v1.as_ref()?.0.get("f:data")?.as_object())
        .flat_map(|fields| fields.keys());
    let names = names.filter_map(|name| name.strip_prefix("f:"));
    names.filter(|name| !desired.data.contains_key(*name)).map(str::to_string).collect()
}

fn post_params(cluster: &Cluster) -> PostParams {
    PostParams { field_manager: Some(cluster.field_manager().to_string()), ..PostParams::default() }
}

fn api(cluster: &Cluster, key: &Key) -> Api<Secret> {
    Api::namespaced(cluster.client(), key.namespace.as_deref().unwrap_or_default())
}

fn manifest(key: &Key, desired: &Desired) -> Secret {
    let bytes = |value: &String| ByteString(value.clone().into_bytes());
    let data = desired.data.iter();
    Secret {
        metadata: ObjectMeta {
            name: Some(key.name.clone()),
            namespace: key.namespace.clone(),
            labels: Some(desired.labels.clone()),
            annotations: Some(desired.annotations.clone()),
            owner_references: desired.owner.clone().map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        data: Some(data.map(|(key, value)| (key.clone(), bytes(value))).collect()),
        ..Secret::default()
    }
}

fn replacement(live: &Secret, ours: Secret, kept: &[String]) -> Secret {
    let mut secret = live.clone();
    let mut data = ours.data.unwrap_or_default();
    for (key, value) in live.data.iter().flatten().filter(|(key, _)| kept.contains(key)) {
        data.entry(key.clone()).or_insert_with(|| value.clone());
    }
    secret.data = Some(data);
    let meta = &mut secret.metadata;
    meta.managed_fields = None;
    let labels = ours.metadata.labels.unwrap_or_default();
    meta.labels.get_or_insert_default().extend(labels);
    let annotations = ours.metadata.annotations.unwrap_or_default();
    meta.annotations.get_or_insert_default().extend(annotations);
    if let Some(ours) = ours.metadata.owner_references {
        let owners = meta.owner_references.get_or_insert_default();
        owners.retain(|owner| ours.iter().all(|own| own.uid != owner.uid));
        owners.extend(ours);
    }
    secret
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn secret(json: serde_json::Value) -> Secret {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_replaced_secret_keeps_what_is_named_and_loses_the_rest() {
        let live = secret(json!({
            "metadata": { "name": "s", "namespace": "n", "resourceVersion": "4", "uid": "u", "labels": { "theirs": "1" } },
            "data": { "OLD": "YQ==", "KEEP": "Yg==", "URL": "Yw==" },
        }));
        let desired = Desired {
            labels: [("ours".to_string(), "2".to_string())].into(),
            data: [("URL".to_string(), "new".to_string())].into(),
            ..Desired::default()
        };
        let key = Key::new("n", "s");
        let written = replacement(&live, manifest(&key, &desired), &["KEEP".into()]);
        let expected = secret(json!({
            "metadata": {
                "name": "s", "namespace": "n", "resourceVersion": "4", "uid": "u",
                "labels": { "theirs": "1", "ours": "2" }, "annotations": {},
            },
            "data": { "KEEP": "Yg==", "URL": "bmV3" },
        }));
        assert_eq!(written, expected);
    }
}
