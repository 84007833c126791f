//! One operator per kind: a claim on its CRD, and what it means that a CRD is being deleted.

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
    let Engine { cluster, bounds, .. } = engine;
    loop {
        match &bounds.scope {
            Scope::Cluster => crd::established(cluster, &definition, &mut wait).await,
            Scope::Namespaces(namespaces) => bounds.looked(crd::served(cluster, kind, namespaces, &mut wait).await),
        }
        let waiting = match crd::claim(&bounds.for_definitions(cluster), &definition, names::CLAIM, installation).await {
            Ok(Claim::Claimed) => return,
            Ok(Claim::HeldBy(other)) => format!(
                "the installation `{other}` works on it. Two operators must not share a kind: stop that one, and remove the annotation `{}`",
                names::CLAIM
            ),
            Ok(Claim::Absent) => "it is not there".to_owned(),
            Err(Failure::Conflict) => continue,
            Err(failure) if bounds.may_lack(&failure) => return bounds.note_unclaimed(),
            Err(failure) => failure.to_string(),
        };
        wait(waiting);
        tokio::time::sleep(AGAIN).await;
    }
}
