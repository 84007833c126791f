//! The validated settings of the operator and of each API.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use interpreter::plan::{DeletionPolicy, DriftPolicy};
use interpreter::reconcile::{AdoptionRules, MarkingPolicy, Tenants};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::config::connection_secret::SecretDefaults;

/// The whole configuration, validated except for missing credentials (see
/// [`credentials`](crate::config::credentials())).
#[derive(Debug, Clone)]
pub struct Config {
    /// Settings of each API of the catalog, by its name; an entry for every API.
    pub apis: BTreeMap<String, ApiSettings>,
    /// Settings of the operator itself.
    pub operator: OperatorSettings,
}

/// Settings of one API.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Section of the file: `api`, or `apis.<name>`.
    pub section: String,
    /// Endpoint that replaces the catalog's, as written; [`endpoint`](crate::config::endpoint()) makes a URL
    /// of it.
    pub endpoint: Option<String>,
    /// Organisation of resources that name none.
    pub organisation: Option<String>,
    /// Credentials, by the names that the catalog's authentication schemes give.
    pub credentials: BTreeMap<String, SecretString>,
}

/// Settings of the operator itself. The durations protect the guarantees about creating and deleting; tests
/// shorten them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSettings {
    /// Address of the server for health and metrics.
    pub(crate) listen: SocketAddr,
    /// Creation window: a creation is sent only within this time after its intent was recorded. Too short:
    /// creations give up under load.
    pub(crate) creation_window: Duration,
    /// List lag, replacing the catalog's: time after which an effect certainly shows in a list. Too short:
    /// duplicates become possible.
    pub(crate) list_lag: Option<Duration>,
    /// Time limit of one request to a cloud, replacing the catalog's.
    pub(crate) request_timeout: Option<Duration>,
    /// Absence time: the time for which lists must lack an add-on before they prove that it is gone, if the cloud
    /// acknowledged no deletion of it. Too short: an outage looks like a deletion.
    pub(crate) absence_time: Duration,
    /// Poll interval: how often a resource that is in sync is compared with the cloud.
    pub(crate) poll_interval: Duration,
    /// Namespaces whose resources are managed; empty for all.
    pub(crate) watch_namespaces: BTreeSet<String>,
    /// Endpoints that the credentials of a namespace may name; `None` for those of the catalog and of this
    /// configuration.
    pub(crate) endpoints: Option<BTreeSet<String>>,
    /// Times of the leader election.
    pub(crate) lease: LeaseSettings,
    /// Organisations that each namespace may name.
    pub tenants: Tenants,
    /// Add-ons that resources may take over without another proof.
    pub adoption: AdoptionRules,
    /// Deletion policy of resources whose annotations, and those of their namespace, name none.
    pub deletion_policy: DeletionPolicy,
    /// Add-ons that the operator marks at the cloud.
    pub marks: MarkingPolicy,
    /// Drift policy of resources whose annotation names none; `None` for that of the catalog.
    pub drift: Option<DriftPolicy>,
    /// Labels and annotations of the Secrets of resources.
    pub connection_secret: SecretDefaults,
}

/// Times of the leader election, as client-go names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseSettings {
    /// Time after the last renewal at which another replica may take over. Whole seconds.
    pub(crate) duration: Duration,
    /// Time after the last successful renewal within which the leader acts; less than `duration`.
    pub(crate) renew_deadline: Duration,
    /// Time between two tries; up to a fifth is added at random, and the sum is less than `renew_deadline`.
    pub(crate) retry: Duration,
}

impl Default for OperatorSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 8000)),
            creation_window: Duration::from_secs(20),
            list_lag: None,
            request_timeout: None,
            absence_time: Duration::from_secs(15 * 60),
            poll_interval: Duration::from_secs(300),
            watch_namespaces: BTreeSet::new(),
            endpoints: None,
            lease: LeaseSettings::default(),
            tenants: Tenants::default(),
            adoption: AdoptionRules::default(),
            deletion_policy: DeletionPolicy::default(),
            marks: MarkingPolicy::default(),
            drift: None,
            connection_secret: SecretDefaults::default(),
        }
    }
}

impl Default for LeaseSettings {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

impl OperatorSettings {
    /// Returns the values of the keys below `operator.`, as one would write them; `None` where the catalog's
    /// value applies. Omits the keys whose names are not fixed: tenants, adoption rules, labels and annotations.
    pub fn values(&self) -> [(&'static str, Option<String>); 14] {
        // Without `..`, so that a new setting does not compile before it is listed here.
        let Self {
            listen,
            creation_window,
            list_lag,
            request_timeout,
            absence_time,
            poll_interval,
            watch_namespaces,
            endpoints,
            lease: LeaseSettings { duration, renew_deadline, retry },
            tenants: _,
            adoption: _,
            deletion_policy,
            marks,
            drift,
            connection_secret: _,
        } = self;
        let namespaces: Vec<_> = watch_namespaces.iter().map(String::as_str).collect();
        let namespaces = if namespaces.is_empty() { "all".to_owned() } else { namespaces.join(", ") };
        let endpoints = match endpoints {
            Some(endpoints) if endpoints.is_empty() => "none".to_owned(),
            Some(endpoints) => endpoints.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
            None => "catalog and configuration".to_owned(),
        };
        let text = |duration: &Duration| {
            SignedDuration::try_from(*duration).map(|duration| format!("{duration:#}")).ok()
        };
        [
            ("listen", Some(listen.to_string())),
            ("pollInterval", text(poll_interval)),
            ("watchNamespaces", Some(namespaces)),
            ("endpoints", Some(endpoints)),
            ("deletionPolicy", Some(deletion_policy.name().to_owned())),
            ("marks", Some(marks.name().to_owned())),
            ("drift", Some(drift.map_or("catalog", DriftPolicy::name).to_owned())),
            ("requestTimeout", request_timeout.as_ref().and_then(text)),
            ("creationWindow", text(creation_window)),
            ("listLag", list_lag.as_ref().and_then(text)),
            ("absenceTime", text(absence_time)),
            ("lease.duration", text(duration)),
            ("lease.renewDeadline", text(renew_deadline)),
            ("lease.retry", text(retry)),
        ]
    }
}

impl ApiSettings {
    /// Returns the values that a catalog may reference as `config`: defaults for specs, and never a
    /// credential.
    pub fn defaults(&self) -> Value {
        match &self.organisation {
            Some(organisation) => json!({ "organisation": organisation }),
            None => json!({}),
        }
    }
}
