//! Cache of the namespaces that were read lately.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Time to live of an entry. A write into a namespace that began to terminate meanwhile is refused, which is
/// harmless.
const TTL: Duration = Duration::from_secs(5);

/// State of a namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamespaceState {
    /// The uid; `None` if the namespace could not be read, or is gone.
    pub uid: Option<String>,
    /// The namespace is being deleted, or is gone already.
    pub terminating: bool,
    /// The annotations of the namespace.
    pub annotations: Arc<BTreeMap<String, String>>,
}

/// Namespaces by name, each with the time of the read.
#[derive(Clone, Default)]
pub(super) struct NamespaceCache(Arc<Mutex<HashMap<String, (Instant, NamespaceState)>>>);

impl NamespaceCache {
    /// Returns the namespace if it was read lately.
    pub(super) fn get(&self, name: &str) -> Option<NamespaceState> {
        self.0.lock().get(name).filter(|entry| is_fresh(entry)).map(|(_, state)| state.clone())
    }

    /// Stores a namespace, and drops outdated ones.
    pub(super) fn insert(&self, name: &str, state: NamespaceState) {
        let mut cache = self.0.lock();
        cache.retain(|_, entry| is_fresh(entry));
        cache.insert(name.to_owned(), (Instant::now(), state));
    }
}

fn is_fresh((at, _): &(Instant, NamespaceState)) -> bool {
    at.elapsed() < TTL
}
