//! Cache of namespace credentials: the Secrets that hold them, their content, and the one in use. Sends no
//! request.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use interpreter::catalog::Catalog;
use interpreter::reconcile::{FinalizerUpdate, finalizer_update};
use kube::api::DynamicObject;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::cluster::watch::Change;
use crate::cluster::{Key, Kind, content};
use crate::config::{NamespaceConfig, namespace};
use crate::engine::annotations::{OVERRIDE_KEY, OVERRIDES};
use crate::engine::resource_version::{is_over, version};

/// Cache of all namespace credentials.
pub(crate) struct NamespaceSecrets {
    /// The finalizer on a Secret in use.
    pub(super) finalizer: String,
    state: Mutex<State>,
    /// Signals that Secrets have to be reviewed.
    review_requested: Notify,
    /// Receives each Secret with changed credentials.
    changed: UnboundedSender<Key>,
}

/// A Secret with namespace credentials, as last observed.
#[derive(Clone)]
pub(crate) struct NamespaceSecret {
    /// Name of the Secret.
    pub(super) secret: String,
    /// The parsed configuration; the error says what is wrong, at which key, and what to write.
    pub(super) says: Result<Arc<NamespaceConfig>, String>,
    /// The object, as read.
    pub(super) object: Arc<DynamicObject>,
}

struct State {
    /// The catalog that defines the allowed keys.
    catalog: Arc<Catalog>,
    known: HashMap<Key, NamespaceSecret>,
    /// Number of guards by namespace. Each is for a resource with a creation ahead, or with one that no
    /// cache shows yet.
    guards: HashMap<String, usize>,
    /// Namespaces whose Secrets have to be reviewed.
    to_review: BTreeSet<String>,
    /// The reads in progress.
    looks: Vec<Weak<Look>>,
}

/// A read of the Secrets of a namespace.
pub(super) struct Look {
    pub(super) keys: [Key; OVERRIDES.len()],
    /// Becomes true when another observation comes during the read: it is unknown which of the two is older.
    outdated: AtomicBool,
}

/// Origin of an observed object: it decides which objects the observation replaces.
#[derive(Clone, Copy)]
enum Origin {
    /// A read from the API server.
    Live,
    /// A change that the watch shows, with the version of the object before; or, without one, the response to
    /// a write of this process.
    Change(Option<u64>),
}

/// Guard that keeps the finalizer on the Secret of this namespace until it is dropped.
pub(crate) struct ProtectionGuard {
    secrets: Arc<NamespaceSecrets>,
    pub(super) namespace: String,
}

impl NamespaceSecret {
    /// True when the Secret is being deleted and exists only because of a finalizer.
    pub(super) fn is_leaving(&self) -> bool {
        self.object.metadata.deletion_timestamp.is_some()
    }
}

impl State {
    /// Marks the reads in progress of this Secret as outdated.
    fn outdate(&self, key: &Key) {
        for look in self.looks.iter().filter_map(Weak::upgrade).filter(|look| look.keys.contains(key)) {
            look.outdated.store(true, Ordering::Relaxed);
        }
    }

    /// Returns all Secrets of a namespace, the one in use first.
    fn all_of<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a NamespaceSecret> {
        OVERRIDES.iter().filter_map(move |name| self.known.get(&Key::new(namespace, *name)))
    }
}

impl NamespaceSecrets {
    /// Creates an empty cache, and returns it with the Secrets whose credentials change.
    pub(super) fn new(catalog: Arc<Catalog>, finalizer: String) -> (Arc<Self>, UnboundedReceiver<Key>) {
        let (changed, changes) = unbounded_channel();
        let state = Mutex::new(State {
            catalog,
            known: HashMap::new(),
            guards: HashMap::new(),
            to_review: BTreeSet::new(),
            looks: Vec::new(),
        });
        (Arc::new(Self { finalizer, state, review_requested: Notify::new(), changed }), changes)
    }

    /// Applies a change that the watch shows.
    pub(super) fn observe(&self, change: &Change<DynamicObject>) {
        let mut state = self.state.lock();
        // An unchanged object counts, too: a read that began before may have returned an older version.
        state.outdate(&change.key());
        match change {
            Change::Added(object) => self.update(&mut state, object, Origin::Change(None)),
            Change::Modified { before, after } => {
                self.update(&mut state, after, Origin::Change(version(before)));
            }
            Change::Deleted(object) => self.lose(&mut state, &change.key(), object.metadata.uid.as_deref()),
        }
    }

    /// Starts a read of the Secrets of a namespace.
    pub(super) fn look(&self, namespace: &str) -> Arc<Look> {
        let keys = OVERRIDES.map(|name| Key::new(namespace, name));
        let look = Arc::new(Look { keys, outdated: AtomicBool::new(false) });
        let looks = &mut self.state.lock().looks;
        looks.retain(|look| look.strong_count() > 0);
        looks.push(Arc::downgrade(&look));
        look
    }

    /// Applies the result of a read. Returns false when it is outdated.
    pub(super) fn found(&self, look: &Look, found: Vec<Option<DynamicObject>>) -> bool {
        let mut state = self.state.lock();
        if look.outdated.load(Ordering::Relaxed) {
            return false;
        }
        for (key, found) in look.keys.iter().zip(found) {
            match found.filter(|object| !is_over(object)) {
                Some(object) => self.update(&mut state, &Arc::new(object), Origin::Live),
                None => self.lose(&mut state, key, None),
            }
        }
        true
    }

    /// Applies the response to a write of this process. A Secret that is no longer known was deleted meanwhile
    /// and is ignored.
    pub(super) fn wrote(&self, object: DynamicObject) {
        let mut state = self.state.lock();
        let is_it = |known: &NamespaceSecret| known.object.metadata.uid == object.metadata.uid;
        if state.known.get(&Key::of(&object.metadata)).is_some_and(is_it) {
            self.update(&mut state, &Arc::new(object), Origin::Change(None));
        }
    }

    /// Removes a Secret if it has this uid or none is given.
    fn lose(&self, state: &mut State, key: &Key, uid: Option<&str>) {
        let is_it = |known: &NamespaceSecret| uid.is_none() || known.object.metadata.uid.as_deref() == uid;
        if state.known.get(key).is_some_and(is_it) {
            state.known.remove(key);
            state.outdate(key);
            self.report(key);
        }
    }

    fn report(&self, key: &Key) {
        // An error means that the changes were dropped: no resource is queued then.
        let _ = self.changed.send(key.clone());
    }

    fn update(&self, state: &mut State, object: &Arc<DynamicObject>, origin: Origin) {
        let key = Key::of(&object.metadata);
        if is_over(object) {
            return self.lose(state, &key, object.metadata.uid.as_deref());
        }
        let before = state.known.get(&key);
        if before.is_some_and(|before| !replaces(&before.object, object, origin)) {
            return;
        }
        let same = before.filter(|before| is_same(&before.object, object)).map(|before| before.says.clone());
        if same.is_none() {
            self.report(&key);
        }
        let says = same.unwrap_or_else(|| parse(&key, object, &state.catalog));
        state.outdate(&key);
        state.to_review.extend(key.namespace.clone());
        let own = NamespaceSecret { secret: key.name.clone(), says, object: object.clone() };
        state.known.insert(key, own);
        self.review_requested.notify_one();
    }

    /// Parses all Secrets with another catalog, which decides which keys are known.
    pub(crate) fn apply_catalog(&self, catalog: &Arc<Catalog>) {
        let state = &mut *self.state.lock();
        state.catalog = catalog.clone();
        for (key, known) in &mut state.known {
            let before = std::mem::replace(&mut known.says, parse(key, &known.object, catalog));
            if outline(&known.says) != outline(&before) {
                self.report(key);
            }
        }
    }

    /// Returns the Secret in use in a namespace: the first existing one by precedence of names.
    pub(super) fn in_use(&self, namespace: &str) -> Option<NamespaceSecret> {
        self.state.lock().all_of(namespace).next().cloned()
    }

    /// True when the operator's finalizer is on the Secret.
    pub(super) fn is_protected(&self, own: &NamespaceSecret) -> bool {
        own.object.metadata.finalizers.iter().flatten().any(|finalizer| *finalizer == self.finalizer)
    }

    /// Returns all Secrets of a namespace, with the update of the finalizer on each. `needed` tells whether a
    /// resource needs the one in use.
    pub(crate) fn finalizer_updates(
        &self,
        namespace: &str,
        needed: bool,
    ) -> Vec<(NamespaceSecret, FinalizerUpdate)> {
        let state = self.state.lock();
        let needed = needed || state.guards.contains_key(namespace);
        let update = |(at, own): (usize, &NamespaceSecret)| {
            (own.clone(), finalizer_update(at == 0, needed, self.is_protected(own), own.is_leaving()))
        };
        state.all_of(namespace).enumerate().map(update).collect()
    }

    /// Keeps the finalizer on the Secret of a namespace until the guard is dropped.
    pub(crate) fn guard(self: &Arc<Self>, namespace: &str) -> ProtectionGuard {
        *self.state.lock().guards.entry(namespace.to_owned()).or_default() += 1;
        ProtectionGuard { secrets: self.clone(), namespace: namespace.to_owned() }
    }

    /// Marks the Secret as unprotected and returns the object to remove the finalizer from; `None` while a
    /// guard exists. A guard taken later sees that the finalizer has to be added again.
    pub(super) fn release(&self, own: &NamespaceSecret) -> Option<Arc<DynamicObject>> {
        let key = Key::of(&own.object.metadata);
        let mut state = self.state.lock();
        if key.namespace.as_ref().is_some_and(|namespace| state.guards.contains_key(namespace)) {
            return None;
        }
        let known = state.known.get_mut(&key)?;
        let mut without = (*known.object).clone();
        without.metadata.finalizers.get_or_insert_default().retain(|finalizer| *finalizer != self.finalizer);
        Some(std::mem::replace(&mut known.object, Arc::new(without)))
    }

    /// Restores the object after a failed removal of the finalizer.
    pub(super) fn keep(&self, before: Arc<DynamicObject>) {
        let mut state = self.state.lock();
        let known = state.known.get_mut(&Key::of(&before.metadata));
        if let Some(known) = known.filter(|known| version(&known.object) == version(&before)) {
            known.object = before;
        }
    }

    /// Queues the review of a namespace, or of all, where a Secret is known.
    pub(crate) fn review(&self, wanted: Option<&str>) {
        let state = &mut *self.state.lock();
        let all = state.known.keys().filter_map(|key| key.namespace.as_ref());
        let wanted = all.filter(|namespace| wanted.is_none_or(|wanted| *namespace == wanted));
        state.to_review.extend(wanted.cloned());
        self.review_requested.notify_one();
    }

    /// Takes the namespaces to review.
    pub(crate) fn take_reviews(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.state.lock().to_review)
    }

    /// Becomes ready when a review was queued since the last call.
    pub(crate) fn review_requested(&self) -> Notified<'_> {
        self.review_requested.notified()
    }
}

impl Drop for ProtectionGuard {
    fn drop(&mut self) {
        let mut state = self.secrets.state.lock();
        if let Some(count) = state.guards.get_mut(&self.namespace) {
            *count -= 1;
        }
        state.guards.retain(|_, count| *count > 0);
        drop(state);
        self.secrets.review(Some(&self.namespace));
    }
}

/// Parses the content of a Secret; the error says what to write.
fn parse(key: &Key, object: &DynamicObject, catalog: &Catalog) -> Result<Arc<NamespaceConfig>, String> {
    let place = format!("Secret `{}`", key.name);
    let Some(text) = content::text(&Kind::secrets(), object, OVERRIDE_KEY) else {
        return Err(format!("{place} has no key `{OVERRIDE_KEY}`: write the credentials there, as TOML"));
    };
    match namespace(&format!("{place}, key `{OVERRIDE_KEY}`"), &text, catalog) {
        Ok(says) if says.apis.is_empty() && says.unknown.is_empty() => Err(format!(
            "{place}, key `{OVERRIDE_KEY}` is empty: write the credentials of this namespace there, or delete it"
        )),
        Ok(says) => Ok(Arc::new(says)),
        Err(error) => Err(error.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
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

/// True when an observed object replaces the known one. Versions go back when the data of the API server is
/// restored from a backup.
fn replaces(known: &DynamicObject, seen: &DynamicObject, origin: Origin) -> bool {
    let is_newer = version(seen) > version(known);
    match origin {
        // At the same version only the finalizer may differ: this process is about to remove it.
        Origin::Live => version(seen) != version(known) || !is_same(known, seen),
        // In the order of a watch, versions go back only with a list after a restore. A known version below
        // that of the object before comes from a live read after the restore.
        Origin::Change(before) => is_newer || (version(seen) < before && before <= version(known)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    const FINALIZER: &str = "example.com/credentials";

    fn cache() -> Arc<NamespaceSecrets> {
        NamespaceSecrets::new(Arc::default(), FINALIZER.into()).0
    }

    /// `uid@version`, with the uid for its content.
    fn secret(text: &str) -> Arc<DynamicObject> {
        let (uid, version) = text.split_once('@').unwrap();
        let metadata = json!({
            "namespace": "team-a", "name": OVERRIDES[0], "uid": uid, "resourceVersion": version,
        });
        Arc::new(serde_json::from_value(json!({ "metadata": metadata, "data": { "config": uid } })).unwrap())
    }

    fn protected(text: &str) -> Arc<DynamicObject> {
        let mut object = (*secret(text)).clone();
        object.metadata.finalizers = Some(vec![FINALIZER.into()]);
        Arc::new(object)
    }

    fn modified(before: &str, after: &str) -> Change<DynamicObject> {
        Change::Modified { before: secret(before), after: secret(after) }
    }

    /// Reads live; the API server has this Secret.
    fn read_live(secrets: &NamespaceSecrets, found: Option<Arc<DynamicObject>>) -> bool {
        let look = secrets.look("team-a");
        secrets.found(&look, vec![found.map(|object| (*object).clone()), None, None])
    }

    fn shown(secrets: &NamespaceSecrets) -> String {
        let version = |own: NamespaceSecret| {
            let metadata = &own.object.metadata;
            format!("{}@{}", metadata.uid.as_ref().unwrap(), metadata.resource_version.as_ref().unwrap())
        };
        secrets.in_use("team-a").map(version).unwrap_or_default()
    }

    /// An observation in a test.
    enum Seen {
        Live(&'static str),
        Watch(Change<DynamicObject>),
        Wrote(&'static str),
    }

    #[test]
    fn an_observation_replaces_what_it_is_known_to_follow() {
        use Seen::{Live, Watch, Wrote};
        let added = |text| Watch(Change::Added(secret(text)));
        let changed = |before, after| Watch(modified(before, after));
        let deleted = |text| Watch(Change::Deleted(secret(text)));
        for (name, seen, expected) in [
            ("a later event", vec![added("a@5"), changed("a@5", "a@6")], "a@6"),
            ("another uid in a later event", vec![added("a@5"), added("b@6")], "b@6"),
            ("a live read", vec![added("a@5"), Live("a@7")], "a@7"),
            ("a live read of none", vec![added("a@5"), Live("")], ""),
            ("a live read after a restore", vec![added("a@50"), Live("a@7")], "a@7"),
            ("a live read of another uid after a restore", vec![added("a@50"), Live("b@7")], "b@7"),
            ("a list after a restore", vec![added("a@50"), changed("a@50", "a@7")], "a@7"),
            (
                "a list of another uid after a restore",
                vec![added("a@50"), deleted("a@50"), added("b@7")],
                "b@7",
            ),
            (
                "a list after a restore, which the watch shows older than the last live read before it",
                vec![added("a@50"), Live("a@60"), changed("a@50", "a@7")],
                "a@7",
            ),
            (
                "a list after a restore, older than a live read after the restore",
                vec![added("a@50"), Live("a@9"), changed("a@50", "a@7")],
                "a@9",
            ),
            (
                "a later event after a restore",
                vec![added("a@50"), changed("a@50", "a@7"), changed("a@7", "a@8")],
                "a@8",
            ),
            ("a late event", vec![added("a@5"), Live("a@9"), changed("a@5", "a@7")], "a@9"),
            ("the event of the live read", vec![added("a@5"), Live("a@9"), changed("a@5", "a@9")], "a@9"),
            ("a late event of the former uid", vec![added("a@5"), Live("b@9"), changed("a@5", "a@7")], "b@9"),
            ("a late deletion of the former uid", vec![added("a@5"), Live("b@9"), deleted("a@7")], "b@9"),
            ("a deletion", vec![added("a@5"), deleted("a@7")], ""),
            ("an own write", vec![added("a@5"), Wrote("a@6")], "a@6"),
            (
                "a late response to an own write",
                vec![added("a@5"), changed("a@5", "a@7"), Wrote("a@6")],
                "a@7",
            ),
            ("a write of the former uid", vec![added("b@5"), Wrote("a@6")], "b@5"),
        ] {
            let secrets = cache();
            for seen in seen {
                match seen {
                    Live("") => assert!(read_live(&secrets, None)),
                    Live(text) => assert!(read_live(&secrets, Some(secret(text)))),
                    Watch(change) => secrets.observe(&change),
                    Wrote(text) => secrets.wrote((*secret(text)).clone()),
                }
            }
            assert_eq!(shown(&secrets), expected, "{name}");
        }
    }

    #[test]
    fn a_live_read_during_an_event_does_not_count() {
        let secrets = cache();
        let look = secrets.look("team-a");
        // The object comes and goes while it is read: the answer may be the older one.
        secrets.observe(&Change::Added(secret("a@5")));
        assert!(!secrets.found(&look, vec![None, None, None]));
        let look = secrets.look("team-a");
        secrets.observe(&Change::Deleted(secret("a@5")));
        assert!(!secrets.found(&look, vec![Some((*secret("a@5")).clone()), None, None]));
        let look = secrets.look("team-b");
        secrets.observe(&Change::Added(secret("a@7")));
        assert!(secrets.found(&look, vec![None, None, None]), "another Secret says nothing of this one");
    }

    #[test]
    fn reads_that_have_ended_are_forgotten() {
        let secrets = cache();
        drop(secrets.look("team-a"));
        let _look = secrets.look("team-b");
        assert_eq!(secrets.state.lock().looks.len(), 1);
    }

    #[test]
    fn only_changed_content_is_reported() {
        let (secrets, mut changes) = NamespaceSecrets::new(Arc::default(), FINALIZER.into());
        let mut reported = || std::iter::from_fn(|| changes.try_recv().ok()).count();
        secrets.observe(&Change::Added(secret("a@5")));
        assert_eq!(reported(), 1);
        secrets.observe(&modified("a@5", "a@6"));
        assert_eq!(reported(), 0, "another version of the same content");
        read_live(&secrets, Some(secret("a@4")));
        assert_eq!(reported(), 0);
        read_live(&secrets, Some(secret("b@4")));
        assert_eq!(reported(), 1);
        secrets.apply_catalog(&Arc::default());
        assert_eq!(reported(), 0);
        read_live(&secrets, None);
        assert_eq!(reported(), 1);
        read_live(&secrets, None);
        assert_eq!(reported(), 0);
    }

    #[test]
    fn a_guard_and_a_removal_of_the_finalizer_exclude_each_other() {
        let secrets = cache();
        let own = || secrets.in_use("team-a").unwrap();
        let is_protected = || secrets.is_protected(&own());
        secrets.observe(&Change::Added(protected("a@5")));
        let guard = secrets.guard("team-a");
        assert!(secrets.release(&own()).is_none());
        drop(guard);
        let before = secrets.release(&own()).unwrap();
        assert!(!is_protected());
        assert!(read_live(&secrets, Some(before.clone())));
        assert!(!is_protected(), "the same version, read while the removal is sent");
        secrets.keep(before.clone());
        assert!(is_protected());
        secrets.wrote((*secret("a@6")).clone());
        assert!(!is_protected());
        secrets.keep(before);
        assert!(!is_protected(), "a newer version is known");
    }

    #[test]
    fn the_one_in_use_is_protected_while_a_guard_exists() {
        let secrets = cache();
        let updates = |needed| {
            let updates = secrets.finalizer_updates("team-a", needed);
            updates.into_iter().map(|(_, update)| update).collect::<Vec<_>>()
        };
        assert_eq!(updates(true), []);
        let mut second = (*protected("b@5")).clone();
        second.metadata.name = Some(OVERRIDES[1].into());
        secrets.observe(&Change::Added(Arc::new(second)));
        assert_eq!(updates(false), [FinalizerUpdate::RemoveIfUnused]);
        secrets.observe(&Change::Added(secret("a@6")));
        assert_eq!(updates(false), [FinalizerUpdate::Keep, FinalizerUpdate::Remove]);
        assert_eq!(updates(true), [FinalizerUpdate::Add, FinalizerUpdate::Remove]);
        let guard = secrets.guard("team-a");
        assert_eq!(updates(false), [FinalizerUpdate::Add, FinalizerUpdate::Remove]);
        drop(guard);
        assert_eq!(updates(false), [FinalizerUpdate::Keep, FinalizerUpdate::Remove]);
    }
}
