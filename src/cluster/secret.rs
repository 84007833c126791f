//! Secrets: applied server-side under our field manager, replaced where another manager wrote before. Decides
//! neither the content of a Secret nor its owner.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Api;
use kube::api::{DeleteParams, ListParams, ObjectMeta, Patch, PostParams, Preconditions};

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::Key;
use crate::cluster::object::found;

/// Maximum number of Secrets in a list.
const MAX_LISTED: u32 = 100;

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
    /// The type; `None` leaves it as it is, which is `Opaque` for a new Secret.
    pub type_name: Option<String>,
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
    let stale = Stale::of(live, desired, cluster.field_manager());
    if stale == Stale::default() {
        return apply_over(cluster, live, desired).await;
    }
    let names = live.data.iter().flatten().map(|(name, _)| name.clone());
    let kept: Vec<_> = names.filter(|name| !stale.data.contains(name)).collect();
    replace(cluster, &stale.removed(live), desired, &kept).await
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

/// Deletes the Secret, if `live` is still the stored version: its uid and its resource version are preconditions. A
/// Secret that does not exist any more is deleted.
///
/// # Errors
/// [`Failure::Conflict`] if `live` is outdated; [`Failure::Lost`] leaves open whether it was deleted.
pub async fn delete(cluster: &Cluster, live: &ObjectMeta) -> Result<(), Failure> {
    let key = Key::of(live);
    let (uid, resource_version) = (live.uid.clone(), live.resource_version.clone());
    let params = DeleteParams {
        preconditions: Some(Preconditions { uid, resource_version }),
        ..DeleteParams::default()
    };
    match cluster.ask(api(cluster, &key).delete(&key.name, &params)).await {
        Ok(_) | Err(Failure::Gone) => Ok(()),
        Err(failure) => Err(failure),
    }
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

/// Keys, labels and annotations of ours that are no longer desired and that an apply would leave: those written by a
/// create or a replace.
#[derive(Debug, Default, PartialEq)]
struct Stale {
    data: Vec<String>,
    labels: Vec<String>,
    annotations: Vec<String>,
}

impl Stale {
    fn of(live: &Secret, desired: &Desired, manager: &str) -> Self {
        let names = |pointer: &str, wanted: &BTreeMap<String, String>| {
            let entries = live.metadata.managed_fields.iter().flatten();
            let ours = entries.filter(|entry| {
                entry.manager.as_deref() == Some(manager) && entry.operation.as_deref() == Some("Update")
            });
            let names = ours
                .filter_map(|entry| entry.fields_v1.as_ref()?.0.pointer(pointer)?.as_object())
                .flat_map(|fields| fields.keys());
            let names = names.filter_map(|name| name.strip_prefix("f:"));
            names.filter(|name| !wanted.contains_key(*name)).map(str::to_string).collect()
        };
        Self {
            data: names("/f:data", &desired.data),
            labels: names("/f:metadata/f:labels", &desired.labels),
            annotations: names("/f:metadata/f:annotations", &desired.annotations),
        }
    }

    /// Returns the Secret without the labels and annotations.
    fn removed(&self, live: &Secret) -> Secret {
        let mut secret = live.clone();
        for (all, stale) in [
            (&mut secret.metadata.labels, &self.labels),
            (&mut secret.metadata.annotations, &self.annotations),
        ] {
            all.iter_mut().for_each(|all| all.retain(|name, _| !stale.contains(name)));
        }
        secret
    }
}

/// Returns true when this field manager has written content of the Secret.
pub(crate) fn is_written_by(secret: &Secret, manager: &str) -> bool {
    let mut entries = secret.metadata.managed_fields.iter().flatten();
    entries.any(|entry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
        entry.manager.as_deref() == Some(manager)
            && fields.is_some_and(|fields| fields.get("f:data").is_some())
    })
}

/// Returns true when another field manager has written content of the Secret, too.
pub(crate) fn has_other_writer(secret: &Secret, manager: &str) -> bool {
    let mut entries = secret.metadata.managed_fields.iter().flatten();
    entries.any(|entry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
        entry.manager.as_deref() != Some(manager)
            && fields.is_some_and(|fields| fields.get("f:data").is_some())
    })
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
        type_: desired.type_name.clone(),
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
