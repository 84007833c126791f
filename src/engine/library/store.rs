//! What was accepted last, kept in the cluster: a ConfigMap with a key for each kind. So a kind goes on over a restart although its entry
//! was broken since, and can still be deleted although its entry is gone.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use futures::StreamExt;
use interpreter::admission::Form;
use kube::api::DynamicObject;
use tokio::task::JoinSet;

use super::shelves;
use crate::cluster::watch::{Scope, Watch, watch_named};
use crate::cluster::{Cluster, Key, Kind, content};
use crate::engine::names;

/// The ConfigMap, as last seen.
pub(super) struct Store {
    key: Key,
    watch: Watch<DynamicObject>,
    /// What was written last, or why nothing could be.
    written: Mutex<Option<Result<BTreeMap<String, Form>, String>>>,
    _follower: JoinSet<()>,
}

impl Store {
    pub(super) fn follow(cluster: &Cluster, namespace: &str) -> Self {
        let scope = Scope::Namespaces(vec![namespace.to_owned()]);
        let (watch, mut changes) = watch_named(cluster, &Kind::config_maps(), &scope, names::ACCEPTED);
        let mut follower = JoinSet::new();
        follower.spawn(async move { while changes.next().await.is_some() {} });
        Self { key: Key::new(namespace, names::ACCEPTED), watch, written: Mutex::default(), _follower: follower }
    }

    pub(super) async fn opened(&self) {
        shelves::opened(&self.watch).await;
    }

    /// What is kept. What cannot be read there is told, and left out.
    pub(super) fn read(&self) -> BTreeMap<String, Form> {
        let Some(object) = self.watch.get(&self.key) else { return BTreeMap::new() };
        let one = |key: String| {
            let text = content::text(&Kind::config_maps(), &object, &key)?;
            match serde_yaml::from_str(&text) {
                Ok(form) => Some((key, form)),
                Err(error) => {
                    tracing::error!("what was accepted for `{key}` cannot be read in the ConfigMap {}: {error}", self.key);
                    None
                }
            }
        };
        content::keys(&object).into_iter().filter_map(one).collect()
    }

    /// Keeps this, if it is not kept already.
    pub(super) async fn keep(&self, cluster: &Cluster, accepted: &BTreeMap<String, Form>) {
        let is_kept = self.written.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(&Ok(accepted.clone()));
        let is_known = self.watch.get(&self.key).is_some() || !accepted.is_empty();
        if is_kept || !is_known || self.read() == *accepted {
            return;
        }
        let text = |form: &Form| serde_yaml::to_string(form).unwrap_or_default();
        let texts = accepted.iter().map(|(definition, form)| (definition.clone(), text(form))).collect();
        let outcome = match content::write(cluster, &Kind::config_maps(), &self.key, &texts).await {
            Ok(()) => Ok(accepted.clone()),
            Err(failure) => Err(failure.to_string()),
        };
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(why) = &outcome
            && written.as_ref() != Some(&outcome)
        {
            tracing::error!("what was accepted is not kept in the ConfigMap {}, so it is not known after a restart: {why}", self.key);
        }
        *written = Some(outcome);
    }
}
