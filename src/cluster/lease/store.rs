//! Storage of the Lease: reads it, and writes only over the version that was read.

use std::future::Future;

use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::Key;
use crate::cluster::object::found;

/// Storage of one Lease object.
pub trait LeaseStore: Send + Sync {
    /// Reads the Lease; `None` if it does not exist.
    fn read(&self) -> impl Future<Output = Result<Option<Lease>, Failure>> + Send;

    /// Writes the Lease over its `resourceVersion`, or creates it if it has none.
    fn write(&self, lease: &Lease) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A Lease stored in a cluster.
pub struct ClusterLease {
    cluster: Cluster,
    key: Key,
}

impl ClusterLease {
    /// Stores the Lease at `key`.
    pub fn new(cluster: Cluster, key: Key) -> Self {
        Self { cluster, key }
    }

    fn api(&self) -> Api<Lease> {
        Api::namespaced(self.cluster.client(), self.key.namespace.as_deref().unwrap_or_default())
    }
}

impl LeaseStore for ClusterLease {
    async fn read(&self) -> Result<Option<Lease>, Failure> {
        found(self.cluster.ask(self.api().get(&self.key.name)).await)
    }

    async fn write(&self, lease: &Lease) -> Result<(), Failure> {
        let api = self.api();
        let params = PostParams {
            field_manager: Some(self.cluster.field_manager().to_string()),
            ..PostParams::default()
        };
        if lease.metadata.resource_version.is_some() {
            return self.cluster.ask(api.replace(&self.key.name, &params, lease)).await.map(drop);
        }
        let metadata = ObjectMeta {
            name: Some(self.key.name.clone()),
            namespace: self.key.namespace.clone(),
            ..ObjectMeta::default()
        };
        let lease = Lease { metadata, spec: lease.spec.clone() };
        self.cluster.ask(api.create(&params, &lease)).await.map(drop)
    }
}
