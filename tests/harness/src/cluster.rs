//! The API server, asked as a cluster administrator: objects by their paths, and what the audit log holds of
//! one user.

use std::path::Path;

use clever_operator::cluster::{ClusterOptions, connect};
use http::Request;
use kube::Client;
use serde_json::Value;

use super::{PLANE, eventually};

/// A client of the control plane.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
}

/// Who the tests are, for server-side apply.
const FIELD_MANAGER: &str = "tester";

impl Cluster {
    /// Connects as a cluster administrator.
    pub async fn connect() -> Self {
        Self::connect_by(PLANE.kubeconfig()).await
    }

    /// Connects as a service account, with a token of its own.
    pub async fn connect_as(namespace: &str, account: &str) -> Self {
        Self::connect_by(&PLANE.kubeconfig_for(namespace, account).unwrap()).await
    }

    async fn connect_by(kubeconfig: &Path) -> Self {
        let options = ClusterOptions { kubeconfig: Some(kubeconfig.to_owned()), context: None };
        Self { client: connect(&options).await.unwrap() }
    }

    /// The object at a path such as `/api/v1/namespaces/a/secrets/b`.
    pub async fn get(&self, path: &str) -> Option<Value> {
        match self.send("GET", path, "", &Value::Null).await {
            Ok(object) => Some(object),
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => panic!("GET {path}: {error}"),
        }
    }

    /// Creates or changes an object, server-side.
    ///
    /// The error is what the API server says to a user.
    pub async fn apply(&self, path: &str, manifest: &Value) -> Result<Value, String> {
        let path = format!("{path}?fieldManager={FIELD_MANAGER}&force=true");
        self.send("PATCH", &path, "application/apply-patch+yaml", manifest).await.map_err(said)
    }

    /// Changes an object by a merge patch.
    pub async fn merge(&self, path: &str, patch: &Value) -> Result<Value, String> {
        self.send("PATCH", path, "application/merge-patch+json", patch).await.map_err(said)
    }

    /// Changes the status of an object by a merge patch.
    pub async fn merge_status(&self, path: &str, status: &Value) {
        self.merge(&format!("{path}/status"), &serde_json::json!({ "status": status })).await.unwrap();
    }

    /// Changes an object by a JSON patch.
    pub async fn patch(&self, path: &str, operations: &Value) -> Result<Value, String> {
        self.send("PATCH", path, "application/json-patch+json", operations).await.map_err(said)
    }

    /// Creates an object under the path of its collection.
    pub async fn create(&self, collection: &str, manifest: &Value) -> Result<Value, String> {
        self.send("POST", collection, "application/json", manifest).await.map_err(said)
    }

    /// Asks for the deletion of an object; what holds it may hold it on.
    pub async fn delete(&self, path: &str) {
        self.send("DELETE", path, "", &Value::Null).await.unwrap();
    }

    /// Asks for the deletion of an object with these options, such as its propagation.
    pub async fn delete_with(&self, path: &str, options: &Value) {
        self.send("DELETE", path, "application/json", options).await.unwrap();
    }

    /// Waits until nothing is at this path.
    pub async fn wait_gone(&self, path: &str) {
        eventually(&format!("the end of {path}"), async || self.get(path).await.is_none().then_some(()))
            .await;
    }

    /// The events about an object, by its name or its uid: type, reason and note, in the order they happened.
    pub async fn events(&self, namespace: &str, object: &str) -> Vec<String> {
        let list = self.get(&format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events")).await.unwrap();
        let mut events = list["items"].as_array().cloned().unwrap();
        events.retain(|event| ["name", "uid"].iter().any(|known| event["regarding"][known] == object));
        events.sort_by_key(|event| event["eventTime"].as_str().map(str::to_owned));
        let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
        events
            .iter()
            .map(|event| {
                format!("{} {}: {}", text(event, "type"), text(event, "reason"), text(event, "note"))
            })
            .collect()
    }

    async fn send(&self, method: &str, path: &str, content: &str, body: &Value) -> kube::Result<Value> {
        let request = Request::builder().method(method).uri(path);
        let request = if content.is_empty() { request } else { request.header("content-type", content) };
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
        self.client.request(request.body(body).unwrap()).await
    }
}

/// The writes of one user in one namespace, in the order the API server received them.
pub fn writes(user: &str, namespace: &str) -> Vec<Value> {
    let is_write = |event: &Value| !["get", "list", "watch"].iter().any(|verb| event["verb"] == *verb);
    let mut writes = PLANE.audit_events_with(&[&format!("\"{user}\""), &format!("\"{namespace}\"")]).unwrap();
    writes.retain(|event| {
        event["stage"] == "ResponseComplete"
            && event["user"]["username"] == user
            && event["objectRef"]["namespace"] == namespace
            && event["objectRef"]["resource"] != "leases"
            && is_write(event)
    });
    writes.sort_by_key(|event| event["requestReceivedTimestamp"].as_str().unwrap_or_default().to_owned());
    writes
}

/// What was refused to a user for want of rights: `verb resource`.
pub fn refusals(user: &str) -> Vec<String> {
    let refused = |event: &Value| event["user"]["username"] == user && event["responseStatus"]["code"] == 403;
    let ended = |event: &Value| {
        event["responseStatus"]["message"].as_str().is_some_and(|said| said.contains("being terminated"))
    };
    let events = PLANE.audit_events_with(&[&format!("\"{user}\""), "\"code\":403"]).unwrap();
    let events = events.iter().filter(|event| refused(event) && !ended(event));
    events.map(|event| format!("{} {}", event["verb"], event["requestURI"])).collect()
}

fn said(error: kube::Error) -> String {
    let kube::Error::Api(status) = error else { panic!("{error}") };
    status.message
}
