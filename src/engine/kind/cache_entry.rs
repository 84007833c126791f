//! Cache entry of one resource, kept between reconciliations. Its loss costs requests and time, but never
//! safety.

use std::sync::Arc;

use interpreter::catalog::Addon;
use interpreter::plan::{Reason, Timing};
use interpreter::reconcile::{Machine, Observations};
use k8s_openapi::api::core::v1::Secret;
use kube::api::DynamicObject;

use tokio::task::JoinSet;

use crate::engine::credentials::namespace_secrets::ProtectionGuard;

/// Task that watches a Secret of another owner. Dropping it aborts the watch.
pub(crate) type SecretWatchTask = JoinSet<()>;

/// Cache entry of one uid. It has no `Debug`, because it contains passwords.
#[derive(Default)]
pub(crate) struct CacheEntry {
    /// The reconciliation's machine, with the planner's memory.
    pub(crate) machine: Machine,
    /// The observations of cluster and cloud.
    pub(crate) observations: Observations,
    /// The Secret of the resource's name, as last read or written.
    pub(crate) secret: Option<Box<Secret>>,
    /// The keys that the Secret leaves out, as the last event told.
    pub(crate) left_out: Vec<String>,
    /// The name of the Secret for which no former one is left, as far as this process knows.
    pub(crate) alone: Option<String>,
    /// The name that is reserved for the Secret, or waited for.
    pub(crate) reserved: Option<String>,
    /// The last read error of the Secret; empty after a successful read.
    pub(crate) secret_failure: String,
    /// The watch of a Secret that belongs to another owner.
    pub(crate) secret_watch: Option<SecretWatchTask>,
    /// The newest version that this process has read live or written: the watch may lag behind.
    pub(crate) newest: Option<Arc<DynamicObject>>,
    /// The version that the watch showed at the last reconciliation.
    pub(crate) shown: Option<u64>,
    /// Number of consecutive failures to write its status.
    pub(crate) status_failures: u32,
    /// The entry of the kind that the cloud state was read with.
    addon: Option<Arc<Addon>>,
    /// Protects the Secret of the namespace while something is created with it.
    pub(crate) protection: Option<ProtectionGuard>,
    /// The reason at the end of the last reconciliation, for the gauge of resources by reason.
    pub(crate) reason: Option<Reason>,
    /// The time of the last comparison with the cloud in seconds since 1970, for the gauge of the oldest one.
    pub(crate) compared: Option<i64>,
}

impl CacheEntry {
    /// True when this process created, or may have created, an add-on that no other process knows of.
    pub(crate) fn has_pending(&self, timing: &Timing) -> bool {
        self.machine.has_pending(self.observations.listing.as_ref(), timing)
    }

    /// Sets the entry of the kind. When its requests or parsing rules have changed, the cloud state is dropped.
    pub(crate) fn interpret(&mut self, addon: &Arc<Addon>) {
        if self.addon.as_ref().is_some_and(|before| !asks_alike(before, addon)) {
            self.observations.forget_cloud();
        }
        self.addon = Some(Arc::clone(addon));
    }
}

/// True when two versions of a kind send the same requests, and parse the answers by the same rules: cloud state
/// that was read with one is valid with the other.
pub(crate) fn asks_alike(one: &Addon, other: &Addon) -> bool {
    one.api.name == other.api.name
        && one.api.identity == other.api.identity
        && one.provider == other.provider
        && one.list == other.list
        && one.get == other.get
        && one.outputs == other.outputs
        && one.reads == other.reads
        && one.offers == other.offers
}
