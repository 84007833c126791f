//! Store of the last accepted catalog: a ConfigMap with a key for each kind. A kind therefore survives a
//! restart although its entry has become invalid, and its resources can still be deleted although its entry
//! was removed.

use std::collections::BTreeMap;

use anyhow::Context;
use futures::{FutureExt, StreamExt};
use interpreter::catalog::Source;
use interpreter::catalog_update::EntryFiles;
use kube::api::DynamicObject;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use crate::cluster::watch::{Scope, Watch, watch_named};
use crate::cluster::{Cluster, Key, Kind, content, object};
use crate::engine::annotations;

/// Prefix of the keys that hold API definitions; the other keys are names of CRDs.
const API: &str = "api-";

/// The ConfigMap, as last observed.
pub(crate) struct Store {
    key: Key,
    pub(super) watch: Watch<DynamicObject>,
    /// The last write error; `None` after a successful write.
    write_failure: Option<String>,
    _follower: JoinSet<()>,
}

impl Store {
    pub(crate) fn follow(cluster: &Cluster, namespace: &str) -> Self {
        let scope = Scope::Namespaces(vec![namespace.to_owned()]);
        let (watch, mut changes) = watch_named(cluster, &Kind::config_maps(), &scope, annotations::ACCEPTED);
        let mut follower = JoinSet::new();
        follower.spawn(async move { while changes.next().await.is_some() {} });
        Self {
            key: Key::new(namespace, annotations::ACCEPTED),
            watch,
            write_failure: None,
            _follower: follower,
        }
    }

    /// Returns the stored catalog as last observed; `None` before the first list.
    pub(crate) fn read(&self) -> Option<BTreeMap<String, EntryFiles>> {
        self.watch.ready().now_or_never()?;
        Some(self.watch.get(&self.key).map(|object| self.parse(&object).0).unwrap_or_default())
    }

    /// Reads the stored catalog from the API server; `None` when it cannot be read.
    pub(crate) async fn read_live(&self, cluster: &Cluster) -> Option<BTreeMap<String, EntryFiles>> {
        match object::read(cluster, &Kind::config_maps(), &self.key).await {
            Ok(found) => Some(found.map(|object| self.parse(&object).0).unwrap_or_default()),
            Err(failure) => {
                tracing::warn!(%failure, "cannot read the last accepted catalog");
                None
            }
        }
    }

    /// Returns the stored forms, and the texts of keys that cannot be parsed.
    fn parse(&self, object: &DynamicObject) -> (BTreeMap<String, EntryFiles>, BTreeMap<String, String>) {
        let text = |key: &str| content::text(&Kind::config_maps(), object, key);
        let (mut forms, mut unread) = (BTreeMap::new(), BTreeMap::new());
        for key in content::keys(object).into_iter().filter(|key| !key.starts_with(API)) {
            let Some(written) = text(&key) else { continue };
            match form(&written, text) {
                Ok(form) => drop(forms.insert(key, form)),
                Err(error) => {
                    tracing::error!(config_map = %self.key, key, %error, "cannot parse a last accepted catalog entry");
                    unread.insert(key, written);
                }
            }
        }
        (forms, unread)
    }

    /// Writes the accepted catalog if the stored one differs. Writes nothing before the stored one was
    /// observed, so that it is never overwritten blindly.
    pub(crate) async fn keep(&mut self, cluster: &Cluster, accepted: &BTreeMap<String, EntryFiles>) {
        let Some(kept) = self.read() else { return };
        if kept == *accepted {
            return;
        }
        let unread = self.watch.get(&self.key).map(|object| self.parse(&object).1).unwrap_or_default();
        let texts = texts(accepted).into_iter().chain(unread).collect();
        let outcome = content::write(cluster, &Kind::config_maps(), &self.key, &texts)
            .await
            .map_err(|failure| failure.to_string())
            .err();
        if let Some(why) = outcome.as_ref().filter(|why| self.write_failure.as_ref() != Some(*why)) {
            tracing::error!(config_map = %self.key, failure = why, "cannot store the accepted catalog, a restart would lose it");
        }
        self.write_failure = outcome;
    }
}

/// The stored form of one kind.
#[derive(Serialize, Deserialize)]
struct Written {
    addon: Source,
    /// The key that holds its API definition.
    api: String,
    #[serde(default)]
    superseded: bool,
}

/// Returns the ConfigMap's data. Kinds share API definitions: each text is stored once.
fn texts(accepted: &BTreeMap<String, EntryFiles>) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for (definition, EntryFiles { addon, api, superseded }) in accepted {
        let key = key_of(api);
        texts.insert(key.clone(), serde_yaml::to_string(api).unwrap_or_default());
        let written = Written { addon: addon.clone(), api: key, superseded: *superseded };
        texts.insert(definition.clone(), serde_yaml::to_string(&written).unwrap_or_default());
    }
    texts
}

fn form(text: &str, at: impl Fn(&str) -> Option<String>) -> anyhow::Result<EntryFiles> {
    let Written { addon, api, superseded } = serde_yaml::from_str(text)?;
    let text = at(&api).with_context(|| format!("the key `{api}` is missing"))?;
    Ok(EntryFiles { addon, api: serde_yaml::from_str(&text)?, superseded })
}

/// Derives the key of an API definition from its content: kinds may have been accepted with different
/// versions of one API.
fn key_of(api: &Source) -> String {
    let digest = Sha256::new().chain_update(&api.path).chain_update([0]).chain_update(&api.text).finalize();
    let digits: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{API}{digits}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_an_api_stands_there_once() {
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
        let shop = source("shop/api.yaml", "api: shop\ntitle: \"A: b # c\"\n");
        let form = |name: &str| EntryFiles {
            addon: source(name, "addon: x\n  - 1\n"),
            api: shop.clone(),
            superseded: name == "old",
        };
        let accepted =
            BTreeMap::from(["a", "b", "old"].map(|name| (format!("{name}s.example.test"), form(name))));
        let written = texts(&accepted);
        assert_eq!(written.len(), 4);
        let read =
            |definition: &String| super::form(&written[definition], |key| written.get(key).cloned()).unwrap();
        assert!(accepted.iter().all(|(definition, form)| read(definition) == *form));
    }
}
