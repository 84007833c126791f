//! Reads a namespace on demand, because a watch on all namespaces needs a permission that an installation
//! confined to some of them does not have.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
pub use crate::cluster::namespace_cache::NamespaceState;
use crate::cluster::object::found;

/// Returns the state of a namespace, as read within the last seconds.
///
/// # Errors
/// As [`read`].
pub async fn recent(cluster: &Cluster, name: &str) -> Result<NamespaceState, Failure> {
    match cluster.namespaces.get(name) {
        Some(state) => Ok(state),
        None => read(cluster, name).await,
    }
}

/// Reads the uid of a namespace; `None` if it does not exist.
///
/// # Errors
/// As [`read`].
pub async fn uid(cluster: &Cluster, name: &str) -> Result<Option<String>, Failure> {
    let api: Api<Namespace> = Api::all(cluster.client());
    let found = found(cluster.ask(api.get_metadata(name)).await)?;
    Ok(found.and_then(|found| found.metadata.uid))
}

/// Reads the state of a namespace live, never from the cache.
///
/// # Errors
/// [`Failure::Refused`] if reading this namespace is forbidden, [`Failure::Lost`] if the API server did not
/// answer.
pub async fn read(cluster: &Cluster, name: &str) -> Result<NamespaceState, Failure> {
    let api: Api<Namespace> = Api::all(cluster.client());
    let state = match found(cluster.ask(api.get_metadata(name)).await)? {
        None => NamespaceState { terminating: true, ..NamespaceState::default() },
        Some(found) => NamespaceState {
            uid: found.metadata.uid,
            terminating: found.metadata.deletion_timestamp.is_some(),
            annotations: Arc::new(found.metadata.annotations.unwrap_or_default()),
        },
    };
    cluster.namespaces.insert(name, state.clone());
    Ok(state)
}
