//! Custom resource definitions: tells whether a kind is served or being deleted, and which installation has
//! claimed it. Writes the claim and the definition; deletes nothing.

use k8s_openapi::jiff::Timestamp;
use kube::api::{DynamicObject, PartialObjectMeta, Patch, PatchParams};
use serde_json::{Value, json};

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::{Key, Kind};
use crate::cluster::object::{self, MetadataChange};

/// Reason to wait while the API server has accepted a definition but does not serve it yet.
pub(crate) const PENDING: &str = "the CRD is not established yet";

/// State of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// The definition does not exist.
    Absent,
    /// The kind is served: its objects can be read and written.
    Established,
    /// The API server refuses its names, because another definition has one of them. The message says which.
    NamesTaken(String),
    /// The API server has not decided yet.
    Pending,
    /// The definition is being deleted, and all its objects with it.
    Deleting {
        /// Start of the deletion.
        since: Timestamp,
    },
}

impl Presence {
    /// Returns the state of a definition that was read; `None` does not exist.
    pub fn of(definition: Option<&DynamicObject>) -> Self {
        let Some(definition) = definition else { return Self::Absent };
        if let Some(since) = &definition.metadata.deletion_timestamp {
            return Self::Deleting { since: since.0 };
        }
        // A served definition stays served, also if it asks for one more name that is taken.
        if condition(definition, "Established", "True").is_some() {
            return Self::Established;
        }
        names_refused(definition).map_or(Self::Pending, Self::NamesTaken)
    }

    /// Returns the reason to wait, or `None` once the definition is served. One that is being deleted counts
    /// as served: its objects may still wait for their finalizers.
    pub fn wait_reason(&self) -> Option<String> {
        match self {
            Self::Established | Self::Deleting { .. } => None,
            Self::Absent => Some("the CRD is not installed".to_owned()),
            Self::NamesTaken(which) => Some(format!("the API server refuses the names of the CRD: {which}")),
            Self::Pending => Some(PENDING.to_owned()),
        }
    }

    /// Returns true when the API server serves no such kind.
    pub(crate) fn is_unserved(&self) -> bool {
        matches!(self, Self::Absent | Self::NamesTaken(_))
    }
}

/// Reads the definition `name` (`plural.group`); `None` if it does not exist.
///
/// # Errors
/// Reading it failed.
pub async fn read(cluster: &Cluster, name: &str) -> Result<Option<DynamicObject>, Failure> {
    let kind = Kind::custom_resource_definitions();
    object::read(cluster, &kind, &Key::of_cluster(name)).await
}

/// Returns whether a kind is served, by a list in the first of these namespaces in which listing is allowed;
/// `unreadable` is the failure to read its definition.
///
/// # Errors
/// Listing failed, or is allowed in none of them.
pub(crate) async fn presence_by_list(
    cluster: &Cluster,
    kind: &Kind,
    namespaces: &[String],
    unreadable: Failure,
) -> Result<Presence, Failure> {
    let mut forbidden = unreadable;
    for namespace in namespaces {
        match object::is_served(cluster, kind, namespace).await {
            Ok(true) => return Ok(Presence::Established),
            Ok(false) => return Ok(Presence::Absent),
            Err(failure) if failure.missing_permission().is_some() => forbidden = failure,
            Err(failure) => return Err(failure),
        }
    }
    Err(forbidden)
}

/// Reads the metadata of the definition `name`, and nothing else of it; `None` if it does not exist.
///
/// # Errors
/// Reading it failed.
pub(crate) async fn read_metadata(cluster: &Cluster, name: &str) -> Result<Option<DynamicObject>, Failure> {
    let api = Kind::custom_resource_definitions().api(cluster.client(), None);
    let read = object::found(cluster.ask(api.get_metadata(name)).await)?;
    Ok(read.map(|PartialObjectMeta { types, metadata, .. }| DynamicObject {
        types,
        metadata,
        data: Value::Null,
    }))
}

/// Returns the installation that has claimed the definition in this annotation.
pub fn holder<'a>(definition: &'a DynamicObject, annotation: &str) -> Option<&'a str> {
    definition.metadata.annotations.as_ref()?.get(annotation).map(String::as_str)
}

/// Claims the definition for `installation` in the annotation `annotation`, if `live` is still the stored
/// version: of two installations that claim at once, one wins.
///
/// # Errors
/// [`Failure::Conflict`] if the definition was written meanwhile.
pub async fn claim(
    cluster: &Cluster,
    live: &DynamicObject,
    annotation: &str,
    installation: &str,
) -> Result<(), Failure> {
    let change = MetadataChange {
        annotations: [(annotation.to_string(), Some(installation.to_string()))].into(),
        ..MetadataChange::default()
    };
    object::swap_metadata(cluster, &Kind::custom_resource_definitions(), live, &change).await.map(drop)
}

/// Applies a definition over the version `live` that was read, so that a claim made since is not lost;
/// without one, creates it, and does not overwrite one created at the same moment. Returns the stored
/// definition, or the one that would be stored.
///
/// # Errors
/// [`Failure::Conflict`] if the definition was written meanwhile.
pub(crate) async fn apply(
    cluster: &Cluster,
    manifest: &Value,
    live: Option<&DynamicObject>,
    dry_run: bool,
) -> Result<DynamicObject, Failure> {
    let (mut manifest, mut params) = (manifest.clone(), PatchParams::apply(cluster.field_manager()));
    if let Some(live) = live {
        manifest["metadata"]["resourceVersion"] = json!(live.metadata.resource_version);
        params = params.force();
    }
    params.dry_run = dry_run;
    let name = manifest["metadata"]["name"].as_str().unwrap_or_default();
    let api = Kind::custom_resource_definitions().api(cluster.client(), None);
    cluster.ask(api.patch(name, &params, &Patch::Apply(&manifest))).await
}

/// Returns true if the status schema of every version has `conditions`: without them, the API server drops
/// those that are written.
pub(crate) fn takes_conditions(definition: &DynamicObject) -> bool {
    let versions = definition.data.pointer("/spec/versions").and_then(Value::as_array);
    let takes = |version: &Value| {
        version.pointer("/schema/openAPIV3Schema/properties/status/properties/conditions").is_some()
    };
    versions.is_some_and(|versions| !versions.is_empty() && versions.iter().all(takes))
}

/// Returns the API server's reason for refusing the names of a definition. A definition that is served may
/// ask for one more name that is taken.
pub(crate) fn names_refused(definition: &DynamicObject) -> Option<String> {
    let names = condition(definition, "NamesAccepted", "False")?;
    Some(names["message"].as_str().unwrap_or("the API server gives no reason").to_owned())
}

fn condition<'a>(definition: &'a DynamicObject, kind: &str, status: &str) -> Option<&'a Value> {
    let conditions = definition.data.pointer("/status/conditions")?.as_array()?;
    let mut conditions = conditions.iter();
    conditions.find(|condition| condition["type"] == kind && condition["status"] == status)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn judged(conditions: Value) -> Presence {
        let definition = json!({ "metadata": {}, "status": { "conditions": conditions } });
        Presence::of(Some(&serde_json::from_value(definition).unwrap()))
    }

    #[test]
    fn a_definition_is_served_once_it_is_established() {
        let accepted = json!({ "type": "NamesAccepted", "status": "True" });
        let established = json!({ "type": "Established", "status": "True" });
        assert_eq!(judged(json!([])), Presence::Pending);
        assert_eq!(judged(json!([accepted])), Presence::Pending);
        assert_eq!(judged(json!([accepted, established])), Presence::Established);
    }

    #[test]
    fn a_name_that_is_taken_is_reported() {
        let refused =
            json!({ "type": "NamesAccepted", "status": "False", "message": "\"w\" is already in use" });
        let expected = Presence::NamesTaken("\"w\" is already in use".into());
        assert_eq!(judged(json!([refused])), expected);
    }
}
