//! Watch of a Secret that belongs to another owner: its change queues the resource that waits for the name.

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::secret_watch::changed;
use crate::engine::kind::cache_entry::SecretRead;
use crate::engine::kind::cache_entry::SecretWatchTask;
use crate::engine::reconcile::reconciliation::Reconciliation;
use crate::priority::Priority;

/// Interval of checks of a Secret when the limit of watches is reached.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

impl Reconciliation<'_> {
    /// Watches a Secret of another owner until the next reconciliation, which reads it.
    pub(crate) fn look_out(&mut self) {
        self.cache_entry.secret_watch = match &self.cache_entry.secret {
            SecretRead::Foreign(version) => Some(self.secret_watch(version.clone())),
            SecretRead::Ours(_) | SecretRead::Absent | SecretRead::Unread => None,
        };
    }

    fn secret_watch(&self, version: String) -> SecretWatchTask {
        let (cluster, key) = (self.engine.cluster.clone(), self.secret_key());
        let (queue, object_ref) = (self.controller.queue.clone(), self.object_ref.clone());
        let location = Arc::clone(&self.controller.secret_watches).try_acquire_owned();
        let mut task = SecretWatchTask::new();
        task.spawn(async move {
            let seen = match &location {
                Ok(_) => changed(&cluster, &key, &version).await.is_ok(),
                Err(_) => false,
            };
            drop(location);
            if !seen {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            queue.push(object_ref, Priority::User);
        });
        task
    }
}
