//! Context shared by all controllers: cluster, caches, catalog state, telemetry.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures::FutureExt;
use interpreter::catalog::Api;
use kube::api::{DynamicObject, PartialObjectMeta};

use crate::cluster::events::Events;
use crate::cluster::lease::Leadership;
use crate::cluster::namespace::Namespaces;
use crate::cluster::watch::Watch;
use crate::cluster::{Cluster, Failure, Key};
use crate::config::{ApiSettings, Config};
use crate::engine::catalog::state::{InForce, Library};
use crate::engine::clock::Clock;
use crate::engine::cloud_api::account_cache::Accounts;
use crate::engine::config_objects::{Objects, Reload};
use crate::engine::credentials::connect::{Reach, Whose};
use crate::engine::credentials::namespace_secrets::{Override, Overrides};
use crate::engine::credentials::resolve::{Grant, of_operator, over};
use crate::engine::kind::controller::Controller;
use crate::engine::kind::unlisted::Unlisted;
use crate::engine::scope::Bounds;
use crate::telemetry::Telemetry;

/// What all controllers share.
pub(crate) struct Engine {
    pub(crate) clock: Clock,
    /// Made at the start of this process: no other one ever had it.
    pub(crate) process: String,
    /// Which operator this is, for people.
    pub(crate) operator: String,
    pub(crate) cluster: Cluster,
    /// Where it works.
    pub(crate) bounds: Bounds,
    pub(crate) namespaces: Namespaces,
    pub(crate) events: Events,
    pub(crate) secrets: Watch<PartialObjectMeta<DynamicObject>>,
    pub(crate) leadership: Leadership,
    /// What it is told, as it is in force now.
    pub(crate) config: RwLock<Arc<Config>>,
    pub(crate) reload: Reload,
    /// What is wrong with what it is told, as was said last.
    pub(crate) complaint: Mutex<Option<String>>,
    /// Where it may be told more.
    pub(crate) objects: Option<Objects>,
    pub(crate) overrides: Overrides,
    pub(crate) reach: Reach,
    /// Where the catalog comes from.
    pub(crate) library: Library,
    /// What of it is interpreted now.
    pub(crate) catalog: RwLock<Arc<InForce>>,
    /// Which installation this is: its namespace and the lease in it.
    pub(crate) installation: String,
    /// It makes the definitions itself, and keeps them as the catalog says.
    pub(crate) manages_definitions: bool,
    pub(crate) accounts: Accounts,
    pub(crate) telemetry: Arc<Telemetry>,
    /// Becomes true when this process is to stop.
    pub(crate) shutdown: tokio::sync::watch::Receiver<bool>,
    pub(crate) controllers: RwLock<Vec<Arc<Controller>>>,
    /// Kinds whose resources may exist and have not been listed yet.
    pub(crate) unlisted: Unlisted,
}

impl Engine {
    /// Reads the credentials of a namespace live; if they are others than was known, all its resources are looked at.
    pub(crate) async fn look_for_overrides(&self, namespace: &str) -> Result<(), Failure> {
        if self.overrides.look(namespace).await? {
            self.queue_namespace(namespace);
        }
        Ok(())
    }

    /// What it is told now.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is interpreted now.
    pub(crate) fn in_force(&self) -> Arc<InForce> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The APIs that anything needs now.
    pub(crate) fn apis(&self) -> Vec<Arc<Api>> {
        self.in_force().apis.clone()
    }

    /// A controller has begun, or has taken the place of another.
    pub(crate) fn take_up(&self, new: &Arc<Controller>) {
        let mut controllers = self.controllers.write().unwrap_or_else(PoisonError::into_inner);
        match controllers.iter_mut().find(|controller| controller.kind.to_string() == new.kind.to_string()) {
            Some(old) => *old = new.clone(),
            None => controllers.push(new.clone()),
        }
    }

    /// Has the resources of a kind listed once more, if it is followed.
    pub(crate) fn list_again(&self, definition: &str) {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().filter(|controller| controller.kind.to_string() == definition).for_each(|controller| controller.list_again());
    }

    /// The controller of a kind has ended for good.
    pub(crate) fn leave(&self, definition: &str) {
        let mut controllers = self.controllers.write().unwrap_or_else(PoisonError::into_inner);
        controllers.retain(|controller| controller.kind.to_string() != definition);
    }

    pub(crate) fn queue_namespace(&self, namespace: &str) {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().for_each(|controller| controller.queue_namespace(namespace));
    }

    pub(crate) fn queue_all(&self) {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().for_each(|controller| controller.queue_all());
    }

    /// The version of a Secret of ours, as last seen; none: it is not there.
    pub(crate) fn secret_version(&self, key: &Key) -> Option<String> {
        self.secrets.get(key).and_then(|secret| secret.metadata.resource_version.clone())
    }

    /// Another process leads, or nobody, as far as this one knows.
    pub(crate) fn stands_by(&self) -> bool {
        self.leadership.elected().now_or_never().is_none()
    }

    pub(crate) fn jittered(&self, pause: Duration) -> Duration {
        crate::engine::kind::controller::jitter(pause, rand::random_range(0.0..=1.0))
    }
}

impl Engine {
    /// What is in force now. The operator's own credentials never take the place of those of a namespace that are broken.
    pub(crate) fn grant(&self, api: &Api, namespace: &str) -> Grant {
        match self.overrides.in_force(namespace).filter(|_| !namespace.is_empty()) {
            Some(own) => match &own.says {
                Err(why) => Grant::broken(&own, why.clone()),
                Ok(says) if says.unknown.contains_key(&api.name) => {
                    Grant::broken(&own, says.unknown.get(&api.name).cloned().unwrap_or_default())
                }
                Ok(says) => match says.apis.get(&api.name) {
                    Some(settings) => self.of_namespace(api, &own, settings),
                    None => self.general(api),
                },
            },
            None => self.general(api),
        }
    }

    fn general(&self, api: &Api) -> Grant {
        of_operator(&self.reach, &self.config.read().unwrap_or_else(PoisonError::into_inner), api)
    }

    fn of_namespace(&self, api: &Api, own: &Override, settings: &ApiSettings) -> Grant {
        if settings.credentials.is_empty() {
            // It says something else only: the credentials are the operator's, openly and not in the place of others.
            return Grant { defaults: over(settings.defaults(), self.general(api).defaults), ..self.general(api) };
        }
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner).clone();
        // Elsewhere, nothing of what the operator is told means anything.
        let general = config.apis.get(&api.name).filter(|_| settings.endpoint.is_none());
        let whose = Whose::Namespaces { endpoint: general.and_then(|general| general.endpoint.as_deref()) };
        let access = self.reach.access(api, settings, whose).map_err(|why| format!("Secret `{}`: {why:#}", own.secret));
        let defaults = over(settings.defaults(), general.map(ApiSettings::defaults).unwrap_or_default());
        Grant { access: access.map(Arc::new), secret: Some(own.secret.clone()), leaving: own.is_leaving(), defaults }
    }

    /// Whether not every namespace may use every account.
    pub(crate) fn limits_accounts(&self) -> bool {
        self.config.read().unwrap_or_else(PoisonError::into_inner).operator.tenants.are_limited()
    }

    /// Whether a namespace may use an account at all; what belongs to no namespace is the administrator's.
    pub(crate) fn may(&self, namespace: &str, account: &str) -> bool {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        namespace.is_empty() || account.is_empty() || config.operator.tenants.may(namespace, account)
    }

    /// What a tenant may do who names an account that is not its own.
    pub(crate) fn remedy_for(&self, namespace: &str) -> String {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        let allowed: Vec<_> = config.operator.tenants.allowed(namespace).map(|account| format!("`{account}`")).collect();
        let allow = "have the operator's `operator.tenants` allow it";
        if allowed.is_empty() { allow.to_owned() } else { format!("name {}, or {allow}", allowed.join(" or ")) }
    }
}
