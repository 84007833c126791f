//! Migration report: a dry run of each resource's reconciliation, as if this operator were started now.
//! Writes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog::{Addon, Catalog};
use interpreter::plan::{Reason, Timing};
use kube::api::DynamicObject;
use serde::Serialize;

use crate::cluster::crd::{self, Presence};
use crate::cluster::other_operator::{self, Running};
use crate::cluster::watch::watch_kind;
use crate::cluster::{Cluster, ClusterOptions, Failure, Kind, connect};
use crate::config::Config;
use crate::engine::annotations;
use crate::engine::context::Engine;
use crate::engine::helm_release::HelmRelease;
use crate::engine::identity::InstallationIdentity;
use crate::engine::kind::cache_entry::CacheEntry;
use crate::engine::kind::controller::{Controller, ResourceCache};
use crate::engine::kind::spec::{ControllerSpec, kind_of};
use crate::engine::object_ref::ObjectRef;
use crate::engine::reconcile::dry_run::{ExpectedOutcome, FoundBy, readable};
use crate::engine::reconcile::reconciliation::Reconciliation;
use crate::priority::Priority;

/// Maximum age of an event that indicates a running operator.
pub const EVENT_MAX_AGE: Duration = Duration::from_secs(600);

/// Timeout for listing the resources of one kind.
const LIST_TIMEOUT: Duration = Duration::from_secs(30);

/// Name of the process in the lease and in events; a migration report writes neither.
const IDENTITY: &str = "migrate-preview";

/// Input of a migration report.
pub struct MigrationOptions {
    /// The catalog to interpret.
    pub catalog: Arc<Catalog>,
    /// The configuration; an API without credentials is not called.
    pub config: Config,
    /// The cluster to connect to.
    pub cluster: ClusterOptions,
    /// The reporter name in events of the previous operator.
    pub predecessor: &'static str,
    /// The images of the previous operator.
    pub images: &'static [&'static str],
}

/// Content of the migration report.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationReport {
    /// Running Deployments of another operator: namespace, name and image.
    pub operators: Vec<[String; 3]>,
    /// Number of events that the other operator has recorded within [`EVENT_MAX_AGE`].
    pub recent_events: usize,
    /// Reads that failed, each with its error.
    pub not_checked: Vec<String>,
    /// The CRDs of the kinds, and their problems.
    pub crds: Vec<CrdReport>,
    /// Dangers that do not block the migration, each with the command that avoids it.
    pub notices: Vec<String>,
    /// The resources.
    pub resources: Vec<ResourceReport>,
    /// The assignments that the resources need whose add-ons have another name.
    pub assignments: Vec<Assignment>,
}

/// Line of `operator.adoption.addons`: it assigns an add-on to the resource that names it without proof.
#[derive(Debug, Serialize)]
pub struct Assignment {
    /// The id of the add-on.
    pub addon: String,
    /// The resource, as the configuration names it.
    pub resource: String,
}

/// CRD of a kind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrdReport {
    /// `plural.group`.
    pub name: String,
    /// The installation that claims the kind, as namespace and lease.
    pub installation: Option<String>,
    /// True when its resources can be read.
    #[serde(skip)]
    pub served: bool,
    /// The problem and its solution; `None` when the CRD belongs to this operator.
    pub problem: Option<String>,
}

/// Expected outcome for one resource.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceReport {
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for a cluster-scoped resource.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The id of its add-on, if known.
    pub addon: Option<String>,
    /// The source of that id.
    pub found_by: FoundBy,
    /// The expected outcome.
    pub outcome: ExpectedOutcome,
    /// The reason of its `Ready` condition.
    pub reason: String,
    /// The message of its `Ready` condition.
    pub message: String,
    /// True when an assignment of its add-on is all that it needs.
    #[serde(skip)]
    unassigned: bool,
    #[serde(skip)]
    crd: Kind,
}

/// Creates the report: reads the cluster, and the cloud where credentials are configured.
///
/// # Errors
/// The cluster's CRDs or resources cannot be read.
pub async fn migration_report(options: MigrationOptions) -> anyhow::Result<MigrationReport> {
    let MigrationOptions { catalog, config, cluster, predecessor, images } = options;
    let cluster = Cluster::new(connect(&cluster).await?, annotations::FIELD_MANAGER);
    let catalog = Arc::new(catalog);
    let identity = InstallationIdentity::observe(&cluster).await;
    let engine = Arc::new(Engine::of_command(IDENTITY, (cluster, identity), (&catalog, &config))?);
    let mut report = MigrationReport::default();
    let mut releases = BTreeMap::<HelmRelease, Vec<String>>::new();
    for addon in catalog.addons.values() {
        let name = kind_of(addon).to_string();
        // Without a CRD, there are no resources either.
        let Some(crd) = crd::read(&engine.cluster, &name).await? else { continue };
        if let Some(release) = HelmRelease::that_may_delete(&crd) {
            releases.entry(release).or_default().push(name.clone());
        }
        let crd = crd_report(name, &crd);
        if crd.served {
            match resources(&engine, addon, &config).await {
                Ok(resources) => report.resources.extend(resources),
                Err(error) => report.not_checked.push(format!("{}: {error:#}", crd.name)),
            }
        }
        report.crds.push(crd);
    }
    report.assignments = assignments(&engine, &report.resources);
    report.notices = releases.iter().map(|(release, crds)| release.warning(crds)).collect();
    // Two operators on the same resources would each create and delete add-ons.
    let deployments = other_operator::deployments(&engine.cluster, images).await;
    let events = other_operator::events(&engine.cluster, predecessor, EVENT_MAX_AGE).await;
    report.add_other_operator(predecessor, deployments, events);
    Ok(report)
}

impl MigrationReport {
    /// Adds what was found of another operator: its Deployments, and the number of its recent events.
    fn add_other_operator(
        &mut self,
        reporter: &str,
        deployments: Result<Vec<Running>, Failure>,
        events: Result<usize, Failure>,
    ) {
        match deployments {
            Ok(running) => {
                let holders: Vec<_> =
                    self.crds.iter().filter_map(|crd| crd.installation.as_deref()).collect();
                let is_ours = |[namespace, _, image]: &[String; 3]| {
                    let mut ours = holders.iter().filter_map(|holder| holder.split('/').next());
                    !image.contains(reporter) && ours.any(|own| own == namespace)
                };
                let found = running
                    .into_iter()
                    .map(|one| [one.key.namespace.unwrap_or_default(), one.key.name, one.image]);
                self.operators = found.filter(|one| !is_ours(one)).collect();
            }
            Err(failure) => self.not_checked.push(format!("Deployments of another operator: {failure}")),
        }
        match events {
            Ok(count) => self.recent_events = count,
            Err(failure) => self.not_checked.push(format!("Events of another operator: {failure}")),
        }
    }
}

fn crd_report(name: String, crd: &DynamicObject) -> CrdReport {
    let presence = Presence::of(Some(crd));
    let served = presence.wait_reason().is_none();
    let problem = match presence {
        Presence::Deleting { .. } => {
            Some("it is being deleted, and Kubernetes deletes its resources with it; their add-ons stay at the cloud."
                .to_owned())
        }
        Presence::NamesTaken(why) => Some(format!("the API server rejects its names: \"{why}\"")),
        Presence::Absent | Presence::Pending => {
            Some("the API server does not serve it yet. Run the preview again.".to_owned())
        },
        Presence::Established if !crd::takes_conditions(crd) => {
            Some(
                "it has no `status.conditions`, so it is the one of another operator. Replace it: `clever-operator crd view | kubectl apply --server-side --force-conflicts -f -`."
                    .to_owned(),
            )
        }
        Presence::Established => None,
    };
    let installation = crd::holder(crd, annotations::CLAIM).map(str::to_owned);
    CrdReport { name, installation, served, problem }
}

async fn resources(
    engine: &Arc<Engine>,
    addon: &Arc<Addon>,
    config: &Config,
) -> anyhow::Result<Vec<ResourceReport>> {
    let kind = kind_of(addon);
    let (watch, changes) = watch_kind(&engine.cluster, &kind, &engine.bounds.scope);
    let spec = ControllerSpec { addon: addon.clone(), kind_removed: false, built_in: true };
    let mut controller = Controller::new(&spec, watch.clone(), &config.operator, ResourceCache::default());
    controller.managed.timing = without_waits(controller.managed.timing);
    let controller = Arc::new(controller);
    engine.controllers.register(&controller);
    tokio::select! {
        () = controller.follow(changes) => anyhow::bail!("the watch of {kind} has ended"),
        ready = tokio::time::timeout(LIST_TIMEOUT, controller.ready()) => ready.map_err(|_| anyhow::anyhow!("the resources of {kind} cannot be listed"))?,
    }
    let mut objects = watch.all();
    objects.sort_by_key(|object| ObjectRef::of(object));
    let mut reports = Vec::new();
    for object in objects {
        reports.push(resource_report(engine, &controller, object).await);
    }
    Ok(reports)
}

/// Returns the assignments of the add-ons that resources name without proof. A resource that is being deleted
/// gets none: it would delete the add-on.
fn assignments(engine: &Engine, resources: &[ResourceReport]) -> Vec<Assignment> {
    let controllers = engine.controllers.all();
    let assignment = |resource: &ResourceReport| {
        let controller = controllers.iter().find(|controller| controller.kind == resource.crd)?;
        let name = match resource.namespace.as_str() {
            "" => resource.name.clone(),
            namespace => format!("{namespace}/{}", resource.name),
        };
        let kind = engine.kubectl_kind(controller);
        Some(Assignment { addon: resource.addon.clone()?, resource: format!("{kind} {name}") })
    };
    resources.iter().filter(|resource| resource.unassigned).filter_map(assignment).collect()
}

async fn resource_report(
    engine: &Engine,
    controller: &Arc<Controller>,
    object: Arc<DynamicObject>,
) -> ResourceReport {
    let subject = ObjectRef::of(&object);
    let is_deleting = object.metadata.deletion_timestamp.is_some();
    let report = |addon, found_by, outcome, reason: Reason, message| ResourceReport {
        unassigned: reason == Reason::OwnershipUnproven && !is_deleting,
        crd: controller.kind.clone(),
        kind: controller.kind.kind.clone(),
        namespace: subject.namespace.clone(),
        name: subject.name.clone(),
        addon,
        found_by,
        outcome,
        reason: reason.to_string(),
        message,
    };
    let caches = match readable(engine, controller, &subject).await {
        Ok(caches) => caches,
        Err((reason, message)) => {
            let status =
                object.data.pointer("/status/addon").and_then(serde_json::Value::as_str).map(str::to_owned);
            let status = status.filter(|_| reason == Reason::CredentialsInvalid);
            let found_by = if status.is_some() { FoundBy::Status } else { FoundBy::Nothing };
            return report(status, found_by, ExpectedOutcome::Unknown, reason, message);
        }
    };
    let mut cache_entry = CacheEntry::default();
    let reconciliation = Reconciliation::new(caches, &mut cache_entry, Some(object), Priority::Background);
    let dry_run = reconciliation.dry_run().await;
    report(dry_run.addon, dry_run.found_by, dry_run.outcome, dry_run.reason, dry_run.message)
}

/// Removes the waits: they protect writes, and a dry run has none, so absence is believed at once.
fn without_waits(timing: Timing) -> Timing {
    Timing { creation_window: Duration::ZERO, request: Duration::ZERO, list_lag: Duration::ZERO, ..timing }
}
