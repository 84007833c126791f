//! Tells whether a namespace is terminating. Reads on demand and caches briefly, because a watch on all
//! namespaces needs a permission that an installation confined to some of them does not have.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::object::found;

/// Time to live of a cached answer. A write into a namespace that began to terminate meanwhile is refused,
/// which is harmless.
const CACHE_TTL: Duration = Duration::from_secs(5);

/// A cache of the state of namespaces.
pub struct Namespaces {
    cluster: Cluster,
    cache: Mutex<HashMap<String, (Instant, bool)>>,
}

impl Namespaces {
    /// Creates an empty cache.
    pub fn new(cluster: Cluster) -> Self {
        Self { cluster, cache: Mutex::default() }
    }

    /// Returns whether the namespace is being deleted, or is gone already.
    ///
    /// # Errors
    /// [`Failure::Refused`] if reading this namespace is forbidden, [`Failure::Lost`] if the API server did
    /// not answer.
    pub async fn is_terminating(&self, name: &str) -> Result<bool, Failure> {
        if let Some(known) = self.cached(name) {
            return Ok(known);
        }
        let api: Api<Namespace> = Api::all(self.cluster.client());
        let namespace = found(self.cluster.ask(api.get(name)).await)?;
        let terminating = namespace.is_none_or(|found| found.metadata.deletion_timestamp.is_some());
        self.store(name, terminating);
        Ok(terminating)
    }

    fn cached(&self, name: &str) -> Option<bool> {
        let cache = self.cache.lock();
        let (at, terminating) = cache.get(name)?;
        (at.elapsed() < CACHE_TTL).then_some(*terminating)
    }

    fn store(&self, name: &str, terminating: bool) {
        let mut cache = self.cache.lock();
        cache.retain(|_, (at, _)| at.elapsed() < CACHE_TTL);
        cache.insert(name.to_string(), (Instant::now(), terminating));
    }
}
