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
        &self,
        (plan, until): (Plan, Option<Duration>),
        observed: &Observed,
    ) -> (Plan, Option<Duration>) {
        let resource = &observed.subject.resource;
        if !has_current_secret(observed, &plan) {
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
        (plan, until)
    }

    /// Deletes a Secret if the operator wrote it for this resource: a copy that a user made has the same labels, and
    /// another field manager.
    async fn delete_former_secret(&self, key: &Key, uid: &str) -> Result<(), Failure> {
        let cluster = &self.caches.engine.cluster;
        let Some(found) = secret::read(cluster, key).await? else { return Ok(()) };
        let is_noted = found.metadata.annotations.iter().any(|all| all.contains_key(annotations::DIGEST));
        if !is_ours(&found, uid) || !is_noted || !secret::is_written_by(&found, cluster.field_manager()) {
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
