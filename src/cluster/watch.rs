//! Follows all objects of a kind: a cache to look things up in, and a stream of what changed. Decides nothing about it.

use std::sync::Arc;

use futures::{
    StreamExt,
    stream::{self, select_all},
};
use kube::{
    Api,
    api::{ApiResource, DynamicObject, PartialObjectMeta},
    runtime::reflector::{ObjectRef, Store},
};
use tokio::sync::{Notify, watch::Receiver};

use crate::cluster::client::Cluster;
use crate::cluster::kind::{Key, Kind};
use crate::cluster::trouble::Trouble;
use crate::cluster::watch_feed::{Select, Source, feed};
pub use crate::cluster::watch_types::{Change, Changes, Health, Watched};

/// Which namespaces are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them, over one connection.
    Cluster,
    /// These alone, over one connection each.
    Namespaces(Vec<String>),
}

/// The cache of one kind. Clones look at the same cache.
#[derive(Clone)]
pub struct Watch<K: Watched> {
    resource: ApiResource,
    parts: Vec<Part<K>>,
}

#[derive(Clone)]
struct Part<K: Watched> {
    store: Store<K>,
    health: Receiver<Health>,
    again: Arc<Notify>,
}

/// Follows whole objects, without their `managedFields`.
pub fn watch_kind(cluster: &Cluster, kind: &Kind, scope: &Scope) -> (Watch<DynamicObject>, Changes<DynamicObject>) {
    follow(cluster, kind, scope, &Select::All)
}

/// Follows the metadata of the objects that `labels` selects; their content never reaches this process.
pub fn watch_metadata(
    cluster: &Cluster,
    kind: &Kind,
    scope: &Scope,
    labels: &str,
) -> (Watch<PartialObjectMeta<DynamicObject>>, Changes<PartialObjectMeta<DynamicObject>>) {
    follow(cluster, kind, scope, &Select::Labelled(labels.to_owned()))
}

/// Follows the objects that `labels` selects, whole.
pub fn watch_labelled(cluster: &Cluster, kind: &Kind, scope: &Scope, labels: &str) -> (Watch<DynamicObject>, Changes<DynamicObject>) {
    follow(cluster, kind, scope, &Select::Labelled(labels.to_owned()))
}

/// Follows the objects of one name, whole; of all others, nothing reaches this process.
pub fn watch_named(cluster: &Cluster, kind: &Kind, scope: &Scope, name: &str) -> (Watch<DynamicObject>, Changes<DynamicObject>) {
    follow(cluster, kind, scope, &Select::Named(name.to_owned()))
}

fn follow<K: Watched>(cluster: &Cluster, kind: &Kind, scope: &Scope, select: &Select) -> (Watch<K>, Changes<K>) {
    let resource = kind.resource();
    let mut parts = Vec::new();
    let mut feeds = Vec::new();
    for namespace in namespaces(kind, scope) {
        let source = Source { api: api(cluster, &resource, namespace.as_deref()), select: select.clone(), kind: kind.clone() };
        let again = Arc::new(Notify::new());
        let (store, health, changes) = feed(source, again.clone());
        parts.push(Part { store, health, again });
        feeds.push(changes);
    }
    (Watch { resource, parts }, select_all(feeds).chain(stream::pending()).boxed())
}

fn namespaces(kind: &Kind, scope: &Scope) -> Vec<Option<String>> {
    match scope {
        Scope::Namespaces(names) if kind.namespaced => names.iter().cloned().map(Some).collect(),
        Scope::Namespaces(_) | Scope::Cluster => vec![None],
    }
}

fn api<K: Watched>(cluster: &Cluster, resource: &ApiResource, namespace: Option<&str>) -> Api<K> {
    match namespace {
        Some(namespace) => Api::namespaced_with(cluster.client(), namespace, resource),
        None => Api::all_with(cluster.client(), resource),
    }
}

impl<K: Watched> Watch<K> {
    /// The object as last seen; it may be older than what is stored.
    pub fn get(&self, key: &Key) -> Option<Arc<K>> {
        let mut object = ObjectRef::new_with(&key.name, self.resource.clone());
        object.namespace.clone_from(&key.namespace);
        self.parts.iter().find_map(|part| part.store.get(&object))
    }

    /// All objects as last seen, in no order.
    pub fn all(&self) -> Vec<Arc<K>> {
        let parts = self.parts.iter();
        parts.flat_map(|part| part.store.state()).collect()
    }

    /// Lists all objects once more: the definition has changed, and a watch that goes on shows them as the old one did.
    pub fn list_again(&self) {
        self.parts.iter().for_each(|part| part.again.notify_one());
    }

    /// The worst of its parts.
    pub fn health(&self) -> Health {
        let health = |part: &Part<K>| match part.health.has_changed() {
            Ok(_) => part.health.borrow().clone(),
            // Whatever was told last is out of date.
            Err(_) => Health::Failing(Trouble::ended()),
        };
        let parts = || self.parts.iter().map(health);
        parts()
            .find(|health| matches!(health, Health::Failing(_)))
            .or_else(|| parts().find(|health| *health == Health::Starting))
            .unwrap_or(Health::Established)
    }

    /// Returns when every part has been listed once. It never does unless the changes are taken.
    pub async fn ready(&self) {
        for part in &self.parts {
            // An error means that the changes were dropped: nothing will be ready, and nobody is left to wait for it.
            let _ = part.store.wait_until_ready().await;
        }
    }
}
