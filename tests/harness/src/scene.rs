//! A namespace and an organisation of a world, and the custom resources that are played with there.

use std::sync::Arc;

use serde_json::{Value, json};

use super::kinds::Kind;
use super::{World, eventually};

/// A part of a world that no other test touches.
pub struct Scene {
    pub world: Arc<World>,
    pub namespace: String,
    pub organisation: String,
}

/// A custom resource; it need not exist yet, nor any more.
pub struct Resource<'a> {
    pub scene: &'a Scene,
    pub kind: Kind,
    pub manifest: Value,
}

impl Scene {
    /// The example of a kind, to be applied here, in this organisation.
    pub fn example(&self, kind: &str) -> Resource<'_> {
        let mut manifest = self.world.example(kind);
        manifest["metadata"]["namespace"] = json!(self.namespace);
        manifest["spec"]["organisation"] = json!(self.organisation);
        Resource { scene: self, kind: self.world.kind(kind).clone(), manifest }
    }

    /// Where a Secret of this namespace stands.
    pub fn secret(&self, name: &str) -> String {
        format!("/api/v1/namespaces/{}/secrets/{name}", self.namespace)
    }

    /// The events about an object of this namespace: type, reason and note, in the order they happened.
    pub async fn events(&self, name: &str) -> Vec<String> {
        self.world.cluster.events(&self.namespace, name).await
    }

    /// The ids of the live add-ons in this organisation.
    pub async fn live_ids(&self) -> Vec<String> {
        let addons = self.world.cloud.live(&self.organisation).await;
        addons.iter().map(|addon| addon["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Has a proxy answer every request about this organisation with HTTP 503, until [`Cloud::heal`].
    ///
    /// [`Cloud::heal`]: super::Cloud::heal
    pub async fn break_down(&self) {
        let path = format!("/v2/organisations/{}/*", self.organisation);
        let page = json!({ "status": 503, "html": "<html>Service Unavailable</html>" });
        self.world
            .cloud
            .fault(json!({ "path": path, "kind": "before", "times": null, "answer": page }))
            .await;
    }

    /// Waits until there are no live add-ons left in this organisation.
    pub async fn wait_empty(&self) {
        let cloud = &self.world.cloud;
        eventually("an organisation without add-ons", async || {
            cloud.live(&self.organisation).await.is_empty().then_some(())
        })
        .await;
    }
}

impl Resource<'_> {
    pub fn name(&self) -> &str {
        self.manifest["metadata"]["name"].as_str().unwrap()
    }

    /// The same under another name.
    pub fn named(mut self, name: &str) -> Self {
        self.manifest["metadata"]["name"] = json!(name);
        self
    }

    /// The same with something of its spec replaced, by its JSON pointer; null removes it.
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let spec = self.manifest["spec"].pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
        match value.is_null() {
            true => drop(spec.shift_remove(key)),
            false => drop(spec.insert(key.to_owned(), value)),
        }
        self
    }

    /// Where it stands.
    pub fn path(&self) -> String {
        format!("{}/{}", self.kind.collection(&self.scene.namespace), self.name())
    }

    /// Where its Secret stands.
    pub fn secret(&self) -> String {
        self.scene.secret(&format!("{}-secrets", self.name()))
    }

    /// Applies it as a user does. The error is what the API server says.
    pub async fn try_apply(&self) -> Result<Value, String> {
        self.scene.world.cluster.apply(&self.path(), &self.manifest).await
    }

    /// Applies what the API server is to accept.
    pub async fn apply(&self) -> Value {
        self.try_apply().await.unwrap()
    }

    /// Applies it and waits until it is Ready, and nothing more is to come of it.
    pub async fn apply_until_ready(&self) -> Value {
        self.apply().await;
        let ready = self.until_ready().await;
        self.until_events("InSync", 1).await;
        ready
    }

    /// Deletes it and waits until it and its Secret are gone.
    pub async fn delete_until_gone(&self) {
        self.delete().await;
        self.wait_gone().await;
        self.scene.world.cluster.wait_gone(&self.secret()).await;
    }

    /// Edits its spec as a user does, by a JSON pointer. The error is what the API server says.
    pub async fn try_edit(&self, pointer: &str, value: Value) -> Result<Value, String> {
        let path = format!("/spec{pointer}");
        let patch =
            json!([{ "op": if value.is_null() { "remove" } else { "add" }, "path": path, "value": value }]);
        self.scene.world.cluster.patch(&self.path(), &patch).await
    }

    /// Edits what the API server is to accept.
    pub async fn edit(&self, pointer: &str, value: Value) {
        self.try_edit(pointer, value).await.unwrap();
    }

    /// Sets or removes (null) an annotation, as a user does.
    pub async fn annotate(&self, name: &str, value: Value) {
        let patch = json!({ "metadata": { "annotations": { name: value } } });
        self.scene.world.cluster.merge(&self.path(), &patch).await.unwrap();
    }

    /// As it stands now.
    pub async fn live(&self) -> Option<Value> {
        self.scene.world.cluster.get(&self.path()).await
    }

    /// Asks for its deletion.
    pub async fn delete(&self) {
        self.scene.world.cluster.delete(&self.path()).await;
    }

    /// Waits until it is gone.
    pub async fn wait_gone(&self) {
        self.scene.world.cluster.wait_gone(&self.path()).await;
    }

    /// Waits until it is as told.
    pub async fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        eventually(&format!("{} {what}", self.path()), async || self.live().await.filter(|object| is(object)))
            .await
    }

    /// Waits until its condition `Ready` has this status and reason, for the spec of now.
    pub async fn until_ready_is(&self, status: &str, reason: &str) -> Value {
        let holds = |object: &Value| {
            let ready = condition(object, "Ready");
            ready["status"] == status
                && ready["reason"] == reason
                && ready["observedGeneration"] == object["metadata"]["generation"]
        };
        self.until(&format!("told as {status}/{reason}"), holds).await
    }

    /// Waits until it is Ready, for the spec of now.
    pub async fn until_ready(&self) -> Value {
        self.until_ready_is("True", "InSync").await
    }

    /// Waits until so many events with this reason are there: they are sent besides, and may come late.
    pub async fn until_events(&self, reason: &str, times: usize) {
        let told = |event: &&String| event.contains(&format!(" {reason}: "));
        let what = format!("{times} events {reason} of {}", self.path());
        eventually(&what, async || {
            (self.scene.events(self.name()).await.iter().filter(told).count() >= times).then_some(())
        })
        .await;
    }

    /// Waits until its Secret is as told.
    pub async fn until_secret(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let cluster = &self.scene.world.cluster;
        eventually(&format!("{} {what}", self.secret()), async || {
            cluster.get(&self.secret()).await.filter(|secret| is(secret))
        })
        .await
    }
}

/// A condition of an object; null if it has none of this type.
pub fn condition(object: &Value, kind: &str) -> Value {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.into_iter().find(|condition| condition["type"] == kind).unwrap_or_default()
}

/// The add-on that a resource names in its status.
pub fn addon(object: &Value) -> String {
    object["status"]["addon"].as_str().unwrap().to_owned()
}
