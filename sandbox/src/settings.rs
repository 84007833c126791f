//! How the cloud behaves: lags, latencies, limits, durations. Read and written over the admin interface. Faults are in `faults`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::service::ApiOperation;
use crate::time::Millis;

/// All times are in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct CloudSettings {
    /// A new add-on is missing from the list for so long.
    pub(crate) list_lag: Millis,
    /// A deleted one is still in the list for so long.
    pub(crate) delete_lag: Millis,
    /// Operation, or `*`, → wait before anything happens.
    pub(crate) latency: BTreeMap<String, Millis>,
    /// Requests per credential.
    pub(crate) throttle: Option<RateLimit>,
    /// Creations per credential.
    pub(crate) creation_throttle: Option<RateLimit>,
    pub(crate) migration: MigrationSettings,
    /// A deleted add-on can be seen going, by its own address, for so long.
    pub(crate) lingering: Millis,
    /// Provider → a younger add-on cannot be deleted.
    pub(crate) minimum_age: BTreeMap<String, Millis>,
    /// Until then an instance is not up, and what has a status of its own is still coming.
    pub(crate) provisioning: Millis,
    /// Addresses that want an add-on's id take its real id too.
    pub(crate) lenient_ids: bool,
    /// JSON is sent as `text/plain`.
    pub(crate) plain_text: bool,
    /// The first listener takes a bearer token too.
    pub(crate) bearer: bool,
    /// The sandbox's clock runs ahead of the real one by so much.
    pub(crate) clock_ahead: Millis,
}

/// So many in any span of so long.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimit {
    pub(crate) requests: usize,
    pub(crate) per: Millis,
}

/// How migrations started from now on go.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MigrationSettings {
    pub(crate) duration: Millis,
    pub(crate) outcome: MigrationOutcome,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum MigrationOutcome {
    #[default]
    Ok,
    Failed,
}

impl CloudSettings {
    /// These settings with the given fields replaced.
    pub(crate) fn with(&self, changes: Map<String, Value>) -> Result<Self> {
        let mut all = serde_json::to_value(self)?;
        all.as_object_mut().context("settings are an object")?.extend(changes);
        Ok(serde_json::from_value(all)?)
    }

    pub(crate) fn latency_of(&self, operation: Option<ApiOperation>) -> Millis {
        let name = operation.and_then(|operation| serde_json::to_value(operation).ok());
        let named = name.as_ref().and_then(Value::as_str).and_then(|name| self.latency.get(name));
        named.or_else(|| self.latency.get("*")).copied().unwrap_or(0)
    }
}

impl Default for CloudSettings {
    fn default() -> Self {
        Self {
            list_lag: 0,
            delete_lag: 0,
            latency: BTreeMap::new(),
            throttle: None,
            creation_throttle: None,
            migration: MigrationSettings::default(),
            lingering: 10_000,
            minimum_age: BTreeMap::new(),
            provisioning: 0,
            lenient_ids: false,
            plain_text: false,
            bearer: false,
            clock_ahead: 0,
        }
    }
}

impl Default for MigrationSettings {
    fn default() -> Self {
        Self { duration: 1_000, outcome: MigrationOutcome::Ok }
    }
}
