//! Former Secrets of a resource: those under the names that it had before. They are found by the label in the watch of
//! managed Secrets, so that a crash between the writes of the new and the old one forgets none.

use std::time::Duration;

use interpreter::plan::{Plan, Reason, Step};
use interpreter::reconcile::{OBSERVE_RETRY_INTERVAL, Observed, has_current_secret};

use crate::cluster::{Failure, Key, secret};
use crate::engine::annotations;
use crate::engine::reconcile::prerequisites::is_ours;
use crate::engine::reconcile::reconciliation::{PERMISSION_POLL_INTERVAL, Reconciliation};

impl Reconciliation<'_> {
    /// Deletes the former Secrets once the current one is written. Returns the plan with the time of the next look, or
    /// one that reports the missing permission.
    pub(super) async fn delete_former_secrets(
        &mut self,
        (plan, until): (Plan, Option<Duration>),
        observed: &Observed,
    ) -> (Plan, Option<Duration>) {
        let resource = &observed.subject.resource;
        let name = &observed.subject.secret_name;
        let is_checked = self.cache_entry.alone.as_ref() == Some(name);
        if is_checked || !has_current_secret(observed, &plan) || !self.caches.engine.leadership.is_leader() {
            return (plan, until);
        }
        let all = self.caches.engine.controllers.secrets_of(&resource.namespace, &resource.uid);
        let names = all.into_iter().filter_map(|secret| secret.name);
        for name in names.filter(|name| *name != observed.subject.secret_name) {
            let key = Key::new(&resource.namespace, name);
            let Err(failure) = self.delete_former_secret(&key, &resource.uid).await else { continue };
            tracing::warn!(object = %self.caches.object_ref, secret = %key, %failure, "cannot delete the former Secret");
            let now = self.now().mono;
            if failure.missing_permission().is_none() {
                let retry = now + OBSERVE_RETRY_INTERVAL;
                return (plan, Some(until.map_or(retry, |until| until.min(retry))));
            }
            let because = format!(
                "cannot delete the Secret `{}`, which the resource had before its Secret got another name: {failure}. Next attempt in {} s.",
                key.name,
                PERMISSION_POLL_INTERVAL.as_secs()
            );
            let until = Some(now + PERMISSION_POLL_INTERVAL);
            let step = Step::Rest { until };
            return (Plan { step, reason: Reason::PermissionDenied, because, ..plan }, until);
        }
        self.cache_entry.alone = Some(name.clone());
        (plan, until)
    }

    /// Deletes a Secret if the operator wrote it for this resource: a copy that a user made has the same labels, and
    /// another field manager.
    async fn delete_former_secret(&self, key: &Key, uid: &str) -> Result<(), Failure> {
        let cluster = &self.caches.engine.cluster;
        let Some(found) = secret::read(cluster, key).await? else { return Ok(()) };
        let is_noted = found.metadata.annotations.iter().any(|all| all.contains_key(annotations::DIGEST));
        let manager = cluster.field_manager();
        // A Secret with keys of other writers is theirs, too, and one that is being deleted needs nothing more.
        let is_own = secret::is_written_by(&found, manager) && !secret::has_other_writer(&found, manager);
        if !is_ours(&found, uid) || !is_noted || !is_own || found.metadata.deletion_timestamp.is_some() {
            return Ok(());
        }
        match secret::delete(cluster, &found.metadata).await {
            Ok(()) => {
                tracing::info!(object = %self.caches.object_ref, secret = %key, "deleted the former Secret");
                Ok(())
            }
            // Another client has just changed it: the watch shows that soon.
            Err(Failure::Conflict) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}
