//! CRDs of the kinds. The operator creates and updates them where it is configured to; claims each, so that
//! only one installation reconciles a kind; and waits for those that are installed by other means. No CRD is
//! ever deleted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use interpreter::catalog::Addon;
use interpreter::crd::{ApplyStep, CATALOG_ENTRY, ClaimStep, CrdObstacle, InstalledCrd};
use interpreter::crd::{apply_step, claim_step, crd as manifest_of};
use kube::api::DynamicObject;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::cluster::crd::{self, Presence};
use crate::cluster::lease::LeaseHolder;
use crate::cluster::watch::Scope;
use crate::cluster::{Failure, Key, Kind};
use crate::engine::catalog::not_managed;
use crate::engine::helm_release::ReportedReleases;
use crate::engine::kind::spec::{ControllerSpec, kind_of};
use crate::engine::{annotations, context::Engine};
use crate::telemetry::{Topic, Watch};

/// Addition to the reason to wait for a CRD that the operator does not install itself.
const INSTALL_HELP: &str =
    ": apply those of this version with `clever-operator crd view --all | kubectl apply --server-side -f -`";
/// Retry interval for a CRD that another installation has claimed or that cannot be written.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// Longest interval of reads of a claim that this installation holds.
const CLAIM_POLL_INTERVAL: Duration = Duration::from_secs(60);
/// Interval of reads of a CRD that is not served yet.
const SERVED_POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Interval of reads of the CRD of an optional kind that is not installed.
const INSTALLED_POLL_INTERVAL: Duration = Duration::from_secs(10);
/// Delay after a write of a CRD until the API server has validated its names.
const NAMES_CHECK_DELAY: Duration = Duration::from_secs(2);
/// Interval of checks for CRD names that are taken.
const NAMES_POLL_INTERVAL: Duration = Duration::from_secs(30);

/// The identity of this installation, and its part in the CRDs.
pub(crate) struct Installation {
    /// The operator's namespace and the lease in it.
    pub(crate) name: String,
    /// True when the operator creates and updates the CRDs itself.
    pub(crate) manages_crds: bool,
    /// Helm releases that may delete the CRDs.
    pub(crate) reported_releases: ReportedReleases,
}

/// Keeps the CRD as the catalog describes it while this process leads; `kept` becomes true once it is
/// applied. Without end.
pub(super) async fn keep(
    engine: Arc<Engine>,
    installation: Arc<Installation>,
    kind: Kind,
    mut spec: watch::Receiver<ControllerSpec>,
    kept: watch::Sender<bool>,
) {
    if !installation.manages_crds {
        return std::future::pending().await;
    }
    let definition = kind.to_string();
    loop {
        engine.leadership.elected().await;
        let given = spec.borrow_and_update().clone();
        let note = |waiting| engine.telemetry.catalog.note(&definition, Topic::Definition, waiting);
        if given.addon.optional && is_hidden(crd::read_metadata(&engine.cluster, &definition).await.as_ref())
        {
            note(None);
            kept.send_replace(true);
            tokio::select! {
                () = sleep(INSTALLED_POLL_INTERVAL) => (),
                Ok(()) = spec.changed() => (),
            }
            continue;
        }
        let outcome =
            if given.kind_removed { Ok(false) } else { apply(&engine, &installation, &given).await };
        match outcome {
            Ok(changed) => {
                kept.send_replace(true);
                tokio::select! {
                    () = follow_up(&engine, &kind, changed, note) => (),
                    // The sender goes with the slot, before this task is aborted.
                    Ok(()) = spec.changed() => (),
                    () = engine.leadership.lost() => (),
                }
            }
            Err(waiting) => {
                note(Some(waiting));
                tokio::select! {
                    () = sleep(RETRY_INTERVAL) => (),
                    Ok(()) = spec.changed() => (),
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
            engine.controllers.relist(kind);
        }
        if names_are_taken {
            let live = crd::read(&engine.cluster, &kind.to_string()).await;
            let refused = live.map(|live| live.as_ref().and_then(crd::names_refused));
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
async fn apply(engine: &Engine, installation: &Installation, given: &ControllerSpec) -> Result<bool, String> {
    let (cluster, definition) = (&engine.cluster, kind_of(&given.addon).to_string());
    let failed = |failure| {
        if failure == Failure::Conflict {
            "another client is writing the CRD at the same time".to_owned()
        } else {
            format!("the CRD cannot be written: {failure}")
        }
    };
    let mut manifest = manifest_of(&given.addon);
    manifest["metadata"]["annotations"][annotations::CLAIM] = installation.name.as_str().into();
    let live = crd::read(cluster, &definition).await.map_err(failed)?;
    if live.is_none() && given.addon.optional {
        return Ok(false);
    }
    let seen = live.as_ref().map(|live| installed(live, &given.addon, None));
    let step = match apply_step(seen, &installation.name, given.built_in) {
        Ok(step) => step,
        Err(obstacle) => return Err(wait_message(engine, obstacle, &definition, installation).await.0),
    };
    if let (ApplyStep::DryRun, Some(live)) = (step, &live) {
        let applied = crd::apply(cluster, &manifest, Some(live), true).await.map_err(failed)?;
        let compared = installed(live, &given.addon, Some(applied.data.get("spec") == live.data.get("spec")));
        if let Err(obstacle) = apply_step(Some(compared), &installation.name, given.built_in) {
            return Err(wait_message(engine, obstacle, &definition, installation).await.0);
        }
    }
    let applied = crd::apply(cluster, &manifest, live.as_ref(), false).await.map_err(failed)?;
    Ok(live.is_none_or(|live| live.metadata.generation != applied.metadata.generation))
}

/// Returns when the CRD is served and claimed by this installation, and its uid. Where this operator manages CRDs, it
/// claims a kind that is not built in only by writing the CRD: one of that name may belong to another
/// project.
///
/// An operator limited to namespaces that has no permission on CRDs goes on without a claim, and without a uid.
pub(super) async fn claimed(
    engine: &Engine,
    installation: &Installation,
    kind: &Kind,
    given: &ControllerSpec,
    mut kept: watch::Receiver<bool>,
) -> Option<String> {
    if installation.manages_crds {
        let _ = timeout(RETRY_INTERVAL, kept.wait_for(|kept| *kept)).await;
    }
    let definition = kind.to_string();
    let definition = definition.as_str();
    let Engine { cluster, bounds, telemetry, .. } = engine;
    let crds = bounds.for_definitions(cluster);
    let may_claim = given.built_in || !installation.manages_crds;
    let mut reported = String::new();
    let mut next_report = Instant::now();
    let claimed = loop {
        let live = crd::read(&crds, definition).await;
        bounds.looked(live.is_ok());
        let presence = match (&live, &bounds.scope) {
            (Ok(live), _) => Ok(Presence::of(live.as_ref())),
            (Err(failure), Scope::Namespaces(namespaces)) if bounds.may_lack(failure) => {
                crd::presence_by_list(cluster, kind, namespaces, failure.clone()).await
            }
            (Err(failure), _) => Err(failure.clone()),
        };
        engine.controllers.set_unserved(definition, presence.as_ref().is_ok_and(Presence::is_unserved));
        let is_absent =
            matches!(presence, Ok(Presence::Absent)) || (presence.is_err() && is_hidden(live.as_ref()));
        if given.addon.optional && is_absent {
            // A kind that is not installed is no problem, and one whose CRD may not be read counts as such.
            telemetry.health.unwatch(definition);
            telemetry.catalog.note(definition, Topic::Claim, None);
            reported.clear();
            sleep(INSTALLED_POLL_INTERVAL).await;
            continue;
        }
        let is_missing = matches!(presence, Ok(Presence::Absent)) && !installation.manages_crds;
        let waits = presence.map_or_else(|failure| Some(failure.to_string()), |it| it.wait_reason());
        let waits = waits.map(|waits| if is_missing { waits + INSTALL_HELP } else { waits });
        let (waiting, pause) = match (waits, live) {
            (Some(waiting), _) => ((waiting, false), SERVED_POLL_INTERVAL),
            (None, Ok(Some(live))) => {
                match claim_step(installed(&live, &given.addon, None), &installation.name, may_claim) {
                    Ok(ClaimStep::Owned) => break Some(live),
                    Ok(ClaimStep::Claim) => {
                        match crd::claim(&crds, &live, annotations::CLAIM, &installation.name).await {
                            Ok(()) => break Some(live),
                            Err(Failure::Conflict) => continue,
                            Err(failure) if bounds.may_lack(&failure) => {
                                bounds.note_unclaimed();
                                break None;
                            }
                            Err(failure) => ((failure.to_string(), false), RETRY_INTERVAL),
                        }
                    }
                    Err(obstacle) => {
                        (wait_message(engine, obstacle, definition, installation).await, RETRY_INTERVAL)
                    }
                }
            }
            // The kind is served, and its CRD cannot be read.
            (None, _) => {
                bounds.note_unclaimed();
                break None;
            }
        };
        let (waiting, is_unmanaged) = waiting;
        if is_unmanaged && (waiting != reported || next_report <= Instant::now()) {
            not_managed::report(engine, kind, &waiting).await;
            next_report = Instant::now() + not_managed::REPORT_INTERVAL;
        }
        if waiting != reported {
            // A pending CRD becomes established within moments.
            if waiting == crd::PENDING {
                tracing::debug!(definition, reason = waiting, "waiting for the CRD");
            } else {
                tracing::warn!(definition, reason = waiting, "waiting for the CRD");
            }
            reported.clone_from(&waiting);
            telemetry.catalog.note(definition, Topic::Claim, Some(waiting.clone()));
            telemetry.health.watch(definition, Watch::Waiting(waiting));
        }
        sleep(pause).await;
    };
    telemetry.catalog.note(definition, Topic::Claim, None);
    let claimed = claimed?;
    installation.reported_releases.report(definition, &claimed);
    claimed.metadata.uid
}

/// Returns when this installation has lost its claim on the CRD of this uid, which it then may not use any
/// more: another installation has claimed it, or another CRD has taken its place. Writes the claim again if
/// another client has removed it, as `kubectl replace` does. Without a uid there is no claim to lose.
pub(super) async fn claim_lost(
    engine: &Engine,
    installation: &Installation,
    addon: &Addon,
    crd_uid: Option<String>,
) {
    if crd_uid.is_none() {
        return std::future::pending().await;
    }
    let definition = kind_of(addon).to_string();
    let crds = engine.bounds.for_definitions(&engine.cluster);
    loop {
        let longest = if addon.optional { INSTALLED_POLL_INTERVAL } else { CLAIM_POLL_INTERVAL };
        sleep(engine.config.load().operator.poll_interval.min(longest)).await;
        let live = match crd::read_metadata(&crds, &definition).await {
            Ok(Some(live)) => live,
            Ok(None) if addon.optional => {
                tracing::info!(
                    definition,
                    "the CRD was uninstalled, so the operator stops managing the kind"
                );
                return;
            }
            // Without an answer, nothing is known; that the CRD is gone, the watch reports.
            Ok(None) | Err(_) => continue,
        };
        installation.reported_releases.report(&definition, &live);
        let is_same = live.metadata.uid == crd_uid;
        match claim_step(installed(&live, addon, None), &installation.name, true) {
            Ok(ClaimStep::Owned) if is_same => (),
            // Where this operator manages the CRD, its content may have been replaced with the claim.
            Ok(ClaimStep::Claim) if is_same && !installation.manages_crds => {
                match crd::claim(&crds, &live, annotations::CLAIM, &installation.name).await {
                    Ok(()) => {
                        tracing::warn!(
                            definition,
                            "another client removed the claim on the CRD, claimed it again"
                        );
                    }
                    // Another replica may have written it; the next read shows that.
                    Err(failure) => tracing::debug!(definition, %failure, "cannot claim the CRD again"),
                }
            }
            Ok(_) => {
                tracing::warn!(
                    definition,
                    "another client has replaced the CRD, so the operator checks it first"
                );
                return;
            }
            Err(_) => {
                tracing::warn!(
                    definition,
                    holder = crd::holder(&live, annotations::CLAIM),
                    "lost the claim on the CRD, so the operator stops managing its resources"
                );
                return;
            }
        }
    }
}

/// Returns true when the CRD is not there, or may not be read.
fn is_hidden(live: Result<&Option<DynamicObject>, &Failure>) -> bool {
    live.map_or_else(|failure| failure.missing_permission().is_some(), Option::is_none)
}

fn installed<'a>(live: &'a DynamicObject, addon: &Addon, is_as_desired: Option<bool>) -> InstalledCrd<'a> {
    let deleting = live.metadata.deletion_timestamp.is_some();
    let unmarked = addon.optional && crd::holder(live, CATALOG_ENTRY).is_none();
    InstalledCrd { claim: crd::holder(live, annotations::CLAIM), deleting, unmarked, is_as_desired }
}

/// Returns the reason to wait, and whether no controller of any installation manages the kind meanwhile.
async fn wait_message(
    engine: &Engine,
    obstacle: CrdObstacle<'_>,
    definition: &str,
    installation: &Installation,
) -> (String, bool) {
    let (claim, next) = (annotations::CLAIM, format!("Next attempt in {} s.", RETRY_INTERVAL.as_secs()));
    match obstacle {
        CrdObstacle::HeldBy(other) => {
            let command = format!(
                "`kubectl annotate crd {definition} {claim}={} --overwrite`. {next}",
                installation.name
            );
            match holder(engine, other).await {
                LeaseHolder::Gone(Some(renewed)) => (
                    format!(
                        "the installation `{other}` has claimed this kind, and has not renewed its lease since {renewed:.0}. If it does not come back, take the kind over: {command}"
                    ),
                    true,
                ),
                LeaseHolder::Gone(None) => (
                    format!(
                        "the installation `{other}` has claimed this kind, and holds no lease. If it does not come back, take the kind over: {command}"
                    ),
                    true,
                ),
                LeaseHolder::Alive => (
                    format!(
                        "the installation `{other}` manages this kind, and two operators must not share one. Stop that operator, then take the kind over: {command}"
                    ),
                    false,
                ),
                LeaseHolder::Unknown => (
                    format!(
                        "the installation `{other}` manages this kind, and two operators must not share one. Stop that operator if it still runs, then take the kind over: {command}"
                    ),
                    false,
                ),
            }
        }
        CrdObstacle::Foreign => (
            format!(
                "a CRD of this name exists that does not belong to this operator, so the operator neither changes it nor manages its \
             resources. Choose another group or plural in the catalog entry, or hand the CRD over if no other program uses it: `kubectl annotate crd {definition} {claim}={}`. {next}",
                installation.name
            ),
            true,
        ),
        CrdObstacle::Deleting => ("the CRD is being deleted".to_owned(), false),
        CrdObstacle::Unclaimed => ("the CRD does not belong to this installation yet".to_owned(), false),
    }
}

/// Reads the lease of another installation, which its name says. The permission for it is optional.
async fn holder(engine: &Engine, installation: &str) -> LeaseHolder {
    let Some((namespace, name)) = installation.split_once('/') else { return LeaseHolder::Unknown };
    let cluster = engine.cluster.without_permission_warnings();
    LeaseHolder::read(cluster, Key::new(namespace, name)).await
}
