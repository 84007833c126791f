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
use crate::cluster::{Cluster, Failure, Key, Kind};
use crate::config::{ApiSettings, Config};
use crate::engine::catalog::state::{ActiveCatalog, CatalogState};
use crate::engine::clock::Clock;
use crate::engine::cloud_api::account_cache::Accounts;
use crate::engine::config_objects::{Objects, Reload};
use crate::engine::credentials::connect::{Connector, CredentialOwner};
use crate::engine::credentials::namespace_secrets::{NamespaceCredentials, NamespaceSecret};
use crate::engine::credentials::resolve::{ResolvedCredentials, of_operator, over};
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
    pub(crate) config: ArcSwap<Config>,
    pub(crate) reload: Reload,
    /// The last reported problem of the configuration.
    pub(crate) config_problem: Mutex<Option<String>>,
    /// The cluster objects that may hold configuration.
    pub(crate) objects: Option<Objects>,
    pub(crate) namespace_credentials: NamespaceCredentials,
    pub(crate) connector: Connector,
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
    /// Reads the credentials of a namespace from the API server; if they have changed, queues all resources
    /// of the namespace.
    pub(crate) async fn check_namespace_credentials(&self, namespace: &str) -> Result<(), Failure> {
        if self.namespace_credentials.look(namespace).await? {
            self.queue_namespace(namespace);
        }
        Ok(())
    }

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

impl Engine {
    /// Resolves the credentials of an API for a namespace. The operator's own credentials never replace
    /// invalid ones of a namespace.
    pub(crate) fn resolve_credentials(&self, api: &Api, namespace: &str) -> ResolvedCredentials {
        match self.namespace_credentials.in_use(namespace).filter(|_| !namespace.is_empty()) {
            Some(own) => match &own.says {
                Err(why) => ResolvedCredentials::broken(&own, why.clone()),
                Ok(says) if says.unknown.contains_key(&api.name) => ResolvedCredentials::broken(
                    &own,
                    says.unknown.get(&api.name).cloned().unwrap_or_default(),
                ),
                Ok(says) => match says.apis.get(&api.name) {
                    Some(settings) => self.of_namespace(api, &own, settings),
                    None => self.general(api),
                },
            },
            None => self.general(api),
        }
    }

    fn general(&self, api: &Api) -> ResolvedCredentials {
        of_operator(&self.connector, &self.config.load(), api)
    }

    fn of_namespace(&self, api: &Api, own: &NamespaceSecret, settings: &ApiSettings) -> ResolvedCredentials {
        if settings.credentials.is_empty() {
            // The Secret has settings but no credentials, so the operator's own apply; they do not replace
            // invalid ones.
            return ResolvedCredentials {
                defaults: over(settings.defaults(), self.general(api).defaults),
                ..self.general(api)
            };
        }
        let config = self.config.load_full();
        // At another endpoint, the operator's settings do not apply.
        let general = config.apis.get(&api.name).filter(|_| settings.endpoint.is_none());
        let owner =
            CredentialOwner::Namespaces { endpoint: general.and_then(|general| general.endpoint.as_deref()) };
        let access = self
            .connector
            .access(api, settings, owner)
            .map_err(|why| format!("Secret `{}`: {why:#}", own.secret));
        let defaults = over(settings.defaults(), general.map(ApiSettings::defaults).unwrap_or_default());
        ResolvedCredentials {
            access: access.map(Arc::new),
            secret: Some(own.secret.clone()),
            leaving: own.is_leaving(),
            defaults,
        }
    }

    /// True when some accounts are limited to certain namespaces.
    pub(crate) fn limits_accounts(&self) -> bool {
        self.config.load().operator.tenants.are_limited()
    }

    /// True when a namespace may use an account. Cluster-scoped resources belong to the administrator and may
    /// use all.
    pub(crate) fn may(&self, namespace: &str, account: &str) -> bool {
        let config = self.config.load();
        namespace.is_empty() || account.is_empty() || config.operator.tenants.may(namespace, account)
    }

    /// The instruction for a tenant that has named an account it may not use.
    pub(crate) fn remedy_for(&self, namespace: &str) -> String {
        let config = self.config.load();
        let allowed: Vec<_> =
            config.operator.tenants.allowed(namespace).map(|account| format!("`{account}`")).collect();
        let allow = "ask the administrator to allow it in `operator.tenants`";
        if allowed.is_empty() {
            allow.to_owned()
        } else {
            format!("name {} in the spec, or {allow}", allowed.join(" or "))
        }
    }
}
