//! Tells whether a namespace is terminating. Reads on demand and caches briefly, because a watch on all
//! namespaces needs a permission that an installation confined to some of them does not have.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::object::found;

/// Time to live of a cached answer. A write into a namespace that began to terminate meanwhile is refused,
/// which is harmless.
const CACHE_TTL: Duration = Duration::from_secs(5);

/// Returns whether the namespace is being deleted, or is gone already.
///
/// # Errors
/// [`Failure::Refused`] if reading this namespace is forbidden, [`Failure::Lost`] if the API server did not
/// answer.
pub async fn is_terminating(cluster: &Cluster, name: &str) -> Result<bool, Failure> {
    let is_fresh = |(at, _): &(Instant, bool)| at.elapsed() < CACHE_TTL;
    let cached = cluster.namespaces.lock().get(name).copied().filter(is_fresh);
    if let Some((_, terminating)) = cached {
        return Ok(terminating);
    }
    let api: Api<Namespace> = Api::all(cluster.client());
    let namespace = found(cluster.ask(api.get(name)).await)?;
    let terminating = namespace.is_none_or(|found| found.metadata.deletion_timestamp.is_some());
    let mut cache = cluster.namespaces.lock();
    cache.retain(|_, answer| is_fresh(answer));
    cache.insert(name.to_string(), (Instant::now(), terminating));
    Ok(terminating)
}
