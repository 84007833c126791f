//! Configuration objects: the ConfigMap and the Secret that may hold configuration.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::stream::{self, BoxStream, select_all};
use futures::{FutureExt, StreamExt};
use interpreter::catalog::Catalog;
use kube::api::DynamicObject;
use tokio::time::sleep;

use crate::cluster::watch::{Scope, Watch, watch_named};
use crate::cluster::{Cluster, Failure, Key, Kind, content, object};
use crate::config::{Config, OBJECT_KEY, OBJECT_NAME};

/// Interval between reads while the API server does not answer.
const AGAIN: Duration = Duration::from_secs(2);

/// Reads files and environment again and merges these texts from the cluster, as far as the catalog knows
/// their keys. The error is shown to users.
pub type Reload = Arc<dyn Fn(&Catalog, &[Told]) -> anyhow::Result<Config> + Send + Sync>;

/// The configuration text of one object of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The kind of object.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its text, which may contain secrets.
    pub text: String,
}

/// The objects that may hold the configuration, as last observed.
pub(crate) struct Objects {
    watches: Vec<(Kind, Watch<DynamicObject>)>,
    key: Key,
    /// The texts in use.
    in_force: Mutex<Vec<Told>>,
}

/// The current texts of all configuration objects.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) told: Vec<Told>,
    /// The kinds of objects that no longer exist; their last texts stay in use.
    gone: Vec<String>,
}

impl Objects {
    /// Watches the objects; `in_force` holds their texts at the start. The texts stay so until the events of
    /// the returned stream are consumed.
    pub(crate) fn follow(
        cluster: &Cluster,
        namespace: &str,
        in_force: Vec<Told>,
    ) -> (Self, BoxStream<'static, ()>) {
        let scope = Scope::Namespaces(vec![namespace.to_owned()]);
        let mut feeds = Vec::new();
        let mut watch = |kind: Kind| {
            let (watch, changes) = watch_named(cluster, &kind, &scope, OBJECT_NAME);
            feeds.push(changes);
            (kind, watch)
        };
        let watches = kinds().map(&mut watch).into();
        let changes = select_all(feeds).map(drop).chain(stream::pending()).boxed();
        (Self { watches, key: Key::new(namespace, OBJECT_NAME), in_force: Mutex::new(in_force) }, changes)
    }

    pub(crate) fn said(&self) -> Said {
        let in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        let mut said = Said::default();
        for (kind, watch) in &self.watches {
            // Before its first list, a kind says nothing about missing objects.
            let listed = watch.ready().now_or_never().is_some();
            said.add(kind, listed.then(|| told(kind, &self.key, &*watch.get(&self.key)?)), &in_force);
        }
        said
    }

    pub(crate) fn now_in_force(&self, told: Vec<Told>) {
        *self.in_force.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }

    pub(crate) fn complaint(&self, said: &Said) -> Option<String> {
        if said.gone.is_empty() {
            return None;
        }
        let (gone, key) = (said.gone.join(" and the "), &self.key);
        Some(format!(
            "the {gone} {key} with the key `{OBJECT_KEY}` is gone: write it again, or start anew to work without it"
        ))
    }
}

impl Said {
    /// Adds the text of one kind; `None`: not listed yet. An object that is gone keeps its last text: it may
    /// only be in replacement, and an accidental deletion must not lift a limit or switch to another account.
    fn add(&mut self, kind: &Kind, seen: Option<Option<Told>>, in_force: &[Told]) {
        let last = in_force.iter().find(|last| last.kind == kind.kind).cloned();
        if last.is_some() && seen == Some(None) {
            self.gone.push(kind.kind.clone());
        }
        self.told.extend(seen.flatten().or(last));
    }
}

/// Reads the texts of the objects, and retries until the API server answers. Objects that the operator may
/// not read are left out.
pub(crate) async fn first_told(cluster: &Cluster, namespace: &str) -> Vec<Told> {
    let key = Key::new(namespace, OBJECT_NAME);
    let mut all = Vec::new();
    for kind in kinds() {
        all.extend(first_read(cluster, &kind, &key).await.and_then(|object| told(&kind, &key, &object)));
    }
    all
}

async fn first_read(cluster: &Cluster, kind: &Kind, key: &Key) -> Option<DynamicObject> {
    let mut complained = false;
    loop {
        match object::read(cluster, kind, key).await {
            Ok(found) => return found,
            Err(failure @ Failure::Refused(_)) => {
                tracing::warn!("the configuration in the {} {key} is not read: {failure}", kind.kind);
                return None;
            }
            Err(failure) if !complained => {
                tracing::warn!("waiting to know whether there is a {} {key}: {failure}", kind.kind)
            }
            Err(_) => (),
        }
        complained = true;
        sleep(AGAIN).await;
    }
}

/// The kinds of configuration objects, in order of precedence: the later wins, as with files.
fn kinds() -> [Kind; 2] {
    [Kind::config_maps(), Kind::secrets()]
}

fn told(kind: &Kind, key: &Key, object: &DynamicObject) -> Option<Told> {
    let text = content::text(kind, object, OBJECT_KEY)?;
    Some(Told { kind: kind.kind.clone(), namespace: key.namespace.clone().unwrap_or_default(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(kind: &Kind, text: &str) -> Told {
        Told { kind: kind.kind.clone(), namespace: "here".into(), text: text.into() }
    }

    #[test]
    fn an_object_that_is_gone_or_was_not_listed_yet_lifts_nothing() {
        let (map, secret) = (Kind::config_maps(), Kind::secrets());
        let before = [says(&map, "limits"), says(&secret, "credentials")];
        let new = says(&secret, "new credentials");
        // Observed text by kind; texts in use; kinds that are gone.
        let cases = [
            ([None, None], before.to_vec(), vec![]),
            ([None, Some(Some(new.clone()))], vec![before[0].clone(), new.clone()], vec![]),
            ([Some(None), Some(Some(new.clone()))], vec![before[0].clone(), new], vec![map.kind.clone()]),
            ([Some(None), Some(None)], before.to_vec(), vec![map.kind.clone(), secret.kind.clone()]),
        ];
        for (seen, told, gone) in cases {
            let mut said = Said::default();
            [&map, &secret].into_iter().zip(seen).for_each(|(kind, seen)| said.add(kind, seen, &before));
            assert_eq!(said, Said { told, gone });
        }
    }

    #[test]
    fn an_object_that_never_said_anything_is_not_missed() {
        let mut said = Said::default();
        kinds().iter().for_each(|kind| said.add(kind, Some(None), &[]));
        assert_eq!(said, Said::default());
    }
}
