//! A survey of what this operator would take over, if it were started now: every resource's pass, rehearsed. Writes nothing anywhere.

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
use crate::engine::catalog::state::{Base, InForce, Library};
use crate::engine::clock::Clock;
use crate::engine::cloud_api::account_cache::Accounts;
use crate::engine::context::Engine;
use crate::engine::credentials::connect::Reach;
use crate::engine::credentials::namespace_secrets::Overrides;
use crate::engine::kind::cache_entry::Dossier;
use crate::engine::kind::controller::{Controller, Dossiers};
use crate::engine::kind::spec::{Charge, kind_of};
use crate::engine::kind::unlisted::Unlisted;
use crate::engine::object_ref::Subject;
use crate::engine::reconcile::dry_run::{Found, Outcome};
use crate::engine::reconcile::reconciliation::Pass;
use crate::engine::scope::Bounds;
use crate::engine::{annotations, run};
use crate::telemetry::Telemetry;

/// An event younger than this was recorded by one that runs, or did until just now.
pub const RECENTLY: Duration = Duration::from_secs(600);

/// How long the resources of one kind may take to be listed.
const LISTING: Duration = Duration::from_secs(30);

/// What a survey is made with.
pub struct Surveying {
    /// What is interpreted.
    pub catalog: Arc<Catalog>,
    /// What is told; an API without credentials is not asked.
    pub config: Config,
    /// How to reach the cluster, if not as `kubectl` would.
    pub kubeconfig: Option<PathBuf>,
    /// The operator of before, as its events call it.
    pub predecessor: &'static str,
    /// The images that it may run as.
    pub images: &'static [&'static str],
}

/// What was seen.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Survey {
    /// Deployments of another operator that run: namespace, name and image.
    pub operators: Vec<[String; 3]>,
    /// How many events it recorded within the last [`RECENTLY`].
    pub recent_events: usize,
    /// What could not be looked at.
    pub unseen: Vec<String>,
    /// The kinds, and what is wrong with their definitions.
    pub definitions: Vec<Definition>,
    /// The resources.
    pub resources: Vec<Prospect>,
}

/// A kind's definition.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// `plural.group`.
    pub name: String,
    /// Who works on the kind, if anybody claims it: namespace and lease.
    pub installation: Option<String>,
    /// Whether its resources can be read.
    #[serde(skip)]
    pub served: bool,
    /// What is wrong with it, and what to do; none: it is ours.
    pub problem: Option<String>,
}

/// What would become of one resource.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Prospect {
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty where the kind has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The id of its add-on, as far as one is known.
    pub addon: Option<String>,
    /// How that is known.
    pub found: Found,
    /// What would become of it.
    pub outcome: Outcome,
    /// Why, in one word: the reason of its condition.
    pub reason: String,
    /// Why, in a sentence.
    pub message: String,
}

/// Reads the cluster, and the cloud where there are credentials for it.
///
/// # Errors
/// The cluster's definitions or resources cannot be read.
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

/// Whether the other operator still runs: two that work on the same resources would each delete, and each create.
async fn look_for(cluster: &Cluster, reporter: &str, images: &[&str], survey: &mut Survey) {
    let holders = survey.definitions.iter().filter_map(|definition| definition.installation.as_deref()?.split('/').next());
    let ours: Vec<_> = holders.map(str::to_owned).collect();
    match other_operator::deployments(cluster, images).await {
        Ok(running) => {
            let told = running.into_iter().map(|one| [one.key.namespace.unwrap_or_default(), one.key.name, one.image]);
            let is_ours = |[namespace, _, image]: &[String; 3]| !image.contains(reporter) && ours.contains(namespace);
            survey.operators = told.filter(|one| !is_ours(one)).collect();
        }
        Err(failure) => survey.unseen.push(format!("whether another operator runs as a Deployment: {failure}")),
    }
    match other_operator::events(cluster, reporter, RECENTLY).await {
        Ok(count) => survey.recent_events = count,
        Err(failure) => survey.unseen.push(format!("whether another operator has recorded events: {failure}")),
    }
}

/// An engine that leads nobody and follows nothing. No election is run, so no lease is written, and nothing can be created.
fn engine(catalog: &Arc<Catalog>, config: &Config, cluster: Cluster) -> anyhow::Result<Engine> {
    let telemetry = Arc::<Telemetry>::default();
    let (leadership, _election) = run::candidate(&cluster, config, "", "survey");
    let bounds = Bounds::of(&config.operator);
    let (secrets, _changes) = watch_metadata(&cluster, &Kind::secrets(), &bounds.scope, annotations::OWNER);
    // It makes nothing, so it holds nothing.
    let (overrides, _changes) = Overrides::follow(&cluster, &bounds.scope, catalog.clone(), "");
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
        overrides,
        reach: Reach { client: run::client(catalog)?, budgets: Budgets::default(), request_timeout, telemetry: telemetry.clone() },
        library: Library::of(Base::default()),
        catalog: RwLock::new(Arc::new(InForce::of(catalog))),
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

/// None: it is not there, and neither is anything of its kind.
async fn definition(cluster: &Cluster, kind: &Kind) -> anyhow::Result<Option<Definition>> {
    let name = kind.to_string();
    let Some(terms) = crd::ownership(cluster, &name, annotations::CLAIM).await? else { return Ok(None) };
    let presence = crd::presence(cluster, &name).await?;
    let served = matches!(presence, Presence::Established | Presence::Deleting { .. });
    let problem = match presence {
        Presence::Deleting { .. } => Some("it is being deleted, and all its resources with it; their add-ons would stay".to_owned()),
        Presence::NamesTaken(why) => Some(format!("its names are refused: {why}")),
        Presence::Absent | Presence::Pending => Some("it is not served yet".to_owned()),
        Presence::Established if !terms.takes_conditions => {
            Some("it is not ours yet: apply the definitions of `crd view` over it".to_owned())
        }
        Presence::Established => None,
    };
    Ok(Some(Definition { name, installation: terms.holder, served, problem }))
}

async fn resources(engine: &Arc<Engine>, addon: &Arc<Addon>, config: &Config) -> anyhow::Result<Vec<Prospect>> {
    let kind = kind_of(addon);
    let (watch, changes) = watch_kind(&engine.cluster, &kind, &engine.bounds.scope);
    let charge = Charge { addon: addon.clone(), digest: String::new(), retired: false, built_in: true };
    let mut controller = Controller::new(&charge, watch.clone(), &config.operator, Dossiers::default());
    controller.timing = impatient(controller.timing);
    let controller = Arc::new(controller);
    engine.take_up(&controller);
    tokio::select! {
        () = controller.follow(changes) => anyhow::bail!("the watch of {kind} has ended"),
        ready = tokio::time::timeout(LISTING, controller.ready()) => ready.map_err(|_| anyhow::anyhow!("the resources of {kind} cannot be listed"))?,
    }
    let mut objects = watch.all();
    objects.sort_by_key(|object| Subject::of(object));
    let mut prospects = Vec::new();
    for object in objects {
        prospects.push(prospect(engine, &controller, object).await);
    }
    Ok(prospects)
}

async fn prospect(engine: &Engine, controller: &Arc<Controller>, object: Arc<DynamicObject>) -> Prospect {
    let subject = Subject::of(&object);
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
    // Without an answer, no grant is made that could be the wrong one.
    if let Err(failure) = engine.overrides.look(&subject.namespace).await {
        let message = format!("whether the namespace has credentials of its own is not known: {failure}");
        return told(None, Found::Nowhere, Outcome::Unknown, Reason::ClusterUnavailable.to_string(), message);
    }
    let grant = engine.grant(&controller.addon.api, &subject.namespace);
    if grant.access.is_err() && engine.lacks(&controller.addon.api.name) {
        let status = object.data.pointer("/status/addon").and_then(serde_json::Value::as_str).map(str::to_owned);
        let found = if status.is_some() { Found::Status } else { Found::Nowhere };
        let message = "the cloud was not asked: no credentials are configured".to_owned();
        return told(status, found, Outcome::Unknown, Reason::CredentialsInvalid.to_string(), message);
    }
    let mut dossier = Dossier::default();
    let mut pass = Pass {
        engine,
        controller: controller.clone(),
        subject: subject.clone(),
        dossier: &mut dossier,
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
    /// Nothing is configured for this API, so only the cluster can be looked at.
    fn lacks(&self, api: &str) -> bool {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        config.apis.get(api).is_none_or(|settings| settings.credentials.is_empty())
    }
}

/// Waits protect writes, and there are none: what absence says is believed at once.
fn impatient(timing: Timing) -> Timing {
    Timing { fence: Duration::ZERO, request: Duration::ZERO, settle: Duration::ZERO, ..timing }
}
