//! Credentials protection: a finalizer keeps the Secret of a namespace while add-ons created with it exist,
//! so that they can be deleted. It is removed with the last of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use interpreter::plan::{Record, StepOutcome};
use kube::api::DynamicObject;
use tokio::time::{Instant, sleep_until};

use crate::cluster::object::{self, MetadataChange};
use crate::cluster::{Failure, Kind};
use crate::engine::credentials::namespace_secrets::NamespaceSecret;
use crate::engine::reconcile::metadata::outcome_of;
use crate::engine::reconcile::reconciliation::Reconciliation;
use crate::engine::{annotations, context::Engine};

/// Delay before the first retry of a failed write; doubled after each further failure, up to `RETRY_MAX`.
const RETRY_INITIAL: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(60);
/// Maximum number of attempts while another client keeps writing the Secret.
const MAX_ATTEMPTS: usize = 5;

/// Reason why the finalizer could be neither added nor removed.
#[derive(Debug, thiserror::Error)]
enum ProtectionError {
    #[error("{0}")]
    Failed(#[from] Failure),
    #[error("cannot check whether any {kind} still needs the Secret: {failure}")]
    Unlisted { kind: String, failure: Failure },
}

/// Backoff of a namespace whose Secret could not be updated.
#[derive(Debug, PartialEq)]
struct Failing {
    why: String,
    pause: Duration,
    due: Instant,
}

impl Failing {
    /// Returns the backoff after a failure. An early attempt, made because something has changed there, does
    /// not delay the next one.
    fn since(before: Option<&Self>, why: String, now: Instant) -> Self {
        let (pause, due) = match before {
            None => (RETRY_INITIAL, now + RETRY_INITIAL),
            Some(before) if before.due > now => (before.pause, before.due),
            Some(before) => {
                let pause = RETRY_MAX.min(before.pause * 2);
                (pause, now + pause)
            }
        };
        Self { why, pause, due }
    }
}

/// Waits until retries are due and returns their namespaces; never returns without any.
async fn next_due(failing: &HashMap<String, Failing>) -> BTreeSet<String> {
    let Some(due) = failing.values().map(|failing| failing.due).min() else {
        return std::future::pending().await;
    };
    sleep_until(due).await;
    failing.iter().filter(|(_, failing)| failing.due <= due).map(|(namespace, _)| namespace.clone()).collect()
}

impl Reconciliation<'_> {
    /// Adds the finalizer to the Secret before anything is created with the credentials of its namespace.
    pub(crate) async fn protect_secret(&mut self) -> Result<(), StepOutcome> {
        let Some(secret) = self.credentials.secret.clone() else { return Ok(()) };
        let namespace = &self.object_ref.namespace;
        if self.cache_entry.protection.is_none() {
            self.cache_entry.protection = Some(self.engine.namespace_credentials.protect(namespace));
        }
        for _ in 0..MAX_ATTEMPTS {
            let own = self
                .engine
                .namespace_credentials
                .in_use(namespace)
                .filter(|own| own.secret == secret && !own.is_leaving());
            let Some(own) = own else { return Err(StepOutcome::Conflict) };
            if own.is_protected() || self.engine.add_protection(&own).await.map_err(outcome_of)? {
                return Ok(());
            }
            self.engine.check_namespace_credentials(namespace).await.map_err(outcome_of)?;
        }
        Err(StepOutcome::Conflict)
    }

    /// Drops the hold at the end of a reconciliation when no add-on exists or may exist for the resource, and
    /// queues a review of the Secret.
    pub(crate) fn review_protection(&mut self) {
        let finalizer = &self.controller.addon.resource.finalizer;
        let holds = self.object.as_deref().is_some_and(|object| is_made_with(object, finalizer));
        if !holds
            && !self
                .cache_entry
                .memory
                .has_pending(self.cache_entry.listing.as_ref(), &self.controller.timing)
        {
            self.cache_entry.protection = None;
        }
        self.engine.namespace_credentials.name(&self.object_ref.namespace);
    }
}

impl Engine {
    /// Protects the Secrets of namespaces while this process leads, without end.
    pub(crate) async fn run_credentials_protection(self: Arc<Self>) {
        loop {
            self.leadership.elected().await;
            self.namespace_credentials.review_all();
            tokio::select! {
                () = self.leadership.lost() => (),
                () = self.protect_credentials() => (),
            }
        }
    }

    async fn protect_credentials(&self) {
        let mut failing: HashMap<String, Failing> = HashMap::new();
        loop {
            let namespaces = tokio::select! {
                named = self.namespace_credentials.named() => named,
                due = next_due(&failing) => due,
            };
            for namespace in namespaces {
                let before = failing.remove(&namespace);
                if let Err(why) = self.update_finalizers_retrying(&namespace).await {
                    let now = Failing::since(before.as_ref(), why.to_string(), Instant::now());
                    if before.is_none_or(|before| before.why != now.why) {
                        tracing::warn!(
                            namespace,
                            reason = now.why,
                            "cannot update the finalizer that protects the Secret with credentials"
                        );
                    }
                    failing.insert(namespace, now);
                }
            }
        }
    }

    async fn update_finalizers_retrying(&self, namespace: &str) -> Result<(), ProtectionError> {
        match self.update_finalizers(namespace).await {
            Err(ProtectionError::Failed(Failure::Conflict)) => {
                self.check_namespace_credentials(namespace).await?;
                self.update_finalizers(namespace).await
            }
            outcome => outcome,
        }
    }

    /// Protects only the Secret in use: no credentials of the others are needed.
    async fn update_finalizers(&self, namespace: &str) -> Result<(), ProtectionError> {
        for (at, own) in self.namespace_credentials.all_of(namespace).into_iter().enumerate() {
            let needed =
                at == 0 && (self.namespace_credentials.is_needed(namespace) || self.is_any_cached(namespace));
            match (needed, own.is_protected()) {
                (true, false) if !own.is_leaving() => {
                    self.add_protection(&own).await?;
                }
                (false, true) if at > 0 || !self.is_any_there(namespace).await? => {
                    self.remove_protection(namespace, &own).await?
                }
                (true | false, _) => (),
            }
        }
        Ok(())
    }

    /// Adds the finalizer. Returns false when the Secret has changed or is gone, so that it has to be read
    /// again.
    async fn add_protection(&self, own: &NamespaceSecret) -> Result<bool, Failure> {
        let change =
            MetadataChange { add_finalizer: Some(own.finalizer.clone()), ..MetadataChange::default() };
        match object::swap_metadata(&self.cluster, &Kind::secrets(), &own.object, &change).await {
            Ok(held) => {
                self.namespace_credentials.wrote(&Arc::new(held));
                Ok(true)
            }
            Err(Failure::Conflict | Failure::Gone) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    async fn remove_protection(&self, namespace: &str, own: &NamespaceSecret) -> Result<(), Failure> {
        let Some(before) = self.namespace_credentials.release(namespace, &own.secret) else {
            return Ok(());
        };
        let change =
            MetadataChange { remove_finalizer: Some(own.finalizer.clone()), ..MetadataChange::default() };
        match object::swap_metadata(&self.cluster, &Kind::secrets(), &before, &change).await {
            Ok(free) => {
                if self.namespace_credentials.wrote(&Arc::new(free)) {
                    self.queue_namespace(namespace);
                }
                Ok(())
            }
            Err(Failure::Gone) => Ok(()),
            Err(failure) => {
                self.namespace_credentials.keep(&before);
                Err(failure)
            }
        }
    }

    fn is_any_cached(&self, namespace: &str) -> bool {
        let controllers = self.controllers.read();
        controllers.iter().any(|controller| {
            let finalizer = &controller.addon.resource.finalizer;
            controller.of_namespace(namespace).iter().any(|object| is_made_with(object, finalizer))
        })
    }

    /// Lists resources at the API server: a cache may lack a recent write, and a kind may not be watched yet.
    async fn is_any_there(&self, namespace: &str) -> Result<bool, ProtectionError> {
        for (kind, finalizer) in self.active_catalog().kinds.iter().filter(|(kind, _)| kind.namespaced) {
            let listed = object::list(&self.cluster, kind, namespace).await;
            let objects =
                listed.map_err(|failure| ProtectionError::Unlisted { kind: kind.to_string(), failure })?;
            if objects.iter().any(|object| is_made_with(object, finalizer)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// True when an add-on was or may have been created for the object with the credentials of its namespace. A
/// finalizer without a record counts as such, because nothing is known.
fn is_made_with(object: &DynamicObject, finalizer: &str) -> bool {
    let record =
        object.metadata.annotations.as_ref().and_then(|annotations| annotations.get(annotations::RECORD));
    match record.map(|text| Record::read(text)) {
        Some(Ok(record)) => record.credentials.is_some() && !record.is_vacant(),
        Some(Err(_)) | None => object.metadata.finalizers.iter().flatten().any(|own| own == finalizer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_failing_is_tried_ever_more_rarely() {
        let mut now = Instant::now();
        let mut failing = Failing::since(None, String::new(), now);
        let mut pauses = vec![failing.pause.as_secs()];
        for _ in 0..6 {
            let early = Failing::since(Some(&failing), String::new(), now);
            assert_eq!(early, failing, "a try ahead of time puts nothing off");
            now = failing.due;
            failing = Failing::since(Some(&failing), String::new(), now);
            pauses.push(failing.pause.as_secs());
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
    }
}
