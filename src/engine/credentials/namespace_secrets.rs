//! The Secrets in which namespaces keep credentials of their own: what stands in them, and which one is in force. Sends nothing to a cloud.
//!
//! They are followed by name, and looked at live when a resource is new or was edited: two watches know no order between them, and a
//! resource that was applied right after its Secret must not be served with the operator's credentials.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use futures::StreamExt;
use futures::future::{join_all, try_join_all};
use futures::stream::{BoxStream, select_all};
use interpreter::catalog::Catalog;
use kube::api::DynamicObject;
use tokio::sync::Notify;

use crate::cluster::watch::{Change, Health, Scope, Watch, watch_named};
use crate::cluster::{Cluster, Failure, Key, Kind, content, object};
use crate::config::{NamespaceConfig, namespace};
use crate::engine::annotations;
use crate::engine::resource_version;

/// Somebody may write them all the time; whoever looks does not wait for ever.
const MOST_LOOKS: usize = 5;

/// What is known of all of them. Clones know the same.
#[derive(Clone)]
pub(crate) struct Overrides {
    cluster: Cluster,
    /// Whose words they may use.
    catalog: Arc<RwLock<Arc<Catalog>>>,
    hold: String,
    watches: Vec<Watch<DynamicObject>>,
    state: Arc<Mutex<State>>,
    /// Namespaces whose Secret may have to be held or let go were named.
    named: Arc<Notify>,
}

/// One Secret, as last seen.
#[derive(Clone)]
pub(crate) struct Override {
    /// Its name.
    pub(crate) secret: String,
    /// What it says; else what is wrong with it, where, and what to write.
    pub(crate) says: Result<Arc<NamespaceConfig>, String>,
    /// As read.
    pub(crate) object: Arc<DynamicObject>,
    /// Our finalizer, as it would be on it.
    pub(crate) hold: String,
}

#[derive(Default)]
struct State {
    known: HashMap<Key, Override>,
    /// So many passes are about to make something with it, or may have made something that no cache shows yet.
    holds: HashMap<String, usize>,
    /// Namespaces to look after.
    named: BTreeSet<String>,
    /// How often something was heard of each since somebody began to look.
    heard: HashMap<Key, u64>,
    /// There is another one of this for each look.
    looks: Arc<()>,
}

/// What was known when somebody began to look.
struct Look {
    /// In the order in which they are read.
    heard: Vec<(Key, u64)>,
    _one: Arc<()>,
}

/// Changes of such Secrets, without end.
pub(crate) type Changes = BoxStream<'static, Change<DynamicObject>>;

/// While it is there, the Secret of this namespace is not let go.
pub(crate) struct Hold {
    overrides: Overrides,
    namespace: String,
}

impl Override {
    /// It is being deleted, and is there only because something holds it.
    pub(crate) fn is_leaving(&self) -> bool {
        self.object.metadata.deletion_timestamp.is_some()
    }

    /// Our finalizer is on it.
    pub(crate) fn is_held(&self) -> bool {
        self.object.metadata.finalizers.iter().flatten().any(|finalizer| *finalizer == self.hold)
    }
}

impl State {
    /// Before something is read live.
    fn look(&self, keys: &[Key]) -> Look {
        let heard = |key: &Key| (key.clone(), self.heard.get(key).copied().unwrap_or_default());
        Look { heard: keys.iter().map(heard).collect(), _one: self.looks.clone() }
    }

    /// Nothing was heard since.
    fn is_still(&self, look: &Look) -> bool {
        look.heard.iter().all(|(key, heard)| self.heard.get(key).copied().unwrap_or_default() == *heard)
    }

    fn heard(&mut self, key: &Key) {
        if Arc::strong_count(&self.looks) > 1 {
            *self.heard.entry(key.clone()).or_default() += 1;
        } else {
            // Nobody looks, so nobody will compare.
            self.heard.clear();
        }
    }

    /// It is not there any more, under any uid or this one; whether it was known.
    fn lose(&mut self, key: &Key, uid: Option<&str>) -> bool {
        let is_it = |known: &Override| uid.is_none() || known.object.metadata.uid.as_deref() == uid;
        let lost = self.known.get(key).is_some_and(is_it);
        if lost {
            self.heard(key);
            self.known.remove(key);
        }
        lost
    }
}

impl Overrides {
    /// Follows them, and holds them in the name of this API group. Nothing is known before the changes are taken.
    pub(crate) fn follow(cluster: &Cluster, scope: &Scope, catalog: Arc<Catalog>, group: &str) -> (Self, Changes) {
        let (watches, changes): (Vec<_>, Vec<_>) =
            annotations::OVERRIDES.iter().map(|name| watch_named(cluster, &Kind::secrets(), scope, name)).unzip();
        let catalog = Arc::new(RwLock::new(catalog));
        let overrides = Self {
            cluster: cluster.clone(),
            hold: annotations::hold(group),
            catalog,
            watches,
            state: Arc::default(),
            named: Arc::default(),
        };
        (overrides, select_all(changes).boxed())
    }

    /// Returns when all of them have been seen once: before, nobody can tell where the operator's own credentials are in force.
    pub(crate) async fn ready(&self) {
        join_all(self.watches.iter().map(Watch::ready)).await;
    }

    /// The worst of the watches.
    pub(crate) fn health(&self) -> Health {
        let all = || self.watches.iter().map(Watch::health);
        all().find(|health| *health != Health::Established).unwrap_or(Health::Established)
    }

    /// Takes in a change; whether something is said otherwise than before.
    pub(crate) fn take(&self, change: &Change<DynamicObject>) -> bool {
        let mut state = self.state();
        // Also what teaches nothing new: a look that began before may have read something older.
        state.heard(&change.key());
        match change {
            Change::Added(object) | Change::Modified { after: object, .. } => self.saw(&mut state, object),
            Change::Deleted(object) => state.lose(&change.key(), object.metadata.uid.as_deref()),
        }
    }

    /// Reads those of a namespace live; whether something is said otherwise than before.
    pub(crate) async fn look(&self, namespace: &str) -> Result<bool, Failure> {
        let keys = annotations::OVERRIDES.map(|name| Key::new(namespace, name));
        for _ in 0..MOST_LOOKS {
            let look = self.state().look(&keys);
            let read = async |key: &Key| object::read(&self.cluster, &Kind::secrets(), key).await;
            let found = try_join_all(keys.iter().map(read)).await?;
            if let Some(changed) = self.found(&look, found) {
                return Ok(changed);
            }
        }
        Err(Failure::Conflict)
    }

    /// Takes in what a look found, unless something was heard meanwhile: nobody knows which of the two is older.
    fn found(&self, look: &Look, found: Vec<Option<DynamicObject>>) -> Option<bool> {
        let mut state = self.state();
        if !state.is_still(look) {
            return None;
        }
        let changed = look.heard.iter().zip(found).filter(|((key, _), found)| match found {
            Some(object) => self.saw(&mut state, &Arc::new(object.clone())),
            None => state.lose(key, None),
        });
        Some(changed.count() > 0)
    }

    /// The one in force in a namespace: of those that are there, the first by its name.
    pub(crate) fn in_force(&self, namespace: &str) -> Option<Override> {
        let state = self.state();
        annotations::OVERRIDES.iter().find_map(|name| state.known.get(&Key::new(namespace, *name)).cloned())
    }

    /// All those of a namespace, the one in force first.
    pub(crate) fn all_of(&self, namespace: &str) -> Vec<Override> {
        let state = self.state();
        annotations::OVERRIDES.iter().filter_map(|name| state.known.get(&Key::new(namespace, *name)).cloned()).collect()
    }

    /// Takes in what a write of ours returned; whether it says otherwise than before. What is not known any more when the answer comes is
    /// gone by then.
    pub(crate) fn wrote(&self, object: &Arc<DynamicObject>) -> bool {
        let mut state = self.state();
        let is_it = |known: &Override| known.object.metadata.uid == object.metadata.uid;
        state.known.get(&Key::of(&object.metadata)).is_some_and(is_it) && self.saw(&mut state, object)
    }

    fn saw(&self, state: &mut State, object: &Arc<DynamicObject>) -> bool {
        let key = Key::of(&object.metadata);
        if resource_version::is_over(object) {
            return state.lose(&key, object.metadata.uid.as_deref());
        }
        let before = state.known.get(&key);
        if before.is_some_and(|before| resource_version::version(&before.object) >= resource_version::version(object)) {
            return false;
        }
        let same = before.filter(|before| is_same(&before.object, object));
        let (says, same) = (same.map_or_else(|| self.read(&key, object), |before| before.says.clone()), same.is_some());
        let seen = Override { secret: key.name.clone(), says, object: object.clone(), hold: self.hold.clone() };
        state.heard(&key);
        state.named.extend(key.namespace.clone());
        state.known.insert(key, seen);
        self.named.notify_one();
        !same
    }

    /// Understands all of them by another catalog from now on; the namespaces where something is said otherwise than before.
    pub(crate) fn read_as(&self, catalog: &Arc<Catalog>) -> BTreeSet<String> {
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = catalog.clone();
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
            return Err(format!("{place} has no key `{}`: write the credentials below it, as TOML", annotations::OVERRIDE_KEY));
        };
        let place = format!("{place}, key `{}`", annotations::OVERRIDE_KEY);
        let catalog = self.catalog.read().unwrap_or_else(PoisonError::into_inner).clone();
        match namespace(&place, &text, &catalog) {
            Ok(says) if says.apis.is_empty() && says.unknown.is_empty() => {
                Err(format!("{place} says nothing: write credentials there, or delete it"))
            }
            Ok(says) => Ok(Arc::new(says)),
            Err(error) => Err(error.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        }
    }

    /// Keeps the Secret of a namespace from being let go.
    pub(crate) fn hold(&self, namespace: &str) -> Hold {
        *self.state().holds.entry(namespace.to_owned()).or_default() += 1;
        Hold { overrides: self.clone(), namespace: namespace.to_owned() }
    }

    /// Marks the Secret as one that is not held any more, unless somebody is about to make something with it. Whoever comes later sees that
    /// it has to be held again.
    pub(crate) fn may_let_go(&self, namespace: &str, secret: &str) -> Option<Arc<DynamicObject>> {
        let mut state = self.state();
        if state.holds.contains_key(namespace) {
            return None;
        }
        let known = state.known.get_mut(&Key::new(namespace, secret))?;
        let before = known.object.clone();
        let mut without = (*before).clone();
        without.metadata.finalizers.get_or_insert_default().retain(|finalizer| *finalizer != self.hold);
        known.object = Arc::new(without);
        Some(before)
    }

    /// It could not be let go after all: it is as it was.
    pub(crate) fn keep(&self, before: &Arc<DynamicObject>) {
        let key = Key::of(&before.metadata);
        let mut state = self.state();
        let known = state.known.get_mut(&key).filter(|known| resource_version::version(&known.object) == resource_version::version(before));
        if let Some(known) = known {
            known.object = before.clone();
        }
    }

    /// Somebody is about to make something with it, or may have.
    pub(crate) fn is_needed(&self, namespace: &str) -> bool {
        self.state().holds.contains_key(namespace)
    }

    /// A namespace's Secret may have to be held, or can be let go.
    pub(crate) fn name(&self, namespace: &str) {
        let mut state = self.state();
        if state.known.keys().any(|key| key.namespace.as_deref() == Some(namespace)) {
            state.named.insert(namespace.to_owned());
            self.named.notify_one();
        }
    }

    /// All namespaces that have one are to be looked after.
    pub(crate) fn name_all(&self) {
        let mut state = self.state();
        let all: Vec<_> = state.known.keys().filter_map(|key| key.namespace.clone()).collect();
        state.named.extend(all);
        self.named.notify_one();
    }

    /// Waits for namespaces that were named since.
    pub(crate) async fn named(&self) -> BTreeSet<String> {
        loop {
            let named = std::mem::take(&mut self.state().named);
            if !named.is_empty() {
                return named;
            }
            self.named.notified().await;
        }
    }

    /// Every change below leaves the state whole, so one that panicked elsewhere spoils nothing.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.overrides.state();
        if let Some(count) = state.holds.get_mut(&self.namespace) {
            *count -= 1;
        }
        state.holds.retain(|_, count| *count > 0);
        drop(state);
        self.overrides.name(&self.namespace);
    }
}

/// The API group of most kinds: it does not change with a kind that comes or goes. Nor may it with a switch, so this is of the whole catalog:
/// a finalizer of another name would never be taken off again.
pub(crate) fn main_group(catalog: &Catalog) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for addon in catalog.addons.values() {
        *kinds.entry(&addon.resource.group).or_default() += 1;
    }
    kinds.into_iter().max_by_key(|(_, kinds)| *kinds).map(|(group, _)| group.to_owned()).unwrap_or_default()
}

/// What is said, as far as a change of the catalog can change it.
fn outline(says: &Result<Arc<NamespaceConfig>, String>) -> Result<Vec<String>, String> {
    says.as_ref().map(|says| says.apis.keys().chain(says.unknown.values()).cloned().collect()).map_err(Clone::clone)
}

/// Nothing differs that anybody goes by, such as after an own write of the finalizer.
fn is_same(before: &DynamicObject, after: &DynamicObject) -> bool {
    let leaving = |object: &DynamicObject| object.metadata.deletion_timestamp.is_some();
    before.metadata.uid == after.metadata.uid && content::same(before, after) && leaving(before) == leaving(after)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn key() -> Key {
        Key::new("team-a", "clever-operator")
    }

    fn known(uid: &str) -> Override {
        let object = json!({ "metadata": { "namespace": "team-a", "name": "clever-operator", "uid": uid } });
        let object = Arc::new(serde_json::from_value(object).unwrap());
        Override { secret: "clever-operator".into(), says: Err(String::new()), object, hold: String::new() }
    }

    #[test]
    fn what_was_read_before_something_else_was_heard_does_not_count() {
        let mut state = State::default();
        let look = state.look(&[key()]);
        assert!(state.is_still(&look));
        // It comes and goes while it is read: whatever the answer is, it may be the older one.
        state.heard(&key());
        state.known.insert(key(), known("a"));
        assert!(!state.is_still(&look));
        let look = state.look(&[key()]);
        assert!(state.lose(&key(), Some("a")));
        assert!(!state.is_still(&look));
        let look = state.look(&[key()]);
        state.heard(&Key::new("team-b", "clever-operator"));
        assert!(state.is_still(&look), "another Secret says nothing of this one");
        drop(look);
    }

    #[test]
    fn what_was_heard_is_remembered_only_while_somebody_looks() {
        let mut state = State::default();
        state.heard(&key());
        assert!(state.heard.is_empty());
        let look = state.look(&[key()]);
        state.heard(&key());
        assert!(!state.is_still(&look) && state.heard.len() == 1);
        drop(look);
        state.heard(&key());
        assert!(state.heard.is_empty());
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
