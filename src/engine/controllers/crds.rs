//! CRDs of the kinds. The operator creates and updates them where it is configured to; claims each, so that
//! only one installation reconciles a kind; and waits for those that are installed by other means. No CRD is
//! ever deleted.

use std::time::Duration;

use interpreter::crd::crd;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::cluster::crd::{self, Applied, Claim};
use crate::cluster::watch::Scope;
use crate::cluster::{Failure, Kind};
use crate::engine::kind::spec::ControllerSpec;
use crate::engine::{annotations, context::Engine};
use crate::telemetry::{Topic, Watch};

/// Retry interval for a CRD that another installation has claimed, that does not exist or that cannot be
/// written.
const AGAIN: Duration = Duration::from_secs(5);
/// Delay after a write of a CRD until the API server has validated its names.
const JUDGED: Duration = Duration::from_secs(2);
/// Interval of checks for CRD names that are taken.
const SELDOM: Duration = Duration::from_secs(30);

/// Keeps the CRD as the catalog describes it while this process leads; `kept` becomes true once it is
/// applied. Without end.
pub(crate) async fn keep(
    engine: &Engine,
    definition: &str,
    mut spec: watch::Receiver<ControllerSpec>,
    kept: watch::Sender<bool>,
) {
    if !engine.manages_definitions {
        return std::future::pending().await;
    }
    loop {
        engine.leadership.elected().await;
        let given = spec.borrow_and_update().clone();
        let outcome = if given.retired { Ok(false) } else { apply(engine, &given).await };
        let say = |waiting| engine.telemetry.catalog.note(definition, Topic::Definition, waiting);
        match outcome {
            Ok(changed) => {
                kept.send_replace(true);
                tokio::select! {
                    () = follow_up(engine, definition, changed, say) => (),
                    _ = spec.changed() => (),
                    () = engine.leadership.lost() => (),
                }
            }
            Err(waiting) => {
                say(Some(waiting));
                tokio::select! {
                    () = sleep(AGAIN) => (),
                    _ = spec.changed() => (),
                }
            }
        }
    }
}

/// Relists the resources when the CRD has changed, because they may have more fields now, and reports names
/// that are taken: that is seen only after a while, and ends without a write of ours. Without end.
async fn follow_up(engine: &Engine, definition: &str, changed: bool, say: impl Fn(Option<String>)) {
    let mut names_are_taken = true;
    for (round, pause) in [JUDGED, SELDOM].into_iter().chain(std::iter::repeat(SELDOM)).enumerate() {
        sleep(pause).await;
        // Relists twice, because the API server does not say when it serves the new version.
        if changed && round < 2 {
            engine.relist(definition);
        }
        if names_are_taken {
            let refused = crd::refused_names(&engine.cluster, definition).await;
            if let Ok(Some(why)) = &refused {
                say(Some(format!(
                    "one of its names is taken, and is not fought over: {why}. Choose another in the entry."
                )));
            }
            names_are_taken = refused != Ok(None);
        }
        if !names_are_taken {
            say(None);
            if !changed || round > 0 {
                break;
            }
        }
    }
    std::future::pending().await
}

/// Applies the CRD. Returns true when it has changed; the error says what prevents it.
async fn apply(engine: &Engine, given: &ControllerSpec) -> Result<bool, String> {
    let wanted = crd(&given.addon);
    match crd::apply(&engine.cluster, &wanted, annotations::CLAIM, &engine.installation, given.built_in).await
    {
        Ok(Applied::Done { changed }) => Ok(changed),
        Ok(Applied::HeldBy(other)) => Err(held_by(&other)),
        Ok(Applied::Foreign) => Err(format!(
            "there is a definition of this name that is not ours, and it is left as it is: choose another group or plural in the entry, or \
             hand it over with the annotation `{}: {}`",
            annotations::CLAIM,
            engine.installation
        )),
        Ok(Applied::Deleting) => Err("it is being deleted".to_owned()),
        Err(Failure::Conflict) => Err("somebody writes it at the same time".to_owned()),
        Err(failure) => Err(format!("it cannot be written: {failure}")),
    }
}

/// Returns when the CRD is served and claimed by this installation. Where this operator manages CRDs, it
/// claims a kind that is not built in only by writing the CRD: one of that name may belong to another
/// project.
///
/// An operator limited to namespaces that has no permission on CRDs goes on without a claim.
pub(crate) async fn claimed(engine: &Engine, kind: &Kind, built_in: bool, mut kept: watch::Receiver<bool>) {
    if engine.manages_definitions {
        let _ = timeout(AGAIN, kept.wait_for(|kept| *kept)).await;
    }
    let definition = kind.to_string();
    let definition = definition.as_str();
    let mut said = String::new();
    let mut wait = |waiting: String| {
        engine.unlisted.set_absent(definition, crd::is_unserved(&waiting));
        if waiting != said {
            // A pending CRD becomes established within moments.
            if waiting == crd::PENDING {
                tracing::debug!(definition, "waiting: {waiting}");
            } else {
                tracing::warn!(definition, "waiting: {waiting}");
            }
            said.clone_from(&waiting);
            engine.telemetry.catalog.note(definition, Topic::Claim, Some(waiting.clone()));
            engine.telemetry.health.watch(definition, Watch::Waiting(waiting));
        }
    };
    let Engine { cluster, bounds, .. } = engine;
    loop {
        match &bounds.scope {
            Scope::Cluster => crd::established(cluster, definition, &mut wait).await,
            Scope::Namespaces(namespaces) => {
                bounds.looked(crd::served(cluster, kind, namespaces, &mut wait).await)
            }
        }
        engine.unlisted.set_absent(definition, false);
        let cluster = bounds.for_definitions(cluster);
        let claim = match engine.manages_definitions && !built_in {
            true => crd::current_claim(&cluster, definition, annotations::CLAIM, &engine.installation).await,
            false => crd::claim(&cluster, definition, annotations::CLAIM, &engine.installation).await,
        };
        let waiting = match claim {
            Ok(Claim::Claimed) => break,
            Ok(Claim::HeldBy(other)) => held_by(&other),
            Ok(Claim::Absent) => crd::ABSENT.to_owned(),
            Ok(Claim::Unclaimed) => "it is not ours yet".to_owned(),
            Err(Failure::Conflict) => continue,
            Err(failure) if bounds.may_lack(&failure) => {
                bounds.note_unclaimed();
                break;
            }
            Err(failure) => failure.to_string(),
        };
        wait(waiting);
        sleep(AGAIN).await;
    }
    engine.telemetry.catalog.note(definition, Topic::Claim, None);
}

fn held_by(other: &str) -> String {
    format!(
        "the installation `{other}` works on it. Two operators must not share a kind: stop that one, and remove the annotation `{}`",
        annotations::CLAIM
    )
}
