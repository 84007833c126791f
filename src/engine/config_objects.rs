//! The configuration in use and its sources, among them the ConfigMap and the Secret that may hold it.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::stream::{self, BoxStream, select_all};
use futures::{FutureExt, StreamExt};
use interpreter::catalog::Catalog;
use kube::api::DynamicObject;
use parking_lot::Mutex;
use tokio::time::sleep;

use crate::cluster::watch::{Scope, Watch, watch_named};
use crate::cluster::{Cluster, Failure, Key, Kind, content, object};
use crate::config::{Config, OBJECT_KEY, OBJECT_NAME};

/// Interval between reads while the API server does not answer.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// Reads files and environment again and merges these texts from the cluster, as far as the catalog knows
/// their keys. The error is shown to users.
pub type Reload = Arc<dyn Fn(&Catalog, &[ConfigText]) -> anyhow::Result<Config> + Send + Sync>;

/// The configuration text of one object of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigText {
    /// The kind of object.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its text, which may contain secrets.
    pub text: String,
}

/// The configuration in use, and its sources.
pub(crate) struct Configuration {
    current: ArcSwap<Config>,
    pub(crate) reload: Reload,
    pub(crate) objects: Option<Objects>,
    /// The last reported problem.
    pub(crate) problem: Mutex<Option<String>>,
}

impl Configuration {
    pub(crate) fn new(config: Config, reload: Reload, objects: Option<Objects>) -> Self {
        Self { current: ArcSwap::from_pointee(config), reload, objects, problem: Mutex::default() }
    }

    /// Returns the configuration in use.
    pub(crate) fn load(&self) -> Arc<Config> {
        self.current.load_full()
    }

    /// Puts a configuration into use.
    pub(crate) fn store(&self, config: Config) {
        self.current.store(Arc::new(config));
    }
}

/// The objects that may hold the configuration, as last observed.
pub(crate) struct Objects {
    watches: Vec<(Kind, Watch<DynamicObject>)>,
    key: Key,
    /// The texts in use.
    applied: Mutex<Vec<ConfigText>>,
}

/// The current texts of all configuration objects.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct CurrentTexts {
    pub(crate) texts: Vec<ConfigText>,
    /// The kinds of objects that no longer exist; their last texts stay in use.
    missing: Vec<String>,
}

impl Objects {
    /// Watches the objects; `applied` holds their texts at the start. The texts stay so until the events of
    /// the returned stream are consumed.
    pub(crate) fn follow(
        cluster: &Cluster,
        namespace: &str,
        applied: Vec<ConfigText>,
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
        (Self { watches, key: Key::new(namespace, OBJECT_NAME), applied: Mutex::new(applied) }, changes)
    }

    pub(crate) fn current(&self) -> CurrentTexts {
        let applied = self.applied.lock();
        let mut current = CurrentTexts::default();
        for (kind, watch) in &self.watches {
            // Before its first list, a kind cannot have a missing object.
            let listed = watch.ready().now_or_never().is_some();
            current.add(kind, listed.then(|| text_of(kind, &self.key, &*watch.get(&self.key)?)), &applied);
        }
        current
    }

    pub(crate) fn set_applied(&self, texts: Vec<ConfigText>) {
        *self.applied.lock() = texts;
    }

    pub(crate) fn problem(&self, current: &CurrentTexts) -> Option<String> {
        if current.missing.is_empty() {
            return None;
        }
        let (missing, key) = (current.missing.join(" and the "), &self.key);
        Some(format!(
            "the {missing} {key} with the key `{OBJECT_KEY}` is missing: create it again, or restart the operator to run without it"
        ))
    }
}

impl CurrentTexts {
    /// Adds the text of one kind; `None`: not listed yet. An object that is gone keeps its last text: it may
    /// only be in replacement, and an accidental deletion must not lift a limit or switch to another account.
    fn add(&mut self, kind: &Kind, seen: Option<Option<ConfigText>>, applied: &[ConfigText]) {
        let last = applied.iter().find(|last| last.kind == kind.kind).cloned();
        if last.is_some() && seen == Some(None) {
            self.missing.push(kind.kind.clone());
        }
        self.texts.extend(seen.flatten().or(last));
    }
}

/// Reads the texts of the objects, and retries until the API server answers. Objects that the operator may
/// not read are left out.
pub(crate) async fn first_texts(cluster: &Cluster, namespace: &str) -> Vec<ConfigText> {
    let key = Key::new(namespace, OBJECT_NAME);
    let mut all = Vec::new();
    for kind in kinds() {
        let mut logged = false;
        let found = loop {
            match object::read(cluster, &kind, &key).await {
                Ok(found) => break found,
                Err(failure @ Failure::Refused(_)) => {
                    tracing::warn!(kind = kind.kind, object = %key, %failure, "cannot read a configuration object, starting without it");
                    break None;
                }
                Err(failure) if !logged => {
                    tracing::warn!(kind = kind.kind, object = %key, %failure, "cannot read a configuration object, retrying");
                    logged = true;
                }
                Err(_) => (),
            }
            sleep(RETRY_INTERVAL).await;
        };
        all.extend(found.and_then(|object| text_of(&kind, &key, &object)));
    }
    all
}

/// The kinds of configuration objects, in order of precedence: the later wins, as with files.
fn kinds() -> [Kind; 2] {
    [Kind::config_maps(), Kind::secrets()]
}

fn text_of(kind: &Kind, key: &Key, object: &DynamicObject) -> Option<ConfigText> {
    let text = content::text(kind, object, OBJECT_KEY)?;
    Some(ConfigText { kind: kind.kind.clone(), namespace: key.namespace.clone().unwrap_or_default(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_text(kind: &Kind, text: &str) -> ConfigText {
        ConfigText { kind: kind.kind.clone(), namespace: "here".into(), text: text.into() }
    }

    #[test]
    fn an_object_that_is_gone_or_was_not_listed_yet_lifts_nothing() {
        let (map, secret) = (Kind::config_maps(), Kind::secrets());
        let before = [config_text(&map, "limits"), config_text(&secret, "credentials")];
        let new = config_text(&secret, "new credentials");
        // Observed text by kind; texts in use; kinds that are missing.
        let cases = [
            ([None, None], before.to_vec(), vec![]),
            ([None, Some(Some(new.clone()))], vec![before[0].clone(), new.clone()], vec![]),
            ([Some(None), Some(Some(new.clone()))], vec![before[0].clone(), new], vec![map.kind.clone()]),
            ([Some(None), Some(None)], before.to_vec(), vec![map.kind.clone(), secret.kind.clone()]),
        ];
        for (seen, texts, missing) in cases {
            let mut current = CurrentTexts::default();
            [&map, &secret].into_iter().zip(seen).for_each(|(kind, seen)| current.add(kind, seen, &before));
            assert_eq!(current, CurrentTexts { texts, missing });
        }
    }

    #[test]
    fn an_object_that_never_had_a_text_is_not_missed() {
        let mut current = CurrentTexts::default();
        kinds().iter().for_each(|kind| current.add(kind, Some(None), &[]));
        assert_eq!(current, CurrentTexts::default());
    }
}
