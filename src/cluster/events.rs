//! Kubernetes Events about objects, sent without waiting. The caller decides which are worth sending.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::Api;
use kube::api::{DynamicObject, ObjectMeta, PostParams};
use tokio::sync::Semaphore;

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::Kind;

/// Most Events in flight; further ones are dropped, because an API server that slow has other problems.
const MAX_IN_FLIGHT: u32 = 16;

/// Limits of events.k8s.io/v1.
const MAX_NOTE_LEN: usize = 1024;
const MAX_NAME_LEN: usize = 253;

/// An Event to record, as `kubectl describe` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSpec {
    /// True if the type is `Warning`, false for `Normal`.
    pub warning: bool,
    /// Reason, in CamelCase.
    pub reason: String,
    /// Action, in CamelCase.
    pub action: String,
    /// Text for people: what happened, and what to do about it. Cut after 1024 bytes.
    pub note: String,
}

/// Sends Events as one reporting controller.
#[derive(Clone)]
pub struct Events {
    cluster: Cluster,
    controller: String,
    instance: String,
    permits: Arc<Semaphore>,
}

impl Events {
    /// Creates a sender that reports as `controller`, process `instance`.
    pub fn new(cluster: Cluster, controller: impl Into<String>, instance: impl Into<String>) -> Self {
        Self {
            cluster,
            controller: controller.into(),
            instance: instance.into(),
            permits: Arc::new(Semaphore::new(MAX_IN_FLIGHT as usize)),
        }
    }

    /// Sends in the background. Ignores a refusal, such as a terminating namespace or a missing permission.
    pub fn send(&self, kind: &Kind, object: &DynamicObject, event: &EventSpec) {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return tracing::debug!("too many events in flight, dropping one");
        };
        let event = self.event(reference(kind, object), event, Timestamp::now());
        let cluster = self.cluster.clone();
        tokio::spawn(async move {
            if let Err(failure) = create(&cluster, &event).await {
                tracing::debug!(%failure, "cannot send event");
            }
            drop(permit);
        });
    }

    /// Waits for the Events in flight, no longer than `deadline`.
    pub async fn flush(&self, deadline: Duration) {
        // Both errors mean that there is nothing left to wait for.
        let _ = tokio::time::timeout(deadline, self.permits.acquire_many(MAX_IN_FLIGHT)).await;
    }

    fn event(&self, regarding: ObjectReference, event: &EventSpec, now: Timestamp) -> Event {
        let kind = if event.warning { "Warning" } else { "Normal" };
        Event {
            metadata: ObjectMeta {
                name: Some(event_name(regarding.name.as_deref().unwrap_or_default(), now)),
                // By convention, Events about cluster-scoped objects are in the namespace `default`.
                namespace: Some(regarding.namespace.clone().unwrap_or("default".into())),
                ..ObjectMeta::default()
            },
            event_time: Some(MicroTime(now)),
            reporting_controller: Some(self.controller.clone()),
            reporting_instance: Some(cut(&self.instance, 128).to_string()),
            action: Some(event.action.clone()),
            reason: Some(event.reason.clone()),
            regarding: Some(regarding),
            note: Some(cut(&event.note, MAX_NOTE_LEN).to_string()),
            type_: Some(kind.into()),
            ..Event::default()
        }
    }
}

async fn create(cluster: &Cluster, event: &Event) -> Result<(), Failure> {
    let namespace = event.metadata.namespace.as_deref().unwrap_or_default();
    let api: Api<Event> = Api::namespaced(cluster.client(), namespace);
    let params =
        PostParams { field_manager: Some(cluster.field_manager().to_string()), ..PostParams::default() };
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

/// Joins the object's name and the time. Cuts a long name, because the API server would refuse the sum.
fn event_name(object: &str, now: Timestamp) -> String {
    let suffix = format!(".{:x}", now.as_nanosecond());
    let stem = cut(object, MAX_NAME_LEN - suffix.len());
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
        assert!(name.len() <= MAX_NAME_LEN, "{}", name.len());
        assert!(!name.contains("-."));
    }

    #[test]
    fn a_note_is_cut_between_letters() {
        let note = "é".repeat(600);
        assert_eq!(cut(&note, 1023).len(), 1022);
        assert_eq!(cut("short", MAX_NOTE_LEN), "short");
    }
}
