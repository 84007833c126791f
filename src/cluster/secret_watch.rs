//! Watches the metadata of one Secret of another owner: it has no label of ours, so no other watch shows it.

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ListParams, WatchEvent, WatchParams};

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::Key;

/// Lifetime of one watch at the API server; after that, a list shows what changed.
const WATCH_SECONDS: u32 = 60;

/// Returns once the Secret has changed since `version`: it was written or deleted.
///
/// # Errors
/// The Secret cannot be listed or watched: try again later.
pub(crate) async fn changed(cluster: &Cluster, key: &Key, version: &str) -> Result<(), Failure> {
    let api: Api<Secret> = Api::namespaced(cluster.client(), key.namespace.as_deref().unwrap_or_default());
    let name = format!("metadata.name={}", key.name);
    let (list, watch) =
        (ListParams::default().fields(&name), WatchParams::default().fields(&name).timeout(WATCH_SECONDS));
    loop {
        // A watch from the version of the Secret itself could be too old for the API server, and would then
        // always fail at once.
        let now = cluster.ask(api.list_metadata(&list)).await?;
        let is_same =
            now.items.iter().any(|secret| secret.metadata.resource_version.as_deref() == Some(version));
        if !is_same {
            return Ok(());
        }
        let from = now.metadata.resource_version.unwrap_or_default();
        let mut events = cluster.ask(api.watch_metadata(&watch, &from)).await?.boxed();
        while let Some(event) = events.try_next().await? {
            match event {
                WatchEvent::Added(_) | WatchEvent::Modified(_) | WatchEvent::Deleted(_) => return Ok(()),
                WatchEvent::Bookmark(_) => {}
                WatchEvent::Error(status) => return Err(kube::Error::Api(status).into()),
            }
        }
    }
}
