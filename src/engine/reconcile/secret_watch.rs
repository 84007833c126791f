//! A resource that waits for a Secret of somebody else to go is woken when it does.

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::queue::Lane;
use crate::cluster::secret_watch::changed;
use crate::engine::kind::cache_entry::Lookout;
use crate::engine::kind::cache_entry::SecretRead;
use crate::engine::reconcile::reconciliation::Pass;

/// How often a Secret is looked at for which there is no lookout.
const WITHOUT: Duration = Duration::from_secs(30);

impl Pass<'_> {
    /// Looks out for a Secret of somebody else until the next pass, which looks itself.
    pub(crate) fn look_out(&mut self) {
        self.dossier.lookout = match &self.dossier.secret {
            SecretRead::Foreign(version) => Some(self.lookout(version.clone())),
            SecretRead::Ours(_) | SecretRead::Absent | SecretRead::Unread => None,
        };
    }

    fn lookout(&self, version: String) -> Lookout {
        let (cluster, key) = (self.engine.cluster.clone(), self.secret_key());
        let (queue, subject) = (self.controller.queue.clone(), self.subject.clone());
        let place = Arc::clone(&self.controller.lookouts).try_acquire_owned();
        let mut task = Lookout::new();
        task.spawn(async move {
            let seen = match &place {
                Ok(_) => changed(&cluster, &key, &version).await.is_ok(),
                Err(_) => false,
            };
            drop(place);
            if !seen {
                tokio::time::sleep(WITHOUT).await;
            }
            queue.push(subject, Lane::Edit);
        });
        task
    }
}
