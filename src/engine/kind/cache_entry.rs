//! Cache entry of one resource, kept between reconciliations. Its loss costs requests and time, but never
//! safety.

use std::sync::Arc;

use interpreter::plan::{Listing, Memory, Reason};
use interpreter::reconcile::CloudState;
use k8s_openapi::api::core::v1::Secret;
use kube::api::DynamicObject;

use tokio::task::JoinSet;

use crate::engine::credentials::namespace_secrets::ProtectionGuard;
use crate::engine::kind::cloud_queries::CloudQueries;

/// Task that watches a Secret of another owner. Dropping it aborts the watch.
pub(crate) type SecretWatchTask = JoinSet<()>;

/// Cache entry of one uid. It has no `Debug`, because it contains passwords.
#[derive(Default)]
pub(crate) struct CacheEntry {
    /// The planner's memory.
    pub(crate) memory: Memory,
    /// Cloud state: values read from the cloud, with their age.
    pub(crate) cloud_state: CloudState,
    /// The newest list, reduced to the entries that concern this resource.
    pub(crate) listing: Option<Listing>,
    /// The Secret, as last read.
    pub(crate) secret: SecretRead,
    /// The last read error of the Secret; empty after a successful read.
    pub(crate) secret_unread: String,
    /// The watch of a Secret that belongs to another owner.
    pub(crate) secret_watch: Option<SecretWatchTask>,
    /// The newest version that this process has read live or written: the watch may lag behind.
    pub(crate) newest: Option<Arc<DynamicObject>>,
    /// True when the resource is deleted only because its CRD is; known once it is being deleted.
    pub(crate) abandoned: Option<bool>,
    /// Number of consecutive failures to write its status.
    pub(crate) status_failures: u32,
    /// The requests and parsing rules that the cloud state was read with.
    queries: Option<CloudQueries>,
    /// The credentials that the cloud state was read with.
    pub(crate) credentials: Option<String>,
    /// The credentials with which the add-on was created, from the last record; needed after the resource is
    /// gone.
    pub(crate) made_with: Option<Option<String>>,
    /// Generation at which the namespace credentials were last read live, and whether the resource was being
    /// deleted then.
    pub(crate) looked: Option<(i64, bool)>,
    /// Protects the Secret of the namespace while something is created with it.
    pub(crate) protection: Option<ProtectionGuard>,
    /// The reason at the end of the last reconciliation, for the gauge of resources by reason.
    pub(crate) reason: Option<Reason>,
}

/// The Secret, as last read.
#[derive(Default)]
pub(crate) enum SecretRead {
    /// Not read yet, or changed since.
    #[default]
    Unread,
    /// No Secret of this name exists.
    Absent,
    /// The Secret belongs to this resource.
    Ours(Box<Secret>),
    /// The Secret, in this version, belongs to another owner.
    Foreign(String),
}

impl CacheEntry {
    /// Sets the requests and parsing rules of the kind. When they have changed, the cloud state is dropped.
    pub(crate) fn interpret(&mut self, queries: &CloudQueries) {
        if self.queries.as_ref().is_some_and(|before| before != queries) {
            (self.cloud_state, self.listing) = (CloudState::default(), None);
        }
        self.queries = Some(queries.clone());
    }
}
