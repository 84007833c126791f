//! ConfigMaps that extend the catalog: each of their keys that ends in `.yaml` or `.yml` is a catalog file.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::select_all;
use interpreter::catalog::Source;
use kube::api::DynamicObject;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::task::JoinSet;

use crate::cluster::watch::{Health, Scope, Watch, watch_labelled, watch_named};
use crate::cluster::{Cluster, Key, Kind, content};
use crate::engine::annotations;

/// The catalog ConfigMaps, as last observed.
pub(crate) struct CatalogConfigMaps {
    pub(super) watches: Vec<Watch<DynamicObject>>,
    changed: Arc<Notify>,
    /// Consumes the watch events, which keeps the stores current. Aborted when dropped.
    _follower: JoinSet<()>,
}

impl CatalogConfigMaps {
    pub(crate) fn follow(cluster: &Cluster, namespace: &str, named: &[String]) -> Self {
        let (kind, scope) = (Kind::config_maps(), Scope::Namespaces(vec![namespace.to_owned()]));
        let labelled = watch_labelled(cluster, &kind, &scope, annotations::CATALOG);
        let named = named.iter().map(|name| watch_named(cluster, &kind, &scope, name));
        let (watches, streams): (Vec<_>, Vec<_>) = [labelled].into_iter().chain(named).unzip();
        let changed = Arc::new(Notify::new());
        let notify = changed.clone();
        let mut follower = JoinSet::new();
        follower.spawn(async move {
            let mut changes = select_all(streams);
            while changes.next().await.is_some() {
                notify.notify_one();
            }
        });
        Self { watches, changed, _follower: follower }
    }

    /// Becomes ready when a ConfigMap has changed since the last call.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Returns the ConfigMaps by name, without duplicates and without those being deleted.
    pub(crate) fn objects(&self) -> BTreeMap<String, Arc<DynamicObject>> {
        let all = self.watches.iter().flat_map(Watch::all);
        all.filter(|object| object.metadata.deletion_timestamp.is_none())
            .map(|object| (Key::of(&object.metadata).name, object))
            .collect()
    }

    /// Returns the catalog files that the ConfigMaps hold.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let of = |(name, object): (&String, &Arc<DynamicObject>)| {
            let is_file = |key: &String| key.ends_with(".yaml") || key.ends_with(".yml");
            let keys = content::keys(object).into_iter().filter(is_file);
            let text = |key: &String| content::text(&Kind::config_maps(), object, key);
            keys.filter_map(|key| Some(Source { path: path(name, &key), text: text(&key)? }))
                .collect::<Vec<_>>()
        };
        self.objects().iter().flat_map(of).collect()
    }

    /// Returns the first health other than `Established`, if any watch has one.
    pub(crate) fn health(&self) -> Health {
        let all = || self.watches.iter().map(Watch::health);
        all().find(|health| *health != Health::Established).unwrap_or(Health::Established)
    }
}

/// The path of a ConfigMap's file in problems.
fn path(name: &str, key: &str) -> String {
    format!("{name}/{key}")
}

/// Returns the name of the ConfigMap that contains the file; `None` for a file from elsewhere.
pub(super) fn config_map_of(path: &str) -> Option<&str> {
    let (name, key) = path.split_once('/')?;
    (!key.contains('/')).then_some(name)
}
