//! Watch of a Secret that belongs to another owner: its change queues the resource that waits for the name.

use std::sync::Arc;
use std::time::Duration;

use interpreter::reconcile::{SecretRead, Subject};

use crate::cluster::secret_watch::changed;
use crate::engine::kind::cache_entry::SecretWatchTask;
use crate::engine::reconcile::reconciliation::Reconciliation;
use crate::priority::Priority;

/// Interval of checks of a Secret when the limit of watches is reached.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

impl Reconciliation<'_> {
    /// Watches a Secret of another owner until the next reconciliation, which reads it.
    pub(super) fn watch_foreign_secret(&mut self, subject: &Subject) {
        let is_foreign = matches!(self.cache_entry.observations.secret, SecretRead::Foreign(_));
        let found = self.cache_entry.secret.as_ref().filter(|_| is_foreign);
        let version = found.map(|found| found.metadata.resource_version.clone().unwrap_or_default());
        self.cache_entry.secret_watch = version.map(|version| self.secret_watch(version, subject));
    }

    fn secret_watch(&self, version: String, subject: &Subject) -> SecretWatchTask {
        let (cluster, key) = (self.caches.engine.cluster.clone(), self.secret_key(subject));
        let controller = &self.caches.controller;
        let (queue, object_ref) = (controller.queue.clone(), self.caches.object_ref.clone());
        let slot = Arc::clone(&controller.secret_watches).try_acquire_owned();
        let mut task = SecretWatchTask::new();
        task.spawn(async move {
            let seen = match &slot {
                Ok(_) => changed(&cluster, &key, &version).await.is_ok(),
                Err(_) => false,
            };
            drop(slot);
            if !seen {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            queue.push(object_ref, Priority::User);
        });
        task
    }
}
