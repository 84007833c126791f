//! Watches all objects of a kind, as an informer does: a cache to read from, and a stream of changes. Decides
//! nothing about them.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, select_all};
use kube::Api;
use kube::api::{ApiResource, DynamicObject, PartialObjectMeta};
use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::Notify;
use tokio::sync::watch::Receiver;

use crate::cluster::client::Cluster;
use crate::cluster::kind::{Key, Kind};
use crate::cluster::reflector::{Select, Source, reflect};
use crate::cluster::watch_failure::WatchFailure;

pub use crate::cluster::watch_types::{Change, Changes, Health, Watched};

/// The namespaces that are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All namespaces, over one connection.
    Cluster,
    /// These namespaces only, over one connection each.
    Namespaces(Vec<String>),
}

impl Scope {
    /// Returns the namespaces to list this kind in; `None` stands for all of them.
    pub(super) fn namespaces(&self, kind: &Kind) -> Vec<Option<&str>> {
        match self {
            Self::Namespaces(names) if kind.namespaced => {
                names.iter().map(|name| Some(name.as_str())).collect()
            }
            Self::Namespaces(_) | Self::Cluster => vec![None],
        }
    }
}

/// The cache of one kind. Clones share it.
#[derive(Clone)]
pub struct Watch<K: Watched> {
    resource: ApiResource,
    parts: Vec<Part<K>>,
}

#[derive(Clone)]
struct Part<K: Watched> {
    store: Store<K>,
    health: Receiver<Health>,
    relist: Arc<Notify>,
}

/// Watches whole objects, without their `managedFields`.
pub fn watch_kind(
    cluster: &Cluster,
    kind: &Kind,
    scope: &Scope,
) -> (Watch<DynamicObject>, Changes<DynamicObject>) {
    start(cluster, kind, scope, &Select::All)
}

/// Watches the metadata of the objects that `labels` selects; their content never reaches this process.
pub fn watch_metadata(
    cluster: &Cluster,
    kind: &Kind,
    scope: &Scope,
    labels: &str,
) -> (Watch<PartialObjectMeta<DynamicObject>>, Changes<PartialObjectMeta<DynamicObject>>) {
    start(cluster, kind, scope, &Select::Labelled(labels.to_owned()))
}

/// Watches whole objects that `labels` selects.
pub fn watch_labelled(
    cluster: &Cluster,
    kind: &Kind,
    scope: &Scope,
    labels: &str,
) -> (Watch<DynamicObject>, Changes<DynamicObject>) {
    start(cluster, kind, scope, &Select::Labelled(labels.to_owned()))
}

/// Watches whole objects of one name; no other object reaches this process.
pub fn watch_named(
    cluster: &Cluster,
    kind: &Kind,
    scope: &Scope,
    name: &str,
) -> (Watch<DynamicObject>, Changes<DynamicObject>) {
    start(cluster, kind, scope, &Select::Named(name.to_owned()))
}

fn start<K: Watched>(
    cluster: &Cluster,
    kind: &Kind,
    scope: &Scope,
    select: &Select,
) -> (Watch<K>, Changes<K>) {
    let resource = kind.resource();
    let mut parts = Vec::new();
    let mut streams = Vec::new();
    for namespace in scope.namespaces(kind) {
        let source =
            Source { api: api(cluster, &resource, namespace), select: select.clone(), kind: kind.clone() };
        let relist = Arc::new(Notify::new());
        let (store, health, changes) = reflect(source, relist.clone());
        parts.push(Part { store, health, relist });
        streams.push(changes);
    }
    (Watch { resource, parts }, select_all(streams).chain(stream::pending()).boxed())
}

fn api<K: Watched>(cluster: &Cluster, resource: &ApiResource, namespace: Option<&str>) -> Api<K> {
    match namespace {
        Some(namespace) => Api::namespaced_with(cluster.client(), namespace, resource),
        None => Api::all_with(cluster.client(), resource),
    }
}

impl<K: Watched> Watch<K> {
    /// Returns the object from the cache; it may be older than the stored one.
    pub fn get(&self, key: &Key) -> Option<Arc<K>> {
        let mut object = ObjectRef::new_with(&key.name, self.resource.clone());
        object.namespace.clone_from(&key.namespace);
        self.parts.iter().find_map(|part| part.store.get(&object))
    }

    /// Returns all objects from the cache, in no order.
    pub fn all(&self) -> Vec<Arc<K>> {
        let parts = self.parts.iter();
        parts.flat_map(|part| part.store.state()).collect()
    }

    /// Returns the number of objects in the cache.
    pub fn count(&self) -> usize {
        self.parts.iter().map(|part| part.store.len()).sum()
    }

    /// Lists all objects again. Call it after the definition has changed, because a running watch shows
    /// objects as the old definition did.
    pub fn relist(&self) {
        self.parts.iter().for_each(|part| part.relist.notify_one());
    }

    /// Returns the worst health of all parts.
    pub fn health(&self) -> Health {
        let health = |part: &Part<K>| match part.health.has_changed() {
            Ok(_) => part.health.borrow().clone(),
            // The reflector is gone, so its last report is outdated.
            Err(_) => Health::Failing(WatchFailure::ended()),
        };
        let parts = || self.parts.iter().map(health);
        parts()
            .find(|health| matches!(health, Health::Failing(_)))
            .or_else(|| parts().find(|health| *health == Health::Starting))
            .unwrap_or(Health::Established)
    }

    /// Returns once every part has been listed, or cannot be because a permission is missing. Never returns
    /// unless the changes are consumed.
    pub(crate) async fn listed_or_forbidden(&self) {
        for part in &self.parts {
            let is_over = |health: &Health| match health {
                Health::Starting => false,
                Health::Established => true,
                Health::Failing(failure) => failure.missing_permission.is_some(),
            };
            let _ = part.health.clone().wait_for(is_over).await;
        }
    }

    /// Returns once every part has been listed. Never returns unless the changes are consumed.
    pub async fn ready(&self) {
        for part in &self.parts {
            // An error means that the changes were dropped: no caller is left that waits for them.
            let _ = part.store.wait_until_ready().await;
        }
    }
}
