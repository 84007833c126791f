//! Context shared by all controllers: cluster, configuration, active catalog, caches, telemetry.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::FutureExt;
use futures::future::BoxFuture;
use interpreter::catalog::Catalog;
use kube::api::{DynamicObject, PartialObjectMeta};

use crate::cluster::events::Events;
use crate::cluster::lease::store::ClusterLease;
use crate::cluster::lease::{self, Leadership};
use crate::cluster::watch::{Changes, watch_metadata};
use crate::cluster::{Cluster, Key, Kind};
use crate::config::{Config, LeaseSettings};
use crate::engine::active_catalog::ActiveCatalog;
use crate::engine::annotations;
use crate::engine::clock::Clock;
use crate::engine::cloud_api::account_cache::Accounts;
use crate::engine::config_objects::{Configuration, Reload};
use crate::engine::credentials::connect::Connector;
use crate::engine::credentials::service::{ChangedSecrets, CredentialsService};
use crate::engine::identity::InstallationIdentity;
use crate::engine::outputs_pace::OutputsPace;
use crate::engine::registry::Controllers;
use crate::engine::scope::Bounds;
use crate::engine::secret_names::SecretNames;
use crate::telemetry::Telemetry;

/// The context that all controllers share.
pub(crate) struct Engine {
    pub(crate) clock: Clock,
    pub(crate) process: Process,
    pub(crate) identity: InstallationIdentity,
    pub(crate) cluster: Cluster,
    /// The scope of the operator, and its known permissions on CRDs.
    pub(crate) bounds: Bounds,
    pub(crate) events: Events,
    pub(crate) leadership: Leadership,
    pub(crate) config: Configuration,
    pub(crate) credentials: CredentialsService,
    pub(crate) catalog: ArcSwap<ActiveCatalog>,
    pub(crate) accounts: Accounts,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) controllers: Controllers,
    pub(crate) secret_names: SecretNames,
    pub(crate) outputs_pace: OutputsPace,
}

/// The identity of this process.
pub(crate) struct Process {
    /// A random id; no other process ever had it.
    pub(crate) id: String,
    /// The name of this operator in messages.
    pub(crate) operator: String,
}

/// Input of a new engine.
pub(crate) struct Parts {
    pub(crate) cluster: Cluster,
    /// The lease: its namespace and its name.
    pub(crate) lease: Key,
    /// The name of this process in messages, events and the lease.
    pub(crate) replica: String,
    pub(crate) identity: InstallationIdentity,
    pub(crate) config: Configuration,
    pub(crate) catalog: ActiveCatalog,
    /// The catalog without additions: it names the finalizer on Secrets with credentials.
    pub(crate) base: Arc<Catalog>,
    pub(crate) telemetry: Arc<Telemetry>,
}

/// The watches and the election of a new engine. Nothing happens before they are polled.
pub(crate) struct Background {
    pub(crate) secrets: Changes<PartialObjectMeta<DynamicObject>>,
    pub(crate) credentials: ChangedSecrets,
    pub(crate) election: BoxFuture<'static, ()>,
}

impl Engine {
    /// Creates an engine without controllers.
    pub(crate) fn new(parts: Parts) -> anyhow::Result<(Self, Background)> {
        let Parts { cluster, lease, replica, identity, config, catalog, base, telemetry } = parts;
        let settings = config.load().operator.clone();
        let bounds = Bounds::of(&settings);
        let own_namespace = lease.namespace.clone().unwrap_or_default();
        let LeaseSettings { duration, renew_deadline, retry } = settings.lease;
        let (leadership, election) = lease::elect(
            ClusterLease::new(cluster.clone(), lease),
            lease::Settings { duration, renew_deadline, retry },
            lease::identity(&replica),
            lease::system_clock(),
        );
        let (secrets, secret_changes) =
            watch_metadata(&cluster, &Kind::secrets(), &bounds.scope, annotations::OWNER);
        let mut connector = Connector::new(&catalog.catalog, settings.request_timeout, telemetry.clone())?;
        connector.own_namespace = own_namespace;
        let (credentials, changed_secrets) =
            CredentialsService::follow(&cluster, &bounds.scope, &base, connector);
        credentials.secrets.apply_catalog(&catalog.catalog);
        let background =
            Background { secrets: secret_changes, credentials: changed_secrets, election: election.boxed() };
        let engine = Self {
            clock: Clock::start(),
            process: Process { id: uuid::Uuid::new_v4().to_string(), operator: replica.clone() },
            identity,
            bounds,
            events: Events::new(cluster.clone(), annotations::FIELD_MANAGER, replica),
            leadership,
            config,
            credentials,
            catalog: ArcSwap::from_pointee(catalog),
            accounts: Accounts::default(),
            telemetry,
            controllers: Controllers::new(secrets),
            secret_names: SecretNames::default(),
            outputs_pace: OutputsPace::default(),
            cluster,
        };
        Ok((engine, background))
    }

    /// Creates an engine for a command, without election and controllers. Since it never holds the lease, it can
    /// create nothing. `name` stands for the process in records that are only simulated.
    pub(crate) fn of_command(
        name: &str,
        (cluster, identity): (Cluster, InstallationIdentity),
        (catalog, config): (&Arc<Catalog>, &Config),
    ) -> anyhow::Result<Self> {
        let reload: Reload = Arc::new(|_, _| anyhow::bail!("a command does not reload its configuration"));
        let addons: Vec<_> = catalog.addons.values().cloned().collect();
        let (mut engine, _) = Self::new(Parts {
            cluster,
            lease: Key::new("", name),
            replica: name.to_owned(),
            identity,
            config: Configuration::new(config.clone(), reload, None),
            catalog: ActiveCatalog::new(catalog.clone(), &addons),
            base: catalog.clone(),
            telemetry: Arc::default(),
        })?;
        engine.secret_names.impatient = true;
        Ok(engine)
    }

    /// True when this process does not lead, as far as it knows.
    pub(crate) fn stands_by(&self) -> bool {
        self.leadership.elected().now_or_never().is_none()
    }

    pub(crate) fn jittered(&self, pause: Duration) -> Duration {
        crate::engine::kind::controller::jitter(pause, rand::random_range(0.0..=1.0))
    }
}
