//! Holds the Secret of a namespace while add-ons made with it are there, so that they can be deleted; and lets it go with the last of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use interpreter::plan::{Heard, Record};
use kube::api::DynamicObject;
use tokio::time::{Instant, sleep_until};

use crate::cluster::object::{self, MetadataChange};
use crate::cluster::{Failure, Kind};
use crate::engine::credentials::namespace_secrets::Override;
use crate::engine::reconcile::metadata::heard;
use crate::engine::reconcile::reconciliation::Pass;
use crate::engine::{annotations, context::Engine};

/// When to try again what the cluster did not take; then twice as late each time, up to the second.
const AGAIN: Duration = Duration::from_secs(2);
const SELDOM: Duration = Duration::from_secs(60);
/// Somebody may write the Secret at the same time; not for ever.
const MOST_TRIES: usize = 5;

/// Why a Secret could be neither held nor let go.
#[derive(Debug, thiserror::Error)]
enum Untended {
    #[error("{0}")]
    Failed(#[from] Failure),
    #[error("whether any {kind} needs it is not known: {failure}")]
    Unlisted { kind: String, failure: Failure },
}

/// A namespace whose Secret could not be tended.
#[derive(Debug, PartialEq)]
struct Failing {
    why: String,
    pause: Duration,
    due: Instant,
}

impl Failing {
    /// It failed now. A try ahead of time, because something happened there, puts nothing off.
    fn since(before: Option<&Self>, why: String, now: Instant) -> Self {
        let (pause, due) = match before {
            None => (AGAIN, now + AGAIN),
            Some(before) if before.due > now => (before.pause, before.due),
            Some(before) => {
                let pause = SELDOM.min(before.pause * 2);
                (pause, now + pause)
            }
        };
        Self { why, pause, due }
    }
}

/// Waits for those that are to be tried again; without end where there are none.
async fn next_due(failing: &HashMap<String, Failing>) -> BTreeSet<String> {
    let Some(due) = failing.values().map(|failing| failing.due).min() else { return std::future::pending().await };
    sleep_until(due).await;
    failing.iter().filter(|(_, failing)| failing.due <= due).map(|(namespace, _)| namespace.clone()).collect()
}

impl Pass<'_> {
    /// Before anything is made with the credentials of a namespace: their Secret stays until it is gone again.
    pub(crate) async fn hold_credentials(&mut self) -> Result<(), Heard> {
        let Some(secret) = self.grant.secret.clone() else { return Ok(()) };
        let namespace = &self.subject.namespace;
        if self.dossier.hold.is_none() {
            self.dossier.hold = Some(self.engine.overrides.hold(namespace));
        }
        for _ in 0..MOST_TRIES {
            let own = self.engine.overrides.in_force(namespace).filter(|own| own.secret == secret && !own.is_leaving());
            let Some(own) = own else { return Err(Heard::Conflict) };
            if own.is_held() || self.engine.put_on_hold(&own).await.map_err(heard)? {
                return Ok(());
            }
            self.engine.look_for_overrides(namespace).await.map_err(heard)?;
        }
        Err(Heard::Conflict)
    }

    /// At the end of a pass: what the caches show holds the Secret by itself.
    pub(crate) fn review_hold(&mut self) {
        let finalizer = &self.controller.addon.resource.finalizer;
        let holds = self.object.as_deref().is_some_and(|object| is_made_with(object, finalizer));
        if !holds && !self.dossier.memory.owes(self.dossier.listing.as_ref(), &self.controller.timing) {
            self.dossier.hold = None;
        }
        self.engine.overrides.name(&self.subject.namespace);
    }
}

impl Engine {
    /// Looks after the Secrets of namespaces while this process leads, without end.
    pub(crate) async fn keep_overrides(self: Arc<Self>) {
        loop {
            self.leadership.elected().await;
            self.overrides.name_all();
            tokio::select! {
                () = self.leadership.lost() => (),
                () = self.tend_overrides() => (),
            }
        }
    }

    async fn tend_overrides(&self) {
        let mut failing: HashMap<String, Failing> = HashMap::new();
        loop {
            let namespaces = tokio::select! {
                named = self.overrides.named() => named,
                due = next_due(&failing) => due,
            };
            for namespace in namespaces {
                let before = failing.remove(&namespace);
                if let Err(why) = self.tend_anew(&namespace).await {
                    let now = Failing::since(before.as_ref(), why.to_string(), Instant::now());
                    if before.is_none_or(|before| before.why != now.why) {
                        tracing::warn!(namespace, "the Secret with credentials is neither held nor let go: {}", now.why);
                    }
                    failing.insert(namespace, now);
                }
            }
        }
    }

    async fn tend_anew(&self, namespace: &str) -> Result<(), Untended> {
        match self.tend(namespace).await {
            Err(Untended::Failed(Failure::Conflict)) => {
                self.look_for_overrides(namespace).await?;
                self.tend(namespace).await
            }
            tended => tended,
        }
    }

    /// Only the one in force is held: of another, nothing is needed.
    async fn tend(&self, namespace: &str) -> Result<(), Untended> {
        for (at, own) in self.overrides.all_of(namespace).into_iter().enumerate() {
            let needed = at == 0 && (self.overrides.is_needed(namespace) || self.is_any_cached(namespace));
            match (needed, own.is_held()) {
                (true, false) if !own.is_leaving() => {
                    self.put_on_hold(&own).await?;
                }
                (false, true) if at > 0 || !self.is_any_there(namespace).await? => self.let_go(namespace, &own).await?,
                (true | false, _) => (),
            }
        }
        Ok(())
    }

    /// Whether it is held now; false if it is not as it was known, and has to be looked at.
    async fn put_on_hold(&self, own: &Override) -> Result<bool, Failure> {
        let change = MetadataChange { add_finalizer: Some(own.hold.clone()), ..MetadataChange::default() };
        match object::swap_metadata(&self.cluster, &Kind::secrets(), &own.object, &change).await {
            Ok(held) => {
                self.overrides.wrote(&Arc::new(held));
                Ok(true)
            }
            Err(Failure::Conflict | Failure::Gone) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    async fn let_go(&self, namespace: &str, own: &Override) -> Result<(), Failure> {
        let Some(before) = self.overrides.may_let_go(namespace, &own.secret) else { return Ok(()) };
        let change = MetadataChange { remove_finalizer: Some(own.hold.clone()), ..MetadataChange::default() };
        match object::swap_metadata(&self.cluster, &Kind::secrets(), &before, &change).await {
            Ok(free) => {
                if self.overrides.wrote(&Arc::new(free)) {
                    self.queue_namespace(namespace);
                }
                Ok(())
            }
            Err(Failure::Gone) => Ok(()),
            Err(failure) => {
                self.overrides.keep(&before);
                Err(failure)
            }
        }
    }

    fn is_any_cached(&self, namespace: &str) -> bool {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().any(|controller| {
            let finalizer = &controller.addon.resource.finalizer;
            controller.of_namespace(namespace).iter().any(|object| is_made_with(object, finalizer))
        })
    }

    /// Asks the API server itself: a cache may lack what was written a moment ago, and a kind may not be followed yet.
    async fn is_any_there(&self, namespace: &str) -> Result<bool, Untended> {
        for (kind, finalizer) in self.in_force().kinds.iter().filter(|(kind, _)| kind.namespaced) {
            let listed = object::list(&self.cluster, kind, namespace).await;
            let objects = listed.map_err(|failure| Untended::Unlisted { kind: kind.to_string(), failure })?;
            if objects.iter().any(|object| is_made_with(object, finalizer)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Something was or may have been made for it with the credentials of its namespace. Where there is a finalizer without a record, nobody knows.
fn is_made_with(object: &DynamicObject, finalizer: &str) -> bool {
    let record = object.metadata.annotations.as_ref().and_then(|annotations| annotations.get(annotations::RECORD));
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
