//! Custom resource definitions: tells whether a kind is served or being deleted, and which installation owns
//! it. Writes the ownership claim and, on request, the definition; deletes nothing.

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::{Key, Kind};
use crate::cluster::object::{self, MetadataChange};

/// Reason reported while no definition of this name exists.
pub const ABSENT: &str = "the CRD is not installed";
/// Reason reported while another definition has one of the names; which one follows.
const NAMES_TAKEN: &str = "the API server refuses the names of the CRD: ";
/// Reason reported while the API server has accepted a definition but does not serve it yet.
pub const PENDING: &str = "the CRD is not established yet";

/// Time between two reads of a definition that is not served yet.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

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

/// Ownership of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This installation owns it.
    Claimed,
    /// Another installation, of this name, owns it.
    HeldBy(String),
    /// The definition does not exist.
    Absent,
    /// No installation has claimed it.
    Unclaimed,
}

/// Outcome of applying a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The definition is as desired, and claimed.
    Done {
        /// The schema changed: objects of the kind may show more fields than before, or fewer.
        changed: bool,
    },
    /// Another installation, of this name, owns it.
    HeldBy(String),
    /// An unclaimed definition with other content exists: it belongs to another product.
    Foreign,
    /// The definition is being deleted.
    Deleting,
}

/// Owner of a definition, and whether its schema suits this operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// The installation that claimed it, if any.
    pub holder: Option<String>,
    /// True if the status schema has `conditions`.
    pub takes_conditions: bool,
}

/// Returns the state of the definition `name` (`plural.group`).
///
/// # Errors
/// Reading it failed.
pub async fn presence(cluster: &Cluster, name: &str) -> Result<Presence, Failure> {
    let definition = read(cluster, name).await?;
    Ok(definition.as_ref().map_or(Presence::Absent, presence_of))
}

/// Waits until the definition is served. One that is being deleted counts as served: its objects may still
/// wait for their finalizers.
///
/// Passes the reason for waiting to `report` after each read.
pub async fn established(cluster: &Cluster, name: &str, report: &mut (dyn FnMut(String) + Send)) {
    while let Some(reason) = wait_reason(presence(cluster, name).await) {
        report(reason);
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Waits until the kind is served, for an installation confined to these namespaces. Where the definition may
/// not be read, a list of its objects in one of them decides. Returns whether the definition itself was
/// readable.
pub async fn served(
    cluster: &Cluster,
    kind: &Kind,
    namespaces: &[String],
    report: &mut (dyn FnMut(String) + Send),
) -> bool {
    loop {
        let defined = presence(&cluster.without_permission_warnings(), &kind.to_string()).await;
        let is_readable = !is_forbidden(&defined);
        let presence =
            if is_readable { defined } else { presence_by_list(cluster, kind, namespaces, defined).await };
        let Some(reason) = wait_reason(presence) else { return is_readable };
        report(reason);
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Returns what a list shows in the first of these namespaces in which listing is allowed.
async fn presence_by_list(
    cluster: &Cluster,
    kind: &Kind,
    namespaces: &[String],
    mut answer: Result<Presence, Failure>,
) -> Result<Presence, Failure> {
    for namespace in namespaces.iter() {
        let listed = object::is_served(cluster, kind, namespace).await;
        answer = listed.map(|served| if served { Presence::Established } else { Presence::Absent });
        if !is_forbidden(&answer) {
            break;
        }
    }
    answer
}

fn is_forbidden<T>(answer: &Result<T, Failure>) -> bool {
    answer.as_ref().is_err_and(|failure| failure.missing_permission().is_some())
}

/// Returns true when a wait reason means that the API server serves no such kind.
pub fn is_unserved(reason: &str) -> bool {
    reason == ABSENT || reason.starts_with(NAMES_TAKEN)
}

/// Returns the reason to wait, or `None` once the definition is served.
fn wait_reason(presence: Result<Presence, Failure>) -> Option<String> {
    match presence {
        Ok(Presence::Established | Presence::Deleting { .. }) => None,
        Ok(Presence::Absent) => Some(ABSENT.to_string()),
        Ok(Presence::NamesTaken(which)) => Some(format!("{NAMES_TAKEN}{which}")),
        Ok(Presence::Pending) => Some(PENDING.to_string()),
        Err(failure) => Some(failure.to_string()),
    }
}

/// Returns who owns the kind, without claiming it.
///
/// # Errors
/// Reading it failed.
pub async fn current_claim(
    cluster: &Cluster,
    name: &str,
    annotation: &str,
    installation: &str,
) -> Result<Claim, Failure> {
    let Some(definition) = read(cluster, name).await? else { return Ok(Claim::Absent) };
    Ok(match definition.metadata.annotations.as_ref().and_then(|all| all.get(annotation)) {
        Some(holder) if holder == installation => Claim::Claimed,
        Some(holder) => Claim::HeldBy(holder.clone()),
        None => Claim::Unclaimed,
    })
}

/// Claims the definition for `installation` in the annotation `annotation`, unless another installation has.
///
/// Of two installations that claim at once, one wins: the write is a compare-and-swap.
///
/// # Errors
/// [`Failure::Conflict`] if the definition was written meanwhile: call it again.
pub async fn claim(
    cluster: &Cluster,
    name: &str,
    annotation: &str,
    installation: &str,
) -> Result<Claim, Failure> {
    let Some(definition) = read(cluster, name).await? else {
        return Ok(Claim::Absent);
    };
    let annotations = definition.metadata.annotations.as_ref();
    match annotations.and_then(|annotations| annotations.get(annotation)) {
        Some(holder) if holder == installation => return Ok(Claim::Claimed),
        Some(holder) => return Ok(Claim::HeldBy(holder.clone())),
        None => {}
    }
    let change = MetadataChange {
        annotations: [(annotation.to_string(), Some(installation.to_string()))].into(),
        ..MetadataChange::default()
    };
    let kind = Kind::custom_resource_definitions();
    object::swap_metadata(cluster, &kind, &definition, &change).await?;
    Ok(Claim::Claimed)
}

/// Applies the definition `desired`, and claims it for `installation` in the same write. Takes over an
/// unclaimed definition only if `is_known`, or if it is as desired already.
///
/// # Errors
/// [`Failure::Conflict`] if the definition was written meanwhile: call it again.
pub async fn apply(
    cluster: &Cluster,
    desired: &Value,
    annotation: &str,
    installation: &str,
    is_known: bool,
) -> Result<Applied, Failure> {
    let name = desired["metadata"]["name"].as_str().unwrap_or_default();
    let mut manifest = desired.clone();
    manifest["metadata"]["annotations"][annotation] = installation.into();
    let Some(live) = read(cluster, name).await? else {
        // Without force, so that a definition created at the same moment is not overwritten.
        write(cluster, name, &manifest, &PatchParams::apply(cluster.field_manager())).await?;
        return Ok(Applied::Done { changed: true });
    };
    if live.metadata.deletion_timestamp.is_some() {
        return Ok(Applied::Deleting);
    }
    let params = PatchParams::apply(cluster.field_manager()).force();
    match live.metadata.annotations.as_ref().and_then(|all| all.get(annotation)) {
        Some(holder) if holder != installation => return Ok(Applied::HeldBy(holder.clone())),
        Some(_) => (),
        None if is_known => (),
        None => {
            let dry_run = write(cluster, name, &manifest, &params.clone().dry_run()).await?;
            if dry_run.data.get("spec") != live.data.get("spec") {
                return Ok(Applied::Foreign);
            }
        }
    }
    // Only over the version that was read: another installation may have claimed it since.
    manifest["metadata"]["resourceVersion"] = json!(live.metadata.resource_version);
    let written = write(cluster, name, &manifest, &params).await?;
    Ok(Applied::Done { changed: written.metadata.generation != live.metadata.generation })
}

async fn write(
    cluster: &Cluster,
    name: &str,
    manifest: &Value,
    params: &PatchParams,
) -> Result<DynamicObject, Failure> {
    let api = Kind::custom_resource_definitions().api(cluster.client(), None);
    cluster.ask(api.patch(name, params, &Patch::Apply(manifest))).await
}

/// Returns the API server's reason for refusing the names of a definition. A definition that is served may
/// ask for one more name that is taken.
///
/// # Errors
/// Reading it failed.
pub async fn refused_names(cluster: &Cluster, name: &str) -> Result<Option<String>, Failure> {
    let definition = read(cluster, name).await?;
    Ok(definition.as_ref().and_then(names_refused))
}

/// Returns who claimed the definition in this annotation, and whether its schema has conditions: without
/// them, the API server drops those that we write.
///
/// `None` if the definition does not exist.
///
/// # Errors
/// Reading it failed.
pub async fn ownership(
    cluster: &Cluster,
    name: &str,
    annotation: &str,
) -> Result<Option<Ownership>, Failure> {
    let definition = read(cluster, name).await?;
    Ok(definition.map(|definition| Ownership {
        holder: definition.metadata.annotations.as_ref().and_then(|all| all.get(annotation)).cloned(),
        takes_conditions: takes_conditions(&definition),
    }))
}

fn takes_conditions(definition: &DynamicObject) -> bool {
    let versions = definition.data.pointer("/spec/versions").and_then(Value::as_array);
    let takes = |version: &Value| {
        version.pointer("/schema/openAPIV3Schema/properties/status/properties/conditions").is_some()
    };
    versions.is_some_and(|versions| !versions.is_empty() && versions.iter().all(takes))
}

async fn read(cluster: &Cluster, name: &str) -> Result<Option<DynamicObject>, Failure> {
    let kind = Kind::custom_resource_definitions();
    object::read(cluster, &kind, &Key::of_cluster(name)).await
}

fn presence_of(definition: &DynamicObject) -> Presence {
    if let Some(since) = &definition.metadata.deletion_timestamp {
        return Presence::Deleting { since: since.0 };
    }
    // A served definition stays served, also if it asks for one more name that is taken.
    if condition(definition, "Established", "True").is_some() {
        return Presence::Established;
    }
    names_refused(definition).map_or(Presence::Pending, Presence::NamesTaken)
}

fn names_refused(definition: &DynamicObject) -> Option<String> {
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
        presence_of(&serde_json::from_value(definition).unwrap())
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
