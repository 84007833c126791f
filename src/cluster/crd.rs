//! Custom resource definitions: whether a kind is served, whether it is being deleted, and which installation may work
//! on it. Writes nothing but the claim.

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use kube::api::DynamicObject;
use serde_json::Value;

use super::{
    Cluster, Failure, Key, Kind,
    object::{self, MetadataChange},
};

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

/// What is waited for, until the definition is served.
fn waiting(presence: Result<Presence, Failure>) -> Option<String> {
    match presence {
        Ok(Presence::Established | Presence::Deleting { .. }) => None,
        Ok(Presence::Absent) => Some("it is not installed".to_string()),
        Ok(Presence::NamesTaken(which)) => Some(format!("its names are refused: {which}")),
        Ok(Presence::Pending) => Some("it is not established yet".to_string()),
        Err(failure) => Some(failure.to_string()),
    }
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
    if let Some(names) = condition(definition, "NamesAccepted", "False") {
        let message = names["message"].as_str().unwrap_or("no reason given");
        return Presence::NamesTaken(message.to_string());
    }
    match condition(definition, "Established", "True") {
        Some(_) => Presence::Established,
        None => Presence::Pending,
    }
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
