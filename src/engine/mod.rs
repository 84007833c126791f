//! Observe, plan, execute, report: one controller for each kind of the catalog.
//!
//! What to do next is decided in the interpreter's `plan`. Here it is only asked, done, and told back.

mod ability;
mod access;
mod account;
mod ask;
mod claim;
mod clock;
mod cloud_reads;
mod cloud_writes;
mod cluster_writes;
mod conditions;
mod controller;
mod custody;
mod dossier;
mod execute;
mod grant;
mod lookout;
mod names;
mod observe;
mod overrides;
mod pass;
mod rehearsal;
mod report;
mod run;
mod secret;
mod settings;
mod shop;
mod takeover;
mod wish;
mod words;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::FutureExt;
use interpreter::catalog::Api;
use interpreter::plan::{FoundClaim, Record};
use kube::api::{DynamicObject, PartialObjectMeta};

pub use rehearsal::{Found, Outcome};
pub use run::{Options, run};
pub use settings::{Reload, Told};
pub use shop::{Window, look};
pub use takeover::{Definition, Prospect, RECENTLY, Survey, Surveying, survey};

use self::access::Reach;
use self::account::Accounts;
use self::clock::Clock;
use self::controller::Controller;
use self::overrides::Overrides;
use self::settings::Objects;
use crate::cluster::events::Events;
use crate::cluster::lease::Leadership;
use crate::cluster::namespace::Namespaces;
use crate::cluster::watch::Watch;
use crate::cluster::{Cluster, Failure, Key, Kind};
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
    namespaces: Namespaces,
    events: Events,
    secrets: Watch<PartialObjectMeta<DynamicObject>>,
    leadership: Leadership,
    /// What it is told, as it is in force now.
    config: RwLock<Arc<Config>>,
    reload: Reload,
    /// Where it may be told more.
    objects: Option<Objects>,
    overrides: Overrides,
    reach: Reach,
    /// The APIs that anything needs.
    apis: Vec<Arc<Api>>,
    /// Every kind of the catalog, with its finalizer.
    kinds: Vec<(Kind, String)>,
    accounts: Accounts,
    telemetry: Arc<Telemetry>,
    /// Becomes true when this process is to stop.
    shutdown: tokio::sync::watch::Receiver<bool>,
    controllers: RwLock<Vec<Arc<Controller>>>,
}

impl Engine {
    /// Reads the credentials of a namespace live; if they are others than was known, all its resources are looked at.
    async fn look_for_overrides(&self, namespace: &str) -> Result<(), Failure> {
        if self.overrides.look(namespace).await? {
            self.queue_namespace(namespace);
        }
        Ok(())
    }

    fn queue_namespace(&self, namespace: &str) {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().for_each(|controller| controller.queue_namespace(namespace));
    }

    fn queue_all(&self) {
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        controllers.iter().for_each(|controller| controller.queue_all());
    }

    /// Who else holds the add-on of a record.
    fn claim_on(&self, record: &Record, uid: &str) -> FoundClaim {
        let Some(ids) = &record.ids else { return FoundClaim::default() };
        let controllers = self.controllers.read().unwrap_or_else(PoisonError::into_inner);
        FoundClaim { held_by: controllers.iter().find_map(|controller| controller.holder(ids, uid)) }
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
