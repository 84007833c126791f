//! Kubernetes Events about objects: sent and forgotten. Holds nothing up; which are worth sending is the caller's to say.

use std::{sync::Arc, time::Duration};

use k8s_openapi::{
    api::{core::v1::ObjectReference, events::v1::Event},
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{
    Api,
    api::{DynamicObject, ObjectMeta, PostParams},
};
use tokio::sync::Semaphore;

use super::{Cluster, Failure, Kind};

/// Events under way at once; what comes on top is dropped, because an API server that is this slow has other troubles.
const IN_FLIGHT: u32 = 16;

/// Limits of events.k8s.io/v1.
const NOTE_BYTES: usize = 1024;
const NAME_BYTES: usize = 253;

/// What happened, for whoever describes the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Whether somebody should care.
    pub warning: bool,
    /// Why, in CamelCase.
    pub reason: String,
    /// What was done, in CamelCase.
    pub action: String,
    /// What happened, and what to do about it; cut after a kilobyte.
    pub note: String,
}

/// Sends Events under one name.
#[derive(Clone)]
pub struct Events {
    cluster: Cluster,
    controller: String,
    instance: String,
    permits: Arc<Semaphore>,
}

impl Events {
    /// Events are reported by `controller`, and by its process `instance`.
    pub fn new(cluster: Cluster, controller: impl Into<String>, instance: impl Into<String>) -> Self {
        Self { cluster, controller: controller.into(), instance: instance.into(), permits: Arc::new(Semaphore::new(IN_FLIGHT as usize)) }
    }

    /// Sends in the background. A refusal (the namespace is ending, a right is missing) is no trouble of anybody's.
    pub fn send(&self, kind: &Kind, object: &DynamicObject, happening: &Happening) {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return tracing::debug!("too many events under way, one dropped");
        };
        let event = self.event(reference(kind, object), happening, Timestamp::now());
        let cluster = self.cluster.clone();
        tokio::spawn(async move {
            if let Err(failure) = create(&cluster, &event).await {
                tracing::debug!("event not sent: {failure}");
            }
            drop(permit);
        });
    }

    /// Waits for what is under way, no longer than `deadline`.
    pub async fn flush(&self, deadline: Duration) {
        // Both ways to fail mean that nothing more will come of it.
        let _ = tokio::time::timeout(deadline, self.permits.acquire_many(IN_FLIGHT)).await;
    }

    fn event(&self, regarding: ObjectReference, happening: &Happening, now: Timestamp) -> Event {
        let kind = if happening.warning { "Warning" } else { "Normal" };
        Event {
            metadata: ObjectMeta {
                name: Some(event_name(regarding.name.as_deref().unwrap_or_default(), now)),
                // Events about an object of the whole cluster stand in this one by convention.
                namespace: Some(regarding.namespace.clone().unwrap_or("default".into())),
                ..ObjectMeta::default()
            },
            event_time: Some(MicroTime(now)),
            reporting_controller: Some(self.controller.clone()),
            reporting_instance: Some(cut(&self.instance, 128).to_string()),
            action: Some(happening.action.clone()),
            reason: Some(happening.reason.clone()),
            regarding: Some(regarding),
            note: Some(cut(&happening.note, NOTE_BYTES).to_string()),
            type_: Some(kind.into()),
            ..Event::default()
        }
    }
}

async fn create(cluster: &Cluster, event: &Event) -> Result<(), Failure> {
    let namespace = event.metadata.namespace.as_deref().unwrap_or_default();
    let api: Api<Event> = Api::namespaced(cluster.client(), namespace);
    let params = PostParams { field_manager: Some(cluster.field_manager().to_string()), ..PostParams::default() };
    cluster.ask(api.create(&params, event)).await.map(drop)
}

fn reference(kind: &Kind, object: &DynamicObject) -> ObjectReference {
    ObjectReference {
        api_version: Some(kind.api_version()),
        kind: Some(kind.kind.clone()),
        namespace: object.metadata.namespace.clone(),
        name: object.metadata.name.clone(),
        uid: object.metadata.uid.clone(),
        resource_version: object.metadata.resource_version.clone(),
        ..ObjectReference::default()
    }
}

/// The object's name and the time; a long name is cut, because the API server would refuse the sum.
fn event_name(object: &str, now: Timestamp) -> String {
    let suffix = format!(".{:x}", now.as_nanosecond());
    let stem = cut(object, NAME_BYTES - suffix.len());
    format!("{}{suffix}", stem.trim_end_matches(['.', '-']))
}

fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_the_longest_name_still_has_a_valid_one() {
        let name = event_name(&format!("{}-{}", "a".repeat(235), "b".repeat(17)), Timestamp::MAX);
        assert!(name.len() <= NAME_BYTES, "{}", name.len());
        assert!(!name.contains("-."));
    }

    #[test]
    fn a_note_is_cut_between_letters() {
        let note = "é".repeat(600);
        assert_eq!(cut(&note, 1023).len(), 1022);
        assert_eq!(cut("short", NOTE_BYTES), "short");
    }
}
