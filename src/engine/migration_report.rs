//! Migration report: a dry run of each resource's reconciliation, as if this operator were started now.
//! Writes nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use interpreter::catalog::{Addon, Catalog};
use interpreter::plan::{OtherClaim, Reason, Timing};
use kube::api::DynamicObject;
use serde::Serialize;
use tokio::sync::watch;

use crate::cloud::{Budgets, Lane};
use crate::cluster::crd::{self, Presence};
use crate::cluster::events::Events;
use crate::cluster::namespace::Namespaces;
use crate::cluster::watch::{watch_kind, watch_metadata};
use crate::cluster::{Cluster, Kind, connect, other_operator};
use crate::config::Config;
use crate::engine::catalog::state::{ActiveCatalog, CatalogSources, CatalogState};
use crate::engine::clock::Clock;
use crate::engine::cloud_api::account_cache::Accounts;
use crate::engine::context::Engine;
use crate::engine::credentials::connect::Connector;
use crate::engine::credentials::namespace_secrets::NamespaceCredentials;
use crate::engine::kind::cache_entry::CacheEntry;
use crate::engine::kind::controller::{Controller, ResourceCache};
use crate::engine::kind::spec::{ControllerSpec, kind_of};
use crate::engine::kind::unlisted::Unlisted;
use crate::engine::object_ref::ObjectRef;
use crate::engine::reconcile::dry_run::{Found, Outcome};
use crate::engine::reconcile::reconciliation::Reconciliation;
use crate::engine::scope::Bounds;
use crate::engine::{annotations, run};
use crate::telemetry::Telemetry;

/// Maximum age of an event that indicates a running operator.
pub const RECENTLY: Duration = Duration::from_secs(600);

/// Timeout for listing the resources of one kind.
const LISTING: Duration = Duration::from_secs(30);

/// Input of a migration report.
pub struct Surveying {
    /// The catalog to interpret.
    pub catalog: Arc<Catalog>,
    /// The configuration; an API without credentials is not called.
    pub config: Config,
    /// Path of the kubeconfig; `None`: as `kubectl` would find it.
    pub kubeconfig: Option<PathBuf>,
    /// The reporter name in events of the previous operator.
    pub predecessor: &'static str,
    /// The images of the previous operator.
    pub images: &'static [&'static str],
}

/// Content of the migration report.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Survey {
    /// Running Deployments of another operator: namespace, name and image.
    pub operators: Vec<[String; 3]>,
    /// Number of events that the other operator has recorded within [`RECENTLY`].
    pub recent_events: usize,
    /// Errors of reads that failed.
    pub unseen: Vec<String>,
    /// The kinds, and the problems of their CRDs.
    pub definitions: Vec<Definition>,
    /// The resources.
    pub resources: Vec<Prospect>,
}

/// CRD of a kind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
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

/// Forecast for one resource.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Prospect {
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for a cluster-scoped resource.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The id of its add-on, if known.
    pub addon: Option<String>,
    /// The source of that id.
    pub found: Found,
    /// The expected outcome.
    pub outcome: Outcome,
    /// The reason of its `Ready` condition.
    pub reason: String,
    /// The message of its `Ready` condition.
    pub message: String,
}

/// Creates the report: reads the cluster, and the cloud where credentials are configured.
///
/// # Errors
/// The cluster's CRDs or resources cannot be read.
pub async fn survey(surveying: Surveying) -> anyhow::Result<Survey> {
    let Surveying { catalog, config, kubeconfig, predecessor, images } = surveying;
    let cluster = Cluster::new(connect(kubeconfig.as_deref()).await?, annotations::FIELD_MANAGER);
    let catalog = Arc::new(catalog.switched(&config.operator.switches));
    let engine = Arc::new(engine(&catalog, &config, cluster)?);
    let mut survey = Survey::default();
    for addon in catalog.addons.values() {
        let Some(definition) = definition(&engine.cluster, &kind_of(addon)).await? else { continue };
        if definition.served {
            match resources(&engine, addon, &config).await {
                Ok(resources) => survey.resources.extend(resources),
                Err(why) => survey.unseen.push(format!("{}: {why:#}", definition.name)),
            }
        }
        survey.definitions.push(definition);
    }
    look_for(&engine.cluster, predecessor, images, &mut survey).await;
    Ok(survey)
}

/// Looks for a running instance of the other operator: two operators on the same resources would each create
/// and delete add-ons.
async fn look_for(cluster: &Cluster, reporter: &str, images: &[&str], survey: &mut Survey) {
    let holders = survey
        .definitions
        .iter()
        .filter_map(|definition| definition.installation.as_deref()?.split('/').next());
    let ours: Vec<_> = holders.map(str::to_owned).collect();
    match other_operator::deployments(cluster, images).await {
        Ok(running) => {
            let told = running
                .into_iter()
                .map(|one| [one.key.namespace.unwrap_or_default(), one.key.name, one.image]);
            let is_ours =
                |[namespace, _, image]: &[String; 3]| !image.contains(reporter) && ours.contains(namespace);
            survey.operators = told.filter(|one| !is_ours(one)).collect();
        }
        Err(failure) => {
            survey.unseen.push(format!("whether another operator runs as a Deployment: {failure}"))
        }
    }
    match other_operator::events(cluster, reporter, RECENTLY).await {
        Ok(count) => survey.recent_events = count,
        Err(failure) => {
            survey.unseen.push(format!("whether another operator has recorded events: {failure}"))
        }
    }
}

/// Creates an engine without election and controllers. Since it never holds the lease, it can create nothing.
fn engine(catalog: &Arc<Catalog>, config: &Config, cluster: Cluster) -> anyhow::Result<Engine> {
    let telemetry = Arc::<Telemetry>::default();
    let (leadership, _election) = run::candidate(&cluster, config, "", "survey");
    let bounds = Bounds::of(&config.operator);
    let (secrets, _changes) = watch_metadata(&cluster, &Kind::secrets(), &bounds.scope, annotations::OWNER);
    // The report creates nothing, so it needs no finalizer on Secrets.
    let (namespace_credentials, _changes) =
        NamespaceCredentials::follow(&cluster, &bounds.scope, catalog.clone(), "");
    let (_, shutdown) = watch::channel(false);
    let request_timeout = config.operator.request_timeout;
    Ok(Engine {
        clock: Clock::start(),
        process: uuid::Uuid::new_v4().to_string(),
        operator: "survey".into(),
        bounds,
        namespaces: Namespaces::new(cluster.clone()),
        events: Events::new(cluster.clone(), annotations::FIELD_MANAGER, "survey"),
        secrets,
        leadership,
        config: RwLock::new(Arc::new(config.clone())),
        reload: Arc::new(|_, _| anyhow::bail!("a survey is told everything at once")),
        complaint: Mutex::default(),
        objects: None,
        namespace_credentials,
        reach: Connector {
            client: run::client(catalog)?,
            budgets: Budgets::default(),
            request_timeout,
            telemetry: telemetry.clone(),
        },
        catalog_state: CatalogState::of(CatalogSources::default()),
        catalog: RwLock::new(Arc::new(ActiveCatalog::of(catalog))),
        installation: String::new(),
        manages_definitions: false,
        accounts: Accounts::default(),
        telemetry,
        shutdown,
        controllers: RwLock::default(),
        unlisted: Unlisted::default(),
        cluster,
    })
}

/// Reads the CRD of a kind; `None` when it does not exist, so that there are no resources either.
async fn definition(cluster: &Cluster, kind: &Kind) -> anyhow::Result<Option<Definition>> {
    let name = kind.to_string();
    let Some(terms) = crd::ownership(cluster, &name, annotations::CLAIM).await? else { return Ok(None) };
    let presence = crd::presence(cluster, &name).await?;
    let served = matches!(presence, Presence::Established | Presence::Deleting { .. });
    let problem = match presence {
        Presence::Deleting { .. } => {
            Some("it is being deleted, and all its resources with it; their add-ons would stay".to_owned())
        }
        Presence::NamesTaken(why) => Some(format!("its names are refused: {why}")),
        Presence::Absent | Presence::Pending => Some("it is not served yet".to_owned()),
        Presence::Established if !terms.takes_conditions => {
            Some("it is not ours yet: apply the definitions of `crd view` over it".to_owned())
        }
        Presence::Established => None,
    };
    Ok(Some(Definition { name, installation: terms.holder, served, problem }))
}

async fn resources(
    engine: &Arc<Engine>,
    addon: &Arc<Addon>,
    config: &Config,
) -> anyhow::Result<Vec<Prospect>> {
    let kind = kind_of(addon);
    let (watch, changes) = watch_kind(&engine.cluster, &kind, &engine.bounds.scope);
    let spec = ControllerSpec { addon: addon.clone(), digest: String::new(), retired: false, built_in: true };
    let mut controller = Controller::new(&spec, watch.clone(), &config.operator, ResourceCache::default());
    controller.timing = impatient(controller.timing);
    let controller = Arc::new(controller);
    engine.register(&controller);
    tokio::select! {
        () = controller.follow(changes) => anyhow::bail!("the watch of {kind} has ended"),
        ready = tokio::time::timeout(LISTING, controller.ready()) => ready.map_err(|_| anyhow::anyhow!("the resources of {kind} cannot be listed"))?,
    }
    let mut objects = watch.all();
    objects.sort_by_key(|object| ObjectRef::of(object));
    let mut prospects = Vec::new();
    for object in objects {
        prospects.push(prospect(engine, &controller, object).await);
    }
    Ok(prospects)
}

async fn prospect(engine: &Engine, controller: &Arc<Controller>, object: Arc<DynamicObject>) -> Prospect {
    let subject = ObjectRef::of(&object);
    let told = |addon, found, outcome, reason: String, message| Prospect {
        kind: controller.kind.kind.clone(),
        namespace: subject.namespace.clone(),
        name: subject.name.clone(),
        addon,
        found,
        outcome,
        reason,
        message,
    };
    // Without an answer, the wrong credentials might be resolved.
    if let Err(failure) = engine.namespace_credentials.look(&subject.namespace).await {
        let message = format!("whether the namespace has credentials of its own is not known: {failure}");
        return told(None, Found::Nowhere, Outcome::Unknown, Reason::ClusterUnavailable.to_string(), message);
    }
    let grant = engine.grant(&controller.addon.api, &subject.namespace);
    if grant.access.is_err() && engine.lacks(&controller.addon.api.name) {
        let status =
            object.data.pointer("/status/addon").and_then(serde_json::Value::as_str).map(str::to_owned);
        let found = if status.is_some() { Found::Status } else { Found::Nowhere };
        let message = "the cloud was not asked: no credentials are configured".to_owned();
        return told(status, found, Outcome::Unknown, Reason::CredentialsInvalid.to_string(), message);
    }
    let mut cache_entry = CacheEntry::default();
    let mut pass = Reconciliation {
        engine,
        controller: controller.clone(),
        subject: subject.clone(),
        cache_entry: &mut cache_entry,
        lane: Lane::Background,
        object: Some(object),
        live: false,
        grant,
        permit: None,
        desired: None,
        namespace_terminating: false,
        other_claim: OtherClaim::None,
        change_ticket: None,
    };
    pass.namespace_terminating = pass.is_namespace_terminating().await;
    let rehearsed = pass.rehearse().await;
    told(rehearsed.addon, rehearsed.found, rehearsed.outcome, rehearsed.reason.to_string(), rehearsed.message)
}

impl Engine {
    /// True when no credentials are configured for this API, so that only the cluster can be read.
    fn lacks(&self, api: &str) -> bool {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        config.apis.get(api).is_none_or(|settings| settings.credentials.is_empty())
    }
}

/// Removes the waits: they protect writes, and a dry run has none, so absence is believed at once.
fn impatient(timing: Timing) -> Timing {
    Timing { creation_window: Duration::ZERO, request: Duration::ZERO, list_lag: Duration::ZERO, ..timing }
}
