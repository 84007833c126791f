//! The definitions of the kinds: made and kept as the catalog says, where that is wanted; claimed, so that one installation works on a kind;
//! waited for, where somebody else makes them. None is ever deleted.

use std::time::Duration;

use interpreter::crd::crd;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::cluster::crd::{self, Applied, Claim};
use crate::cluster::watch::Scope;
use crate::cluster::{Failure, Kind};
use crate::engine::kind::spec::Charge;
use crate::engine::{annotations, context::Engine};
use crate::telemetry::{Topic, Watch};

/// How often a definition is asked again that another installation holds, or that is not there.
const AGAIN: Duration = Duration::from_secs(5);
/// So long after a definition was written, the API server has judged its names.
const JUDGED: Duration = Duration::from_secs(2);
/// How often names that are taken are asked for again.
const SELDOM: Duration = Duration::from_secs(30);

/// Keeps the definition as the catalog says while this process leads; `kept` becomes true once it is so. Without end.
pub(crate) async fn keep(engine: &Engine, definition: &str, mut charge: watch::Receiver<Charge>, kept: watch::Sender<bool>) {
    if !engine.manages_definitions {
        return std::future::pending().await;
    }
    loop {
        engine.leadership.elected().await;
        let given = charge.borrow_and_update().clone();
        let outcome = if given.retired { Ok(false) } else { apply(engine, &given).await };
        let say = |waiting| engine.telemetry.catalog.note(definition, Topic::Definition, waiting);
        match outcome {
            Ok(changed) => {
                kept.send_replace(true);
                tokio::select! {
                    () = follow_up(engine, definition, changed, say) => (),
                    _ = charge.changed() => (),
                    () = engine.leadership.lost() => (),
                }
            }
            Err(waiting) => {
                say(Some(waiting));
                tokio::select! {
                    () = sleep(AGAIN) => (),
                    _ = charge.changed() => (),
                }
            }
        }
    }
}

/// Has the resources listed once more where the definition has changed, for they may show more now; and says while names are taken, which is seen
/// only after a while, and goes away only by itself. Without end.
async fn follow_up(engine: &Engine, definition: &str, changed: bool, say: impl Fn(Option<String>)) {
    let mut names_are_taken = true;
    for (round, pause) in [JUDGED, SELDOM].into_iter().chain(std::iter::repeat(SELDOM)).enumerate() {
        sleep(pause).await;
        // Twice: nobody knows when the API server begins to serve what it has taken.
        if changed && round < 2 {
            engine.list_again(definition);
        }
        if names_are_taken {
            let refused = crd::refused_names(&engine.cluster, definition).await;
            if let Ok(Some(why)) = &refused {
                say(Some(format!("one of its names is taken, and is not fought over: {why}. Choose another in the entry.")));
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

/// Whether it is another than before; else what stands in the way.
async fn apply(engine: &Engine, given: &Charge) -> Result<bool, String> {
    let wanted = crd(&given.addon);
    match crd::apply(&engine.cluster, &wanted, annotations::CLAIM, &engine.installation, given.built_in).await {
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

/// Returns when the definition is served and claimed for this installation. Where this operator makes definitions, writing one that nobody knows is the
/// only way to claim it: of that name there may be another one, of somebody else.
///
/// Who works in some namespaces and has no right on definitions goes on without a claim.
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
            // That is a matter of moments.
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
            Scope::Namespaces(namespaces) => bounds.looked(crd::served(cluster, kind, namespaces, &mut wait).await),
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
