//! Secrets: applied server-side under our field manager, replaced where another wrote before. Decides neither what
//! stands in one nor whose it is.

use std::collections::BTreeMap;

use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, OwnerReference},
};
use kube::{
    Api,
    api::{ObjectMeta, Patch, PostParams},
};

use serde_json::Value;

use super::{Cluster, Failure, Key, object::found};

/// What a Secret is to hold. It has no `Debug`: values never reach a log.
#[derive(Clone, PartialEq, Default)]
pub struct Desired {
    /// All our labels.
    pub labels: BTreeMap<String, String>,
    /// All our annotations.
    pub annotations: BTreeMap<String, String>,
    /// Whose deletion takes the Secret with it.
    pub owner: Option<OwnerReference>,
    /// All our keys with their values, in clear.
    pub data: BTreeMap<String, String>,
}

/// The Secret as it is now.
///
/// # Errors
/// Whatever came back but the Secret, or the certainty that there is none.
pub async fn read(cluster: &Cluster, key: &Key) -> Result<Option<Secret>, Failure> {
    found(cluster.ask(api(cluster, key).get(&key.name)).await)
}

/// Brings the Secret to `desired` in one write, if it still is as `live` shows it (`None`: if it is not there), and returns
/// what stands then.
///
/// Keys of ours that `desired` no longer holds go; those of others stay.
///
/// # Errors
/// [`Failure::Conflict`] where the Secret is not as shown; [`Failure::NamespaceTerminating`] where nothing new may come.
pub async fn apply(cluster: &Cluster, key: &Key, desired: &Desired, live: Option<&Secret>) -> Result<Secret, Failure> {
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

/// Writes `desired` over `live` if it still is as shown: its keys are `desired`'s and `kept`'s afterwards, and no others.
///
/// Applying never takes away what another manager wrote; so the first takeover of a Secret goes this way.
///
/// # Errors
/// As [`apply`].
pub async fn replace(cluster: &Cluster, live: &Secret, desired: &Desired, kept: &[String]) -> Result<Secret, Failure> {
    let key = Key::of(&live.metadata);
    let secret = replacement(live, manifest(&key, desired), kept);
    let api = api(cluster, &key);
    cluster.ask(api.replace(&key.name, &post_params(cluster), &secret)).await
}

/// What [`apply`] or [`replace`] would leave, keys of others kept. Writes nothing.
pub fn imagined(key: &Key, live: Option<&Secret>, desired: &Desired) -> Secret {
    let ours = manifest(key, desired);
    let Some(live) = live else { return ours };
    let kept: Vec<_> = live.data.iter().flatten().map(|(name, _)| name.clone()).collect();
    replacement(live, ours, &kept)
}

/// Whether `live` is as `desired` says already: all of it is there, and no key of ours is left over.
pub fn is_as(live: &Secret, desired: &Desired, manager: &str) -> bool {
    let meta = &live.metadata;
    let data = |(name, value): (&String, &String)| live.data.iter().flatten().any(|(n, v)| n == name && v.0 == value.as_bytes());
    contains(meta.labels.as_ref(), &desired.labels)
        && contains(meta.annotations.as_ref(), &desired.annotations)
        && desired.owner.iter().all(|owner| meta.owner_references.iter().flatten().any(|live| live == owner))
        && desired.data.iter().all(data)
        && leftovers(live, desired, manager, |_| true).is_empty()
}

/// Whether anybody but `manager` wrote one of the Secret's keys.
pub fn has_foreign_data(secret: &Secret, manager: &str) -> bool {
    let entries = secret.metadata.managed_fields.iter().flatten();
    let mut foreign = entries.filter(|entry| entry.manager.as_deref() != Some(manager));
    // What was applied as `stringData` is recorded under that name.
    foreign.any(|entry| fields(entry, "f:data").or(fields(entry, "f:stringData")).is_some())
}

/// By POST, because a server-side apply cannot demand that nothing be there: it would take over what came meanwhile.
async fn create(cluster: &Cluster, key: &Key, desired: &Desired) -> Result<Secret, Failure> {
    let secret = manifest(key, desired);
    cluster.ask(api(cluster, key).create(&post_params(cluster), &secret)).await
}

/// Forced, which is safe: uid and version see to it that this is the Secret that was judged to be ours.
async fn apply_over(cluster: &Cluster, live: &Secret, desired: &Desired) -> Result<Secret, Failure> {
    let key = Key::of(&live.metadata);
    let mut secret = manifest(&key, desired);
    secret.metadata.uid.clone_from(&live.metadata.uid);
    secret.metadata.resource_version.clone_from(&live.metadata.resource_version);
    let (params, patch) = (cluster.patch_params().force(), Patch::Apply(&secret));
    cluster.ask(api(cluster, &key).patch(&key.name, &params, &patch)).await
}

fn contains(live: Option<&BTreeMap<String, String>>, desired: &BTreeMap<String, String>) -> bool {
    desired.iter().all(|(name, value)| live.and_then(|live| live.get(name)) == Some(value))
}

/// Keys of ours that are wanted no more and that applying would leave: those written by a create or a replace.
fn stale(live: &Secret, desired: &Desired, manager: &str) -> Vec<String> {
    leftovers(live, desired, manager, |entry| entry.operation.as_deref() == Some("Update"))
}

/// Keys recorded as ours, in the entries that `counts`, which are wanted no more.
fn leftovers(live: &Secret, desired: &Desired, manager: &str, counts: impl Fn(&ManagedFieldsEntry) -> bool) -> Vec<String> {
    let entries = live.metadata.managed_fields.iter().flatten();
    let ours = entries.filter(|entry| entry.manager.as_deref() == Some(manager) && counts(entry));
    let names = ours.filter_map(|entry| fields(entry, "f:data")?.as_object()).flat_map(|fields| fields.keys());
    let names = names.filter_map(|name| name.strip_prefix("f:"));
    names.filter(|name| !desired.data.contains_key(*name)).map(str::to_string).collect()
}

fn fields<'a>(entry: &'a ManagedFieldsEntry, part: &str) -> Option<&'a Value> {
    entry.fields_v1.as_ref()?.0.get(part)
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

    #[test]
    fn data_of_another_manager_is_seen_in_the_managed_fields() {
        let written_by = |manager: &str, fields: serde_json::Value| {
            secret(json!({ "metadata": { "managedFields": [{ "manager": manager, "fieldsV1": fields }] } }))
        };
        let data = json!({ "f:data": { "f:URL": {} } });
        let text = json!({ "f:stringData": { "f:URL": {} } });
        let labels = json!({ "f:metadata": { "f:labels": {} } });
        assert!(has_foreign_data(&written_by("them", data.clone()), "us"));
        assert!(has_foreign_data(&written_by("them", text), "us"));
        assert!(!has_foreign_data(&written_by("us", data), "us"));
        assert!(!has_foreign_data(&written_by("them", labels), "us"));
    }
}
