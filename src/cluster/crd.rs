//! Custom resource definitions: whether a kind is served, whether it is being deleted, and which installation may work
//! on it. Writes the claim, and where that is wanted the definition itself; deletes nothing.

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::{
    Cluster, Failure, Key, Kind,
    object::{self, MetadataChange},
};

/// What is waited for where no definition of this name exists.
pub const ABSENT: &str = "it is not installed";
/// What is waited for where the names of a definition are those of another one; which these are follows.
const NAMES_TAKEN: &str = "its names are refused: ";
/// What is said while the API server has taken a definition and does not serve it yet.
pub const PENDING: &str = "it is not established yet";

/// Time between two looks at a definition that is not served yet.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// How a definition stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It is not there.
    Absent,
    /// Its objects can be read and written.
    Established,
    /// Its names are refused: another definition has one of them. The message says which.
    NamesTaken(String),
    /// Neither yet.
    Pending,
    /// It is being deleted, and all its objects with it.
    Deleting {
        /// Since when.
        since: Timestamp,
    },
}

/// Who may work on a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// We may, from now on or from before.
    Claimed,
    /// This other installation does.
    HeldBy(String),
    /// Nobody: the definition is not there.
    Absent,
    /// Nobody has claimed it.
    Nobodys,
}

/// What became of a definition that was to be as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is, and it is claimed; whether it was another before.
    Done {
        /// Objects of the kind may show more than they did, or less.
        changed: bool,
    },
    /// This other installation works on it.
    HeldBy(String),
    /// It is there, nobody has claimed it, and it is another one: somebody else's.
    Foreign,
    /// It is being deleted.
    Deleting,
}

/// What a definition says about who may work on its kind, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The installation that has claimed it.
    pub holder: Option<String>,
    /// Its schema takes conditions.
    pub takes_conditions: bool,
}

/// How the definition `name` (`plural.group`) stands now.
///
/// # Errors
/// Reading it failed.
pub async fn presence(cluster: &Cluster, name: &str) -> Result<Presence, Failure> {
    let definition = read(cluster, name).await?;
    Ok(definition.as_ref().map_or(Presence::Absent, judge))
}

/// Returns when the definition is served, which it also is while it is being deleted: its objects may wait for us to let them go.
///
/// Tells `say` what it waits for, with every look.
pub async fn established(cluster: &Cluster, name: &str, say: &mut (dyn FnMut(String) + Send)) {
    while let Some(waiting) = waiting(presence(cluster, name).await) {
        say(waiting);
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// The same for who works in these namespaces alone: where the definition may not be read, a list of its objects in one of them tells. Returns
/// whether the definition itself told.
pub async fn served(cluster: &Cluster, kind: &Kind, namespaces: &[String], say: &mut (dyn FnMut(String) + Send)) -> bool {
    loop {
        let defined = presence(&cluster.without_complaints(), &kind.to_string()).await;
        let is_readable = !is_forbidden(&defined);
        let presence = if is_readable { defined } else { listed(cluster, kind, namespaces, defined).await };
        let Some(waiting) = waiting(presence) else { return is_readable };
        say(waiting);
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// What the first of these namespaces tells in which a list is allowed.
async fn listed(cluster: &Cluster, kind: &Kind, namespaces: &[String], mut answer: Result<Presence, Failure>) -> Result<Presence, Failure> {
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
    answer.as_ref().is_err_and(|failure| failure.missing_right().is_some())
}

/// Whether this, which is waited for, means that the API server serves no such kind.
pub fn is_unserved(waiting: &str) -> bool {
    waiting == ABSENT || waiting.starts_with(NAMES_TAKEN)
}

/// What is waited for, until the definition is served.
fn waiting(presence: Result<Presence, Failure>) -> Option<String> {
    match presence {
        Ok(Presence::Established | Presence::Deleting { .. }) => None,
        Ok(Presence::Absent) => Some(ABSENT.to_string()),
        Ok(Presence::NamesTaken(which)) => Some(format!("{NAMES_TAKEN}{which}")),
        Ok(Presence::Pending) => Some(PENDING.to_string()),
        Err(failure) => Some(failure.to_string()),
    }
}

/// Who may work on the kind, without claiming it.
///
/// # Errors
/// Reading it failed.
pub async fn claim_of(cluster: &Cluster, name: &str, annotation: &str, installation: &str) -> Result<Claim, Failure> {
    let Some(definition) = read(cluster, name).await? else { return Ok(Claim::Absent) };
    Ok(match definition.metadata.annotations.as_ref().and_then(|all| all.get(annotation)) {
        Some(holder) if holder == installation => Claim::Claimed,
        Some(holder) => Claim::HeldBy(holder.clone()),
        None => Claim::Nobodys,
    })
}

/// Claims the definition for `installation` by the annotation `annotation`, unless another has.
///
/// Of two that claim at once, one wins: the write is a compare-and-swap.
///
/// # Errors
/// [`Failure::Conflict`] where the definition was written meanwhile: ask again.
pub async fn claim(cluster: &Cluster, name: &str, annotation: &str, installation: &str) -> Result<Claim, Failure> {
    let Some(definition) = read(cluster, name).await? else {
        return Ok(Claim::Absent);
    };
    let annotations = definition.metadata.annotations.as_ref();
    match annotations.and_then(|annotations| annotations.get(annotation)) {
        Some(holder) if holder == installation => return Ok(Claim::Claimed),
        Some(holder) => return Ok(Claim::HeldBy(holder.clone())),
        None => {}
    }
    let change =
        MetadataChange { annotations: [(annotation.to_string(), Some(installation.to_string()))].into(), ..MetadataChange::default() };
    let kind = Kind::custom_resource_definitions();
    object::swap_metadata(cluster, &kind, &definition, &change).await?;
    Ok(Claim::Claimed)
}

/// Makes a definition as `wanted` says, and claims it for `installation` by `annotation` in the same write. What nobody has claimed yet is taken
/// over where `is_known`, or where it is as wanted already.
///
/// # Errors
/// [`Failure::Conflict`] where it was written meanwhile: ask again.
pub async fn apply(cluster: &Cluster, wanted: &Value, annotation: &str, installation: &str, is_known: bool) -> Result<Applied, Failure> {
    let name = wanted["metadata"]["name"].as_str().unwrap_or_default();
    let mut manifest = wanted.clone();
    manifest["metadata"]["annotations"][annotation] = installation.into();
    let Some(live) = read(cluster, name).await? else {
        // Without force: whoever makes it at the same moment is not overruled.
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
            let rehearsed = write(cluster, name, &manifest, &params.clone().dry_run()).await?;
            if rehearsed.data.get("spec") != live.data.get("spec") {
                return Ok(Applied::Foreign);
            }
        }
    }
    // Only over what was read: nobody may have claimed it since.
    manifest["metadata"]["resourceVersion"] = json!(live.metadata.resource_version);
    let written = write(cluster, name, &manifest, &params).await?;
    Ok(Applied::Done { changed: written.metadata.generation != live.metadata.generation })
}

async fn write(cluster: &Cluster, name: &str, manifest: &Value, params: &PatchParams) -> Result<DynamicObject, Failure> {
    let api = Kind::custom_resource_definitions().api(cluster.client(), None);
    cluster.ask(api.patch(name, params, &Patch::Apply(manifest))).await
}

/// The names of a definition that the API server refuses, in its words; a definition that is served may ask for one more that is taken.
///
/// # Errors
/// Reading it failed.
pub async fn refused_names(cluster: &Cluster, name: &str) -> Result<Option<String>, Failure> {
    let definition = read(cluster, name).await?;
    Ok(definition.as_ref().and_then(names_refused))
}

/// Who has claimed the definition by this annotation, and whether its schema takes conditions: one that does not drops what we write.
///
/// None: it is not there.
///
/// # Errors
/// Reading it failed.
pub async fn terms(cluster: &Cluster, name: &str, annotation: &str) -> Result<Option<Terms>, Failure> {
    let definition = read(cluster, name).await?;
    Ok(definition.map(|definition| Terms {
        holder: definition.metadata.annotations.as_ref().and_then(|all| all.get(annotation)).cloned(),
        takes_conditions: takes_conditions(&definition),
    }))
}

fn takes_conditions(definition: &DynamicObject) -> bool {
    let versions = definition.data.pointer("/spec/versions").and_then(Value::as_array);
    let takes = |version: &Value| version.pointer("/schema/openAPIV3Schema/properties/status/properties/conditions").is_some();
    versions.is_some_and(|versions| !versions.is_empty() && versions.iter().all(takes))
}

async fn read(cluster: &Cluster, name: &str) -> Result<Option<DynamicObject>, Failure> {
    let kind = Kind::custom_resource_definitions();
    object::read(cluster, &kind, &Key::of_cluster(name)).await
}

fn judge(definition: &DynamicObject) -> Presence {
    if let Some(since) = &definition.metadata.deletion_timestamp {
        return Presence::Deleting { since: since.0 };
    }
    // What is served stays so, also where it asks for one more name that is taken.
    if condition(definition, "Established", "True").is_some() {
        return Presence::Established;
    }
    names_refused(definition).map_or(Presence::Pending, Presence::NamesTaken)
}

fn names_refused(definition: &DynamicObject) -> Option<String> {
    let names = condition(definition, "NamesAccepted", "False")?;
    Some(names["message"].as_str().unwrap_or("no reason given").to_owned())
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
        judge(&serde_json::from_value(definition).unwrap())
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
    fn a_name_that_is_taken_is_told() {
        let refused = json!({ "type": "NamesAccepted", "status": "False", "message": "\"w\" is already in use" });
        let told = Presence::NamesTaken("\"w\" is already in use".into());
        assert_eq!(judged(json!([refused])), told);
    }
}
