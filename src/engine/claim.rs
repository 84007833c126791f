//! One operator per kind: a claim on its CRD, and what it means that a CRD is being deleted.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::cluster::crd::{self, Claim};
use crate::cluster::watch::Scope;
use crate::cluster::{Failure, Kind};

use super::{Engine, names};

/// How often a CRD is asked again that another installation holds, or that is not there.
const AGAIN: Duration = Duration::from_secs(5);

/// Returns when the CRD is served and claimed for this installation; logs once for each state, and tells `say`, what it waits for.
///
/// Who works in some namespaces and has no right on definitions goes on without a claim.
pub(super) async fn claimed(engine: &Engine, kind: &Kind, installation: &str, mut say: impl FnMut(String) + Send) {
    let definition = kind.to_string();
    let mut said = String::new();
    let mut wait = |waiting: String| {
        if waiting != said {
            tracing::warn!(definition, "waiting: {waiting}");
            said.clone_from(&waiting);
            say(waiting);
        }
    };
    loop {
        match &engine.scope {
            Scope::Cluster => crd::established(&engine.cluster, &definition, &mut wait).await,
            Scope::Namespaces(namespaces) => {
                let is_readable = crd::served(&engine.cluster, kind, namespaces, &mut wait).await;
                engine.reads_definitions.fetch_or(is_readable, Ordering::Relaxed);
            }
        }
        let waiting = match crd::claim(&engine.for_definitions(), &definition, names::CLAIM, installation).await {
            Ok(Claim::Claimed) => return,
            Ok(Claim::HeldBy(other)) => format!(
                "the installation `{other}` works on it. Two operators must not share a kind: stop that one, and remove the annotation `{}`",
                names::CLAIM
            ),
            Ok(Claim::Absent) => "it is not there".to_owned(),
            Err(Failure::Conflict) => continue,
            Err(failure) if engine.may_lack(&failure) => return engine.note_unclaimed(),
            Err(failure) => failure.to_string(),
        };
        wait(waiting);
        tokio::time::sleep(AGAIN).await;
    }
}

impl Engine {
    /// Whether it is no trouble to be refused this about a definition: a few namespaces can be worked in without.
    pub(super) fn may_lack(&self, failure: &Failure) -> bool {
        self.scope != Scope::Cluster && failure.missing_right().is_some()
    }

    /// Whether the definition of what is being deleted may stay unknown. Who may not ask cannot wait for an answer: the deletion would never end.
    /// But where the right was there, it has been lost, and comes again.
    pub(super) fn deletes_without_definition(&self, failure: &Failure) -> bool {
        self.may_lack(failure) && !self.reads_definitions.load(Ordering::Relaxed)
    }

    /// One line for all kinds.
    fn note_unclaimed(&self) {
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
