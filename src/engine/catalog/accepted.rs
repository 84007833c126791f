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
use crate::cluster::{Cluster, Failure, Key, Kind, content};
use crate::engine::annotations;

/// Prefix of the keys that hold API definitions; the other keys are names of CRDs.
const API: &str = "api-";

/// The ConfigMap, as last observed.
pub(crate) struct Store {
    pub(super) key: Key,
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
        Some(self.parse(self.watch.get(&self.key).as_deref()).0)
    }

    /// Returns the stored catalog that was read from the API server; `None` when it cannot be read.
    pub(super) fn read_live(
        &self,
        read: Result<Option<DynamicObject>, Failure>,
    ) -> Option<BTreeMap<String, EntryFiles>> {
        let read =
            read.inspect_err(|failure| tracing::warn!(%failure, "cannot read the last accepted catalog"));
        Some(self.parse(read.ok()?.as_ref()).0)
    }

    /// Returns the stored forms, and the texts of keys that cannot be parsed.
    fn parse(
        &self,
        object: Option<&DynamicObject>,
    ) -> (BTreeMap<String, EntryFiles>, BTreeMap<String, String>) {
        let text = |key: &str| content::text(&Kind::config_maps(), object?, key);
        let (mut forms, mut unread) = (BTreeMap::new(), BTreeMap::new());
        let keys = object.map(content::keys).unwrap_or_default();
        for key in keys.into_iter().filter(|key| !key.starts_with(API)) {
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

    /// Returns the data to write, if the stored catalog differs. Nothing is written before it was observed, so
    /// that it is never overwritten blindly.
    pub(super) fn due(&self, accepted: &BTreeMap<String, EntryFiles>) -> Option<BTreeMap<String, String>> {
        self.watch.ready().now_or_never()?;
        let (stored, unread) = self.parse(self.watch.get(&self.key).as_deref());
        (stored != *accepted).then(|| texts(accepted).into_iter().chain(unread).collect())
    }

    /// Takes the result of the write; logs a failure once.
    pub(super) fn wrote(&mut self, result: Result<(), Failure>) {
        let failure = result.err().map(|failure| failure.to_string());
        if let Some(why) = failure.as_ref().filter(|why| self.write_failure.as_ref() != Some(*why)) {
            tracing::error!(config_map = %self.key, failure = why, "cannot store the accepted catalog, a restart would lose it");
        }
        self.write_failure = failure;
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
