//! Where the Lease is kept: read, and written only over what was read.

use std::future::Future;

use k8s_openapi::api::coordination::v1::Lease;
use kube::{
    Api,
    api::{ObjectMeta, PostParams},
};

use crate::cluster::{Cluster, Failure, Key, object::found};

/// One Lease object.
pub trait LeaseStore: Send + Sync {
    /// The Lease as it is now, or that there is none.
    fn read(&self) -> impl Future<Output = Result<Option<Lease>, Failure>> + Send;

    /// Writes over what was read: over that `resourceVersion`, or over nothing where it holds none.
    fn write(&self, lease: &Lease) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A Lease in a cluster.
pub struct ClusterLease {
    cluster: Cluster,
    key: Key,
}

impl ClusterLease {
    /// The Lease at `key`.
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
        let params = PostParams { field_manager: Some(self.cluster.field_manager().to_string()), ..PostParams::default() };
        if lease.metadata.resource_version.is_some() {
            return self.cluster.ask(api.replace(&self.key.name, &params, lease)).await.map(drop);
        }
        let metadata = ObjectMeta { name: Some(self.key.name.clone()), namespace: self.key.namespace.clone(), ..ObjectMeta::default() };
        let lease = Lease { metadata, spec: lease.spec.clone() };
        self.cluster.ask(api.create(&params, &lease)).await.map(drop)
    }
}
