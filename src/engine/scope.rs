//! Scope of the operator, the whole cluster or some namespaces, and the permissions it may lack there. Sends
//! no request.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cluster::watch::Scope;
use crate::cluster::{Cluster, Failure};
use crate::config::OperatorSettings;

/// Scope, and the known permissions on CRDs: an operator limited to namespaces may have none.
pub(crate) struct Bounds {
    /// The watched scope.
    pub(crate) scope: Scope,
    /// True once a CRD could be read.
    reads_definitions: AtomicBool,
    /// Logs only once that CRDs are not claimed.
    unclaimed: Once,
}

impl Bounds {
    /// Creates the bounds from the settings.
    pub(crate) fn of(settings: &OperatorSettings) -> Self {
        let named = &settings.watch_namespaces;
        let scope = if named.is_empty() {
            Scope::Cluster
        } else {
            Scope::Namespaces(named.iter().cloned().collect())
        };
        Self { scope, reads_definitions: AtomicBool::new(false), unclaimed: Once::new() }
    }

    /// Returns the cluster client for CRDs: where no permission on them is needed, it does not log missing
    /// ones.
    pub(crate) fn for_definitions(&self, cluster: &Cluster) -> Cluster {
        if self.scope == Scope::Cluster { cluster.clone() } else { cluster.without_permission_warnings() }
    }

    /// Records whether a CRD could be read.
    pub(crate) fn looked(&self, is_readable: bool) {
        self.reads_definitions.fetch_or(is_readable, Ordering::Relaxed);
    }

    /// True when a missing permission on CRDs is expected.
    pub(crate) fn may_lack(&self, failure: &Failure) -> bool {
        self.scope != Scope::Cluster && failure.missing_permission().is_some()
    }

    /// True when a resource may be deleted although its CRD cannot be read: an operator without that
    /// permission would wait forever. If it could read CRDs before, the permission was lost and may return,
    /// so it waits.
    pub(crate) fn deletes_without_definition(&self, failure: &Failure) -> bool {
        self.may_lack(failure) && !self.reads_definitions.load(Ordering::Relaxed)
    }

    /// Logs once, for all kinds, the consequences of unclaimed CRDs.
    pub(crate) fn note_unclaimed(&self) {
        self.unclaimed.call_once(|| {
            let unread = match self.reads_definitions.load(Ordering::Relaxed) {
                true => "",
                false => ". CRDs cannot be read either: when a CRD is deleted with all its resources, their add-ons are deleted too",
            };
            tracing::warn!(
                "CRDs are not claimed, which needs a ClusterRole: make sure that no other operator manages these namespaces{unread}"
            );
        });
    }
}
