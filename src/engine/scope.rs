//! Where the operator works: in the whole cluster, or in some namespaces; and what it may lack there. Asks nothing itself.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cluster::watch::Scope;
use crate::cluster::{Cluster, Failure};
use crate::config::OperatorSettings;

/// Where it works, and what is known of its rights on definitions: who works in some namespaces need not have any.
pub(crate) struct Bounds {
    /// What is followed.
    pub(crate) scope: Scope,
    /// Definitions could be read.
    reads_definitions: AtomicBool,
    /// It was said that there is no claim on them.
    unclaimed: Once,
}

impl Bounds {
    /// As the operator is told.
    pub(crate) fn of(settings: &OperatorSettings) -> Self {
        let named = &settings.watch_namespaces;
        let scope = if named.is_empty() { Scope::Cluster } else { Scope::Namespaces(named.iter().cloned().collect()) };
        Self { scope, reads_definitions: AtomicBool::new(false), unclaimed: Once::new() }
    }

    /// The cluster, to ask about definitions: where no right on them is needed, the log does not ask for one.
    pub(crate) fn for_definitions(&self, cluster: &Cluster) -> Cluster {
        if self.scope == Scope::Cluster { cluster.clone() } else { cluster.without_permission_warnings() }
    }

    /// A definition was looked for; whether it could be read.
    pub(crate) fn looked(&self, is_readable: bool) {
        self.reads_definitions.fetch_or(is_readable, Ordering::Relaxed);
    }

    /// Whether it is no trouble to be refused this about a definition.
    pub(crate) fn may_lack(&self, failure: &Failure) -> bool {
        self.scope != Scope::Cluster && failure.missing_permission().is_some()
    }

    /// Whether the definition of what is being deleted may stay unknown. Who may not ask cannot wait for an answer: the deletion would never end.
    /// But where the right was there, it has been lost, and comes again.
    pub(crate) fn deletes_without_definition(&self, failure: &Failure) -> bool {
        self.may_lack(failure) && !self.reads_definitions.load(Ordering::Relaxed)
    }

    /// Says what it means to work without a claim: one line for all kinds.
    pub(crate) fn note_unclaimed(&self) {
        self.unclaimed.call_once(|| {
            let unread = match self.reads_definitions.load(Ordering::Relaxed) {
                true => "",
                false => ". They may not even be read: where one is deleted, and all its resources with it, their add-ons are deleted, too",
            };
            tracing::warn!(
                "the definitions may not be claimed, which a ClusterRole would allow: see to it that no other operator works in these \
                 namespaces{unread}"
            );
        });
    }
}
