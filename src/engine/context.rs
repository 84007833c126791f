//! Context shared by all controllers: cluster, caches, catalog state, telemetry.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::FutureExt;
use interpreter::catalog::Api;
use kube::api::{DynamicObject, PartialObjectMeta};
use parking_lot::{Mutex, RwLock};

use crate::cluster::events::Events;
use crate::cluster::lease::Leadership;
use crate::cluster::namespace::Namespaces;
use crate::cluster::watch::Watch;
use crate::cluster::{Cluster, Key, Kind};
use crate::config::Config;
use crate::engine::catalog::state::{ActiveCatalog, CatalogState};
use crate::engine::clock::Clock;
use crate::engine::cloud_api::account_cache::Accounts;
use crate::engine::config_objects::{Objects, Reload};
use crate::engine::credentials::service::CredentialsService;
use crate::engine::kind::controller::Controller;
use crate::engine::kind::unlisted::Unlisted;
use crate::engine::scope::Bounds;
use crate::telemetry::Telemetry;

/// The context that all controllers share.
pub(crate) struct Engine {
    pub(crate) clock: Clock,
    /// A random id of this process; no other process ever had it.
    pub(crate) process: String,
    /// The name of this operator in messages.
    pub(crate) operator: String,
    pub(crate) cluster: Cluster,
    /// The scope of the operator, and its known permissions on CRDs.
    pub(crate) bounds: Bounds,
    pub(crate) namespaces: Namespaces,
    pub(crate) events: Events,
    pub(crate) secrets: Watch<PartialObjectMeta<DynamicObject>>,
    pub(crate) leadership: Leadership,
    /// The configuration in use.
    pub(crate) config: Arc<ArcSwap<Config>>,
    pub(crate) reload: Reload,
    /// The last reported problem of the configuration.
    pub(crate) config_problem: Mutex<Option<String>>,
    /// The cluster objects that may hold configuration.
    pub(crate) objects: Option<Objects>,
    pub(crate) credentials: CredentialsService,
    /// The catalog's sources and validation state.
    pub(crate) catalog_state: CatalogState,
    /// The active catalog.
    pub(crate) catalog: ArcSwap<ActiveCatalog>,
    /// The identity of this installation: its namespace and the lease in it.
    pub(crate) installation: String,
    /// True when the operator creates and updates the CRDs itself.
    pub(crate) manages_definitions: bool,
    pub(crate) accounts: Accounts,
    pub(crate) telemetry: Arc<Telemetry>,
    /// Becomes true when this process has to stop.
    pub(crate) shutdown: tokio::sync::watch::Receiver<bool>,
    pub(crate) controllers: RwLock<Vec<Arc<Controller>>>,
    /// Kinds whose resources may exist but have not been listed yet.
    pub(crate) unlisted: Unlisted,
}

impl Engine {
    /// Returns the configuration in use.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.load_full()
    }

    /// Returns the active catalog.
    pub(crate) fn active_catalog(&self) -> Arc<ActiveCatalog> {
        self.catalog.load_full()
    }

    /// Returns the APIs that active kinds use.
    pub(crate) fn apis(&self) -> Vec<Arc<Api>> {
        self.active_catalog().apis.clone()
    }

    /// Adds a controller, or replaces the one of the same kind.
    pub(crate) fn register(&self, new: &Arc<Controller>) {
        let mut controllers = self.controllers.write();
        match controllers.iter_mut().find(|controller| controller.kind.has_crd_of(&new.kind)) {
            Some(old) => *old = new.clone(),
            None => controllers.push(new.clone()),
        }
    }

    /// Relists the resources of a kind, if it has a controller.
    pub(crate) fn relist(&self, kind: &Kind) {
        let controllers = self.controllers.read();
        controllers
            .iter()
            .filter(|controller| controller.kind.has_crd_of(kind))
            .for_each(|controller| controller.relist());
    }

    /// Removes the controller of a kind.
    pub(crate) fn leave(&self, kind: &Kind) {
        let mut controllers = self.controllers.write();
        controllers.retain(|controller| !controller.kind.has_crd_of(kind));
    }

    pub(crate) fn queue_namespace(&self, namespace: &str) {
        let controllers = self.controllers.read();
        controllers.iter().for_each(|controller| controller.queue_namespace(namespace));
    }

    pub(crate) fn queue_all(&self) {
        let controllers = self.controllers.read();
        controllers.iter().for_each(|controller| controller.queue_all());
    }

    /// Returns the resource version of a managed Secret, as last observed; `None` when it does not exist.
    pub(crate) fn secret_version(&self, key: &Key) -> Option<String> {
        self.secrets.get(key).and_then(|secret| secret.metadata.resource_version.clone())
    }

    /// True when this process does not lead, as far as it knows.
    pub(crate) fn stands_by(&self) -> bool {
        self.leadership.elected().now_or_never().is_none()
    }

    pub(crate) fn jittered(&self, pause: Duration) -> Duration {
        crate::engine::kind::controller::jitter(pause, rand::random_range(0.0..=1.0))
    }
}
