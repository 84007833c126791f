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
use crate::engine::kind::spec::{ControllerSpec, kind_of};
use crate::engine::{annotations, context::Engine};
use crate::telemetry::{Topic, Watch};

/// Retry interval for a CRD that another installation has claimed, that does not exist or that cannot be
/// written.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// Delay after a write of a CRD until the API server has validated its names.
const NAMES_CHECK_DELAY: Duration = Duration::from_secs(2);
/// Interval of checks for CRD names that are taken.
const NAMES_POLL_INTERVAL: Duration = Duration::from_secs(30);

/// Keeps the CRD as the catalog describes it while this process leads; `kept` becomes true once it is
/// applied. Without end.
pub(crate) async fn keep(
    engine: &Engine,
    kind: &Kind,
    mut spec: watch::Receiver<ControllerSpec>,
    kept: watch::Sender<bool>,
) {
    if !engine.manages_definitions {
        return std::future::pending().await;
    }
    let definition = kind.to_string();
    loop {
        engine.leadership.elected().await;
        let given = spec.borrow_and_update().clone();
        let outcome = if given.kind_removed { Ok(false) } else { apply(engine, &given).await };
        let note = |waiting| engine.telemetry.catalog.note(&definition, Topic::Definition, waiting);
        match outcome {
            Ok(changed) => {
                kept.send_replace(true);
                tokio::select! {
                    () = follow_up(engine, kind, changed, note) => (),
                    _ = spec.changed() => (),
                    () = engine.leadership.lost() => (),
                }
            }
            Err(waiting) => {
                note(Some(waiting));
                tokio::select! {
                    () = sleep(RETRY_INTERVAL) => (),
                    _ = spec.changed() => (),
                }
            }
        }
    }
}

/// Relists the resources when the CRD has changed, because they may have more fields now, and reports names
/// that are taken: that is seen only after a while, and ends without a write of ours. Without end.
async fn follow_up(engine: &Engine, kind: &Kind, changed: bool, note: impl Fn(Option<String>)) {
    let mut names_are_taken = true;
    for (round, pause) in [NAMES_CHECK_DELAY, NAMES_POLL_INTERVAL]
        .into_iter()
        .chain(std::iter::repeat(NAMES_POLL_INTERVAL))
        .enumerate()
    {
        sleep(pause).await;
        // Relists twice, because the API server does not report when it serves the new version.
        if changed && round < 2 {
            engine.relist(kind);
        }
        if names_are_taken {
            let refused = crd::refused_names(&engine.cluster, &kind.to_string()).await;
            if let Ok(Some(why)) = &refused {
                note(Some(format!(
                    "the API server refuses a name of the CRD: {why}. Choose another name in the catalog entry. Next check in {} s.",
                    NAMES_POLL_INTERVAL.as_secs()
                )));
            }
            names_are_taken = refused != Ok(None);
        }
        if !names_are_taken {
            note(None);
            if !changed || round > 0 {
                break;
            }
        }
    }
    std::future::pending().await
}

/// Applies the CRD. Returns true when it has changed; the error says what prevents it.
async fn apply(engine: &Engine, given: &ControllerSpec) -> Result<bool, String> {
    let (wanted, definition) = (crd(&given.addon), kind_of(&given.addon).to_string());
    match crd::apply(&engine.cluster, &wanted, annotations::CLAIM, &engine.installation, given.built_in).await
    {
        Ok(Applied::Done { changed }) => Ok(changed),
        Ok(Applied::HeldBy(other)) => Err(held_by(&definition, &other)),
        Ok(Applied::Foreign) => Err(format!(
            "a CRD of this name exists that does not belong to this operator, so it is not changed. Choose another group or plural in the \
             catalog entry, or hand the CRD over: `kubectl annotate crd {definition} {}={}`. {}",
            annotations::CLAIM,
            engine.installation,
            next_attempt()
        )),
        Ok(Applied::Deleting) => Err("the CRD is being deleted".to_owned()),
        Err(Failure::Conflict) => Err("another client is writing the CRD at the same time".to_owned()),
        Err(failure) => Err(format!("the CRD cannot be written: {failure}")),
    }
}

/// Returns when the CRD is served and claimed by this installation. Where this operator manages CRDs, it
/// claims a kind that is not built in only by writing the CRD: one of that name may belong to another
/// project.
///
/// An operator limited to namespaces that has no permission on CRDs goes on without a claim.
pub(crate) async fn claimed(engine: &Engine, kind: &Kind, built_in: bool, mut kept: watch::Receiver<bool>) {
    if engine.manages_definitions {
        let _ = timeout(RETRY_INTERVAL, kept.wait_for(|kept| *kept)).await;
    }
    let definition = kind.to_string();
    let definition = definition.as_str();
    let mut reported = String::new();
    let mut wait = |waiting: String| {
        engine.unlisted.set_absent(definition, crd::is_unserved(&waiting));
        if waiting != reported {
            // A pending CRD becomes established within moments.
            if waiting == crd::PENDING {
                tracing::debug!(definition, reason = waiting, "waiting for the CRD");
            } else {
                tracing::warn!(definition, reason = waiting, "waiting for the CRD");
            }
            reported.clone_from(&waiting);
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
            Ok(Claim::HeldBy(other)) => held_by(definition, &other),
            Ok(Claim::Absent) => crd::ABSENT.to_owned(),
            Ok(Claim::Unclaimed) => "the CRD does not belong to this installation yet".to_owned(),
            Err(Failure::Conflict) => continue,
            Err(failure) if bounds.may_lack(&failure) => {
                bounds.note_unclaimed();
                break;
            }
            Err(failure) => failure.to_string(),
        };
        wait(waiting);
        sleep(RETRY_INTERVAL).await;
    }
    engine.telemetry.catalog.note(definition, Topic::Claim, None);
}

fn held_by(definition: &str, other: &str) -> String {
    format!(
        "the installation `{other}` manages this kind, and two operators must not share one. Stop that operator, then remove its claim: \
         `kubectl annotate crd {definition} {}-`. {}",
        annotations::CLAIM,
        next_attempt()
    )
}

fn next_attempt() -> String {
    format!("Next attempt in {} s.", RETRY_INTERVAL.as_secs())
}
