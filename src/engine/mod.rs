//! Observe, plan, execute, report: one controller for each kind of the catalog.
//!
//! What to do next is decided in the interpreter's `plan`. Here it is only asked, done, and told back.

mod ability;
mod access;
mod account;
mod ask;
mod bounds;
mod clock;
mod cloud_reads;
mod cloud_writes;
mod cluster_writes;
mod conditions;
mod controller;
mod custody;
mod definitions;
mod dossier;
mod execute;
mod grant;
mod holders;
mod library;
mod lookout;
mod names;
mod observe;
mod overrides;
mod pass;
mod posts;
mod rehearsal;
mod report;
mod run;
mod secret;
mod settings;
mod shop;
mod takeover;
mod wish;
mod words;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures::FutureExt;
use interpreter::catalog::Api;
use kube::api::{DynamicObject, PartialObjectMeta};

pub use library::Base;
pub use rehearsal::{Found, Outcome};
pub use run::{Options, run};
pub use settings::{Reload, Told};
pub use shop::{Window, look};
pub use takeover::{Definition, Prospect, RECENTLY, Survey, Surveying, survey};

use self::access::Reach;
use self::account::Accounts;
use self::bounds::Bounds;
use self::clock::Clock;
use self::controller::Controller;
use self::holders::Unlisted;
use self::library::{InForce, Library};
use self::overrides::Overrides;
use self::settings::Objects;
use crate::cluster::events::Events;
use crate::cluster::lease::Leadership;
use crate::cluster::namespace::Namespaces;
use crate::cluster::watch::Watch;
use crate::cluster::{Cluster, Failure, Key};
use crate::config::Config;
use crate::telemetry::Telemetry;

/// What all controllers share.
struct Engine {
    clock: Clock,
    /// Made at the start of this process: no other one ever had it.
    process: String,
    /// Which operator this is, for people.
    operator: String,
    cluster: Cluster,
    /// Where it works.
    bounds: Bounds,
    namespaces: Namespaces,
    events: Events,
    secrets: Watch<PartialObjectMeta<DynamicObject>>,
    leadership: Leadership,
    /// What it is told, as it is in force now.
    config: RwLock<Arc<Config>>,
    reload: Reload,
    /// What is wrong with what it is told, as was said last.
    complaint: Mutex<Option<String>>,
    /// Where it may be told more.
    objects: Option<Objects>,
    overrides: Overrides,
    reach: Reach,
    /// Where the catalog comes from.
    library: Library,
    /// What of it is interpreted now.
    catalog: RwLock<Arc<InForce>>,
    /// Which installation this is: its namespace and the lease in it.
    installation: String,
    /// It makes the definitions itself, and keeps them as the catalog says.
    manages_definitions: bool,
    accounts: Accounts,
    telemetry: Arc<Telemetry>,
    /// Becomes true when this process is to stop.
    shutdown: tokio::sync::watch::Receiver<bool>,
    controllers: RwLock<Vec<Arc<Controller>>>,
    /// Kinds whose resources may exist and have not been listed yet.
    unlisted: Unlisted,
}

impl Engine {
    /// Reads the credentials of a namespace live; if they are others than was known, all its resources are looked at.
    async fn look_for_overrides(&self, namespace: &str) -> Result<(), Failure> {
        if self.overrides.look(namespace).await? {
            self.queue_namespace(namespace);
        }
        Ok(())
    }

    /// What it is told now.
    fn config(&self) -> Arc<Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is interpreted now.
    fn in_force(&self) -> Arc<InForce> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The APIs that anything needs now.
    fn apis(&self) -> Vec<Arc<Api>> {
        self.in_force().apis.clone()
    }

    /// A controller has begun, or has taken the place of another.
    fn take_up(&self, new: &Arc<Controller>) {
        let mut controllers = self.controllers.write().unwrap_or_else(PoisonError::into_inner);
        match controllers.iter_mut().find(|controller| controller.kind.to_string() == new.kind.to_string()) {
            Some(old) => *old = new.clone(),
            None => controllers.push(new.clone()),
        }
    }

    /// Has the resources of a kind listed once more, if it is followed.
    fn list_again(&self, definition: &str) {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().filter(|controller| controller.kind.to_string() == definition).for_each(|controller| controller.list_again());
    }

    /// The controller of a kind has ended for good.
    fn leave(&self, definition: &str) {
        let mut controllers = self.controllers.write().unwrap_or_else(PoisonError::into_inner);
        controllers.retain(|controller| controller.kind.to_string() != definition);
    }

    fn queue_namespace(&self, namespace: &str) {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().for_each(|controller| controller.queue_namespace(namespace));
    }

    fn queue_all(&self) {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().for_each(|controller| controller.queue_all());
    }

    /// The version of a Secret of ours, as last seen; none: it is not there.
    fn secret_version(&self, key: &Key) -> Option<String> {
        self.secrets.get(key).and_then(|secret| secret.metadata.resource_version.clone())
    }

    /// Another process leads, or nobody, as far as this one knows.
    fn stands_by(&self) -> bool {
        self.leadership.elected().now_or_never().is_none()
    }

    fn jittered(&self, pause: Duration) -> Duration {
        controller::jitter(pause, rand::random_range(0.0..=1.0))
    }
}
