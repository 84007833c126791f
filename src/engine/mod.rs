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
mod dossier;
mod execute;
mod names;
mod observe;
mod pass;
mod report;
mod run;
mod secret;
mod wish;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::FutureExt;
use interpreter::plan::{FoundClaim, Heard, Home, Place, Reason, Record};
use kube::api::{DynamicObject, PartialObjectMeta};

pub use run::{Options, run};

use self::account::Accounts;
use self::ask::Access;
use self::clock::Clock;
use self::controller::Controller;
use crate::cluster::events::Events;
use crate::cluster::lease::Leadership;
use crate::cluster::namespace::Namespaces;
use crate::cluster::watch::Watch;
use crate::cluster::{Cluster, Key};
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
    access: BTreeMap<String, Access>,
    accounts: Accounts,
    telemetry: Arc<Telemetry>,
    /// Becomes true when this process is to stop.
    shutdown: tokio::sync::watch::Receiver<bool>,
    controllers: RwLock<Vec<Arc<Controller>>>,
}

impl Engine {
    /// Where a new add-on of this API would be made.
    fn home(&self, api: &str, account: String) -> Home {
        let access = self.access.get(api);
        let place = Place { api: api.to_owned(), endpoint: access.map(|access| access.endpoint.clone()).unwrap_or_default(), account };
        Home { place, credentials: access.map(|access| access.credentials.fingerprint().to_string()).unwrap_or_default() }
    }

    /// How to reach a place. The credentials are those of one endpoint, and are shown to no other.
    fn access_to(&self, place: &Place) -> Result<&Access, Heard> {
        let access = self.access.get(&place.api).filter(|access| access.endpoint == place.endpoint);
        access.ok_or_else(|| Heard::Rejected {
            reason: Reason::CredentialsInvalid,
            message: format!(
                "the add-on is at `{}` ({}), for which no credentials are configured: configure that endpoint again, with its credentials",
                place.endpoint, place.api
            ),
        })
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
