//! Namespace credentials: the Secrets that hold them, their content, and the one in use. Sends no request to
//! a cloud.
//!
//! The Secrets are watched by name, and read from the API server when a resource is new or was edited: two
//! watches have no common order, and a resource applied right after its Secret must not be reconciled with
//! the operator's credentials.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::StreamExt;
use futures::future::{join_all, try_join_all};
use futures::stream::{BoxStream, select_all};
use interpreter::catalog::Catalog;
use kube::api::DynamicObject;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::cluster::watch::{Change, Health, Scope, Watch, watch_named};
use crate::cluster::{Cluster, Failure, Key, Kind, content, object};
use crate::config::{NamespaceConfig, namespace};
use crate::engine::annotations;
use crate::engine::resource_version;

/// Maximum number of reads while another client keeps writing the Secrets.
const MAX_READS: usize = 5;

/// Cache of all namespace credentials. Clones share its state.
#[derive(Clone)]
pub(crate) struct NamespaceCredentials {
    cluster: Cluster,
    /// The catalog that defines the allowed keys.
    catalog: Arc<ArcSwap<Catalog>>,
    finalizer: String,
    watches: Vec<Watch<DynamicObject>>,
    state: Arc<Mutex<State>>,
    /// Signals that the finalizer on a namespace's Secret may have to be added or removed.
    named: Arc<Notify>,
}

/// A Secret with namespace credentials, as last observed.
#[derive(Clone)]
pub(crate) struct NamespaceSecret {
    /// Name of the Secret.
    pub(crate) secret: String,
    /// The parsed configuration; the error says what is wrong, at which key, and what to write.
    pub(crate) says: Result<Arc<NamespaceConfig>, String>,
    /// The object, as read.
    pub(crate) object: Arc<DynamicObject>,
    /// The operator's finalizer for it.
    pub(crate) finalizer: String,
}

#[derive(Default)]
struct State {
    known: HashMap<Key, NamespaceSecret>,
    /// Number of guards by namespace. Each is for a resource with a creation ahead, or with one that no
    /// cache shows yet.
    guards: HashMap<String, usize>,
    /// Namespaces whose Secrets have to be reviewed.
    named: BTreeSet<String>,
    /// Number of observed changes by Secret, counted only while a read is in progress.
    changes_seen: HashMap<Key, u64>,
    /// Cloned by each read in progress: its reference count tells whether there is any.
    looks: Arc<()>,
}

/// The state at the start of a read.
struct Look {
    /// Numbers of changes, in the order in which the Secrets are read.
    changes_seen: Vec<(Key, u64)>,
    _one: Arc<()>,
}

/// Changes of these Secrets, without end.
pub(crate) type Changes = BoxStream<'static, Change<DynamicObject>>;

/// Guard that keeps the finalizer on the Secret of this namespace until it is dropped.
pub(crate) struct ProtectionGuard {
    namespace_credentials: NamespaceCredentials,
    namespace: String,
}

impl NamespaceSecret {
    /// True when the Secret is being deleted and exists only because of a finalizer.
    pub(crate) fn is_leaving(&self) -> bool {
        self.object.metadata.deletion_timestamp.is_some()
    }

    /// True when the operator's finalizer is on the Secret.
    pub(crate) fn is_protected(&self) -> bool {
        self.object.metadata.finalizers.iter().flatten().any(|finalizer| *finalizer == self.finalizer)
    }
}

impl State {
    /// Starts a live read.
    fn look(&self, keys: &[Key]) -> Look {
        let changes_seen = |key: &Key| (key.clone(), self.changes_seen.get(key).copied().unwrap_or_default());
        Look { changes_seen: keys.iter().map(changes_seen).collect(), _one: self.looks.clone() }
    }

    /// True when nothing has changed since the read began.
    fn is_still(&self, look: &Look) -> bool {
        look.changes_seen.iter().all(|(key, changes_seen)| {
            self.changes_seen.get(key).copied().unwrap_or_default() == *changes_seen
        })
    }

    fn count_change(&mut self, key: &Key) {
        if Arc::strong_count(&self.looks) > 1 {
            *self.changes_seen.entry(key.clone()).or_default() += 1;
        } else {
            // Without a read in progress, no count is needed.
            self.changes_seen.clear();
        }
    }

    /// Removes a Secret if it has this uid or none is given. Returns true when it was known.
    fn lose(&mut self, key: &Key, uid: Option<&str>) -> bool {
        let is_it = |known: &NamespaceSecret| uid.is_none() || known.object.metadata.uid.as_deref() == uid;
        let lost = self.known.get(key).is_some_and(is_it);
        if lost {
            self.count_change(key);
            self.known.remove(key);
        }
        lost
    }
}

impl NamespaceCredentials {
    /// Watches the Secrets; `group` names the finalizer. Nothing is known until the returned changes are
    /// consumed.
    pub(crate) fn follow(
        cluster: &Cluster,
        scope: &Scope,
        catalog: Arc<Catalog>,
        group: &str,
    ) -> (Self, Changes) {
        let (watches, changes): (Vec<_>, Vec<_>) = annotations::OVERRIDES
            .iter()
            .map(|name| watch_named(cluster, &Kind::secrets(), scope, name))
            .unzip();
        let catalog = Arc::new(ArcSwap::new(catalog));
        let namespace_credentials = Self {
            cluster: cluster.clone(),
            finalizer: annotations::credentials_finalizer(group),
            catalog,
            watches,
            state: Arc::default(),
            named: Arc::default(),
        };
        (namespace_credentials, select_all(changes).boxed())
    }

    /// Returns when all Secrets were listed once: before, it is unknown where the operator's own credentials
    /// apply.
    pub(crate) async fn ready(&self) {
        join_all(self.watches.iter().map(Watch::ready)).await;
    }

    /// Returns the first health other than `Established`, if any watch has one.
    pub(crate) fn health(&self) -> Health {
        let all = || self.watches.iter().map(Watch::health);
        all().find(|health| *health != Health::Established).unwrap_or(Health::Established)
    }

    /// Applies a watch event. Returns true when the credentials have changed.
    pub(crate) fn take(&self, change: &Change<DynamicObject>) -> bool {
        let mut state = self.state();
        // Counts unchanged objects, too: a read that began before may have returned an older version.
        state.count_change(&change.key());
        match change {
            Change::Added(object) | Change::Modified { after: object, .. } => self.update(&mut state, object),
            Change::Deleted(object) => state.lose(&change.key(), object.metadata.uid.as_deref()),
        }
    }

    /// Reads the Secrets of a namespace from the API server. Returns true when the credentials have changed.
    pub(crate) async fn look(&self, namespace: &str) -> Result<bool, Failure> {
        let keys = annotations::OVERRIDES.map(|name| Key::new(namespace, name));
        for _ in 0..MAX_READS {
            let look = self.state().look(&keys);
            let read = async |key: &Key| object::read(&self.cluster, &Kind::secrets(), key).await;
            let found = try_join_all(keys.iter().map(read)).await?;
            if let Some(changed) = self.found(&look, found) {
                return Ok(changed);
            }
        }
        Err(Failure::Conflict)
    }

    /// Applies the result of a read. Returns `None` when an event came meanwhile, because it is unknown which
    /// of the two is older.
    fn found(&self, look: &Look, found: Vec<Option<DynamicObject>>) -> Option<bool> {
        let mut state = self.state();
        if !state.is_still(look) {
            return None;
        }
        let changed = look.changes_seen.iter().zip(found).filter(|((key, _), found)| match found {
            Some(object) => self.update(&mut state, &Arc::new(object.clone())),
            None => state.lose(key, None),
        });
        Some(changed.count() > 0)
    }

    /// Returns the Secret in use in a namespace: the first existing one by precedence of names.
    pub(crate) fn in_use(&self, namespace: &str) -> Option<NamespaceSecret> {
        let state = self.state();
        annotations::OVERRIDES.iter().find_map(|name| state.known.get(&Key::new(namespace, *name)).cloned())
    }

    /// Returns all Secrets of a namespace, the one in use first.
    pub(crate) fn all_of(&self, namespace: &str) -> Vec<NamespaceSecret> {
        let state = self.state();
        annotations::OVERRIDES
            .iter()
            .filter_map(|name| state.known.get(&Key::new(namespace, *name)).cloned())
            .collect()
    }

    /// Applies the response to a write of this process. Returns true when the credentials have changed. A
    /// Secret that is no longer known was deleted meanwhile and is ignored.
    pub(crate) fn wrote(&self, object: &Arc<DynamicObject>) -> bool {
        let mut state = self.state();
        let is_it = |known: &NamespaceSecret| known.object.metadata.uid == object.metadata.uid;
        state.known.get(&Key::of(&object.metadata)).is_some_and(is_it) && self.update(&mut state, object)
    }

    fn update(&self, state: &mut State, object: &Arc<DynamicObject>) -> bool {
        let key = Key::of(&object.metadata);
        if resource_version::is_over(object) {
            return state.lose(&key, object.metadata.uid.as_deref());
        }
        let before = state.known.get(&key);
        if before.is_some_and(|before| {
            resource_version::version(&before.object) >= resource_version::version(object)
        }) {
            return false;
        }
        let same = before.filter(|before| is_same(&before.object, object));
        let (says, same) =
            (same.map_or_else(|| self.read(&key, object), |before| before.says.clone()), same.is_some());
        let seen = NamespaceSecret {
            secret: key.name.clone(),
            says,
            object: object.clone(),
            finalizer: self.finalizer.clone(),
        };
        state.count_change(&key);
        state.named.extend(key.namespace.clone());
        state.known.insert(key, seen);
        self.named.notify_one();
        !same
    }

    /// Parses all Secrets with another catalog. Returns the namespaces whose credentials have changed.
    pub(crate) fn read_as(&self, catalog: &Arc<Catalog>) -> BTreeSet<String> {
        self.catalog.store(catalog.clone());
        let mut changed = BTreeSet::new();
        for (key, known) in &mut self.state().known {
            let says = self.read(key, &known.object);
            if outline(&says) != outline(&known.says) {
                changed.extend(key.namespace.clone());
            }
            known.says = says;
        }
        changed
    }

    fn read(&self, key: &Key, object: &DynamicObject) -> Result<Arc<NamespaceConfig>, String> {
        let place = format!("Secret `{}`", key.name);
        let Some(text) = content::text(&Kind::secrets(), object, annotations::OVERRIDE_KEY) else {
            return Err(format!(
                "{place} has no key `{}`: write the credentials there, as TOML",
                annotations::OVERRIDE_KEY
            ));
        };
        let place = format!("{place}, key `{}`", annotations::OVERRIDE_KEY);
        let catalog = self.catalog.load_full();
        match namespace(&place, &text, &catalog) {
            Ok(says) if says.apis.is_empty() && says.unknown.is_empty() => {
                Err(format!("{place} is empty: write the credentials of this namespace there, or delete it"))
            }
            Ok(says) => Ok(Arc::new(says)),
            Err(error) => Err(error.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        }
    }

    /// Keeps the finalizer on the Secret of a namespace until the guard is dropped.
    pub(crate) fn protect(&self, namespace: &str) -> ProtectionGuard {
        *self.state().guards.entry(namespace.to_owned()).or_default() += 1;
        ProtectionGuard { namespace_credentials: self.clone(), namespace: namespace.to_owned() }
    }

    /// Marks the Secret as unprotected and returns the object to remove the finalizer from; `None` while a
    /// guard exists. A guard taken later sees that the finalizer has to be added again.
    pub(crate) fn release(&self, namespace: &str, secret: &str) -> Option<Arc<DynamicObject>> {
        let mut state = self.state();
        if state.guards.contains_key(namespace) {
            return None;
        }
        let known = state.known.get_mut(&Key::new(namespace, secret))?;
        let before = known.object.clone();
        let mut without = (*before).clone();
        without.metadata.finalizers.get_or_insert_default().retain(|finalizer| *finalizer != self.finalizer);
        known.object = Arc::new(without);
        Some(before)
    }

    /// Restores the object after a failed removal of the finalizer.
    pub(crate) fn keep(&self, before: &Arc<DynamicObject>) {
        let key = Key::of(&before.metadata);
        let mut state = self.state();
        let known = state
            .known
            .get_mut(&key)
            .filter(|known| resource_version::version(&known.object) == resource_version::version(before));
        if let Some(known) = known {
            known.object = before.clone();
        }
    }

    /// True while a guard of the Secret exists.
    pub(crate) fn is_needed(&self, namespace: &str) -> bool {
        self.state().guards.contains_key(namespace)
    }

    /// Queues the review of a namespace that has a Secret.
    pub(crate) fn name(&self, namespace: &str) {
        let mut state = self.state();
        if state.known.keys().any(|key| key.namespace.as_deref() == Some(namespace)) {
            state.named.insert(namespace.to_owned());
            self.named.notify_one();
        }
    }

    /// Queues the review of all namespaces that have a Secret.
    pub(crate) fn review_all(&self) {
        let mut state = self.state();
        let all: Vec<_> = state.known.keys().filter_map(|key| key.namespace.clone()).collect();
        state.named.extend(all);
        self.named.notify_one();
    }

    /// Waits for namespaces to review.
    pub(crate) async fn named(&self) -> BTreeSet<String> {
        loop {
            let named = std::mem::take(&mut self.state().named);
            if !named.is_empty() {
                return named;
            }
            self.named.notified().await;
        }
    }

    /// Locks the state. Each update leaves it consistent, so a poisoned lock can be used.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl Drop for ProtectionGuard {
    fn drop(&mut self) {
        let mut state = self.namespace_credentials.state();
        if let Some(count) = state.guards.get_mut(&self.namespace) {
            *count -= 1;
        }
        state.guards.retain(|_, count| *count > 0);
        drop(state);
        self.namespace_credentials.name(&self.namespace);
    }
}

/// Returns the API group of most kinds. It depends on the whole catalog, so that neither a single kind nor a
/// switch changes it: a finalizer of another name would never be removed.
pub(crate) fn main_group(catalog: &Catalog) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for addon in catalog.addons.values() {
        *kinds.entry(&addon.resource.group).or_default() += 1;
    }
    kinds.into_iter().max_by_key(|(_, kinds)| *kinds).map(|(group, _)| group.to_owned()).unwrap_or_default()
}

/// Returns the part of the content that depends on the catalog.
fn outline(says: &Result<Arc<NamespaceConfig>, String>) -> Result<Vec<String>, String> {
    says.as_ref()
        .map(|says| says.apis.keys().chain(says.unknown.values()).cloned().collect())
        .map_err(Clone::clone)
}

/// True when neither uid, content nor deletion differ, as after a write of the finalizer by this process.
fn is_same(before: &DynamicObject, after: &DynamicObject) -> bool {
    let leaving = |object: &DynamicObject| object.metadata.deletion_timestamp.is_some();
    before.metadata.uid == after.metadata.uid
        && content::same(before, after)
        && leaving(before) == leaving(after)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn key() -> Key {
        Key::new("team-a", "clever-operator")
    }

    fn known(uid: &str) -> NamespaceSecret {
        let object = json!({ "metadata": { "namespace": "team-a", "name": "clever-operator", "uid": uid } });
        let object = Arc::new(serde_json::from_value(object).unwrap());
        NamespaceSecret {
            secret: "clever-operator".into(),
            says: Err(String::new()),
            object,
            finalizer: String::new(),
        }
    }

    #[test]
    fn what_was_read_before_something_else_was_heard_does_not_count() {
        let mut state = State::default();
        let look = state.look(&[key()]);
        assert!(state.is_still(&look));
        // The object comes and goes while it is read: the answer may be the older one.
        state.count_change(&key());
        state.known.insert(key(), known("a"));
        assert!(!state.is_still(&look));
        let look = state.look(&[key()]);
        assert!(state.lose(&key(), Some("a")));
        assert!(!state.is_still(&look));
        let look = state.look(&[key()]);
        state.count_change(&Key::new("team-b", "clever-operator"));
        assert!(state.is_still(&look), "another Secret says nothing of this one");
        drop(look);
    }

    #[test]
    fn what_was_heard_is_remembered_only_while_somebody_looks() {
        let mut state = State::default();
        state.count_change(&key());
        assert!(state.changes_seen.is_empty());
        let look = state.look(&[key()]);
        state.count_change(&key());
        assert!(!state.is_still(&look) && state.changes_seen.len() == 1);
        drop(look);
        state.count_change(&key());
        assert!(state.changes_seen.is_empty());
    }

    #[test]
    fn only_the_one_that_is_known_can_be_lost() {
        let mut state = State::default();
        state.known.insert(key(), known("new"));
        assert!(!state.lose(&key(), Some("old")));
        assert!(state.lose(&key(), None));
        assert!(!state.lose(&key(), None));
    }
}
