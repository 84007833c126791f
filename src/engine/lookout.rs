//! A resource that waits for a Secret of somebody else to go is woken when it does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::dossier::SecretRead;
use super::pass::Pass;
use crate::cluster::queue::Lane;
use crate::cluster::secret_watch::changed;

/// How many Secrets of others are looked out for at once, for each kind: each costs a connection.
const AT_ONCE: usize = 8;
/// How often a Secret is looked at for which there is no lookout.
const WITHOUT: Duration = Duration::from_secs(30);

/// Who looks out. It ends when dropped.
pub(super) type Lookout = JoinSet<()>;

/// As many as may look out at once.
pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE))
}

impl Pass<'_> {
    /// Looks out for a Secret of somebody else until the next pass, which looks itself.
    pub(super) fn look_out(&mut self) {
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
