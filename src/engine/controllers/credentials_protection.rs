//! Credentials protection: a finalizer keeps the Secret of a namespace while add-ons created with it exist,
//! so that they can be deleted. It is removed with the last of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures::TryFutureExt;
use interpreter::reconcile::FinalizerUpdate;
use tokio::time::{Instant, sleep_until};

use crate::cluster::Failure;
use crate::cluster::object;
use crate::engine::context::Engine;
use crate::engine::kind::controller::Controller;
use crate::engine::reconcile::reconciliation::parts;

/// Delay before the first retry of a failed write; doubled after each further failure, up to `RETRY_MAX`.
const RETRY_INITIAL: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(60);

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

impl Engine {
    /// Protects the Secrets of namespaces while this process leads, without end.
    pub(crate) async fn run_credentials_protection(self: Arc<Self>) {
        let secrets = &self.credentials.secrets;
        let mut failing: HashMap<String, Failing> = HashMap::new();
        loop {
            if self.stands_by() {
                self.leadership.elected().await;
                failing.clear();
                secrets.review(None);
            }
            let next = failing.iter().min_by_key(|(_, failing)| failing.due);
            let next = next.map(|(namespace, failing)| (namespace.clone(), failing.due));
            let due = next.as_ref().map_or_else(Instant::now, |(_, due)| *due);
            let mut namespaces = secrets.take_reviews();
            if namespaces.is_empty() {
                tokio::select! {
                    () = secrets.review_requested() => continue,
                    () = self.leadership.lost() => continue,
                    () = sleep_until(due), if next.is_some() => namespaces.extend(next.map(|(namespace, _)| namespace)),
                }
            }
            for namespace in namespaces {
                if self.stands_by() {
                    // All are reviewed when this process leads again.
                    secrets.review(None);
                    break;
                }
                let before = failing.remove(&namespace);
                let mut updated = self.update_finalizers(&namespace).await;
                if updated.as_ref().is_err_and(|why| why.downcast_ref() == Some(&Failure::Conflict)) {
                    let read = self.credentials.read_live(&namespace).err_into();
                    updated = read.and_then(|()| self.update_finalizers(&namespace)).await;
                }
                if let Err(why) = updated {
                    let now = Failing::since(before.as_ref(), format!("{why:#}"), Instant::now());
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

    async fn update_finalizers(&self, namespace: &str) -> anyhow::Result<()> {
        let needed = is_any_cached(&self.controllers.all(), namespace);
        for (own, update) in self.credentials.secrets.finalizer_updates(namespace, needed) {
            match update {
                FinalizerUpdate::Keep => continue,
                FinalizerUpdate::Add => {
                    self.credentials.add_finalizer(&own).await?;
                }
                FinalizerUpdate::RemoveIfUnused if self.is_any_listed(namespace).await? => continue,
                // The next leader may have found a use for the Secret since the lists were read.
                FinalizerUpdate::Remove | FinalizerUpdate::RemoveIfUnused if self.stands_by() => {
                    return Ok(());
                }
                FinalizerUpdate::Remove | FinalizerUpdate::RemoveIfUnused => {
                    self.credentials.remove_finalizer(&own).await?;
                }
            }
        }
        Ok(())
    }

    /// Lists resources at the API server: a cache may lack a recent write, and a kind may not be watched yet.
    async fn is_any_listed(&self, namespace: &str) -> anyhow::Result<bool> {
        for (kind, finalizer) in self.catalog.load_full().kinds.iter().filter(|(kind, _)| kind.namespaced) {
            let listed = object::list(&self.cluster, kind, namespace).await;
            let objects =
                listed.with_context(|| format!("cannot check whether any {kind} still needs the Secret"))?;
            if objects.iter().any(|object| parts(object).needs_namespace_credentials(finalizer)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn is_any_cached(controllers: &[Arc<Controller>], namespace: &str) -> bool {
    controllers.iter().any(|controller| {
        let finalizer = &controller.managed.addon.resource.finalizer;
        let objects = controller.of_namespace(namespace);
        objects.iter().any(|object| parts(object).needs_namespace_credentials(finalizer))
    })
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
