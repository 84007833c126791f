//! The behaviour of the cloud: lags, latencies, limits and durations. Read and written through the admin
//! interface.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::service::ApiOperation;
use crate::time::Millis;

/// The settings. All times are in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct CloudSettings {
    /// Time for which a new add-on is missing from the list.
    pub(crate) list_lag: Millis,
    /// Time for which a deleted add-on stays in the list.
    pub(crate) delete_lag: Millis,
    /// Delay before a request is processed, by operation or `*`.
    pub(crate) latency: BTreeMap<String, Millis>,
    /// Limit on the requests of each account.
    pub(crate) throttle: Option<RateLimit>,
    /// Limit on the creations of each account.
    pub(crate) creation_throttle: Option<RateLimit>,
    pub(crate) migration: MigrationSettings,
    /// Time for which a deleted add-on is shown at its provider's own path.
    pub(crate) lingering: Millis,
    /// Minimum age of an add-on before it can be deleted, by provider.
    pub(crate) minimum_age: BTreeMap<String, Millis>,
    /// Time after creation until the instance is up and the status is ready.
    pub(crate) provisioning: Millis,
    /// Use of an add-on's real id where its id is expected.
    pub(crate) real_ids: RealIdRule,
    /// Outcome of a migration that asks for no version.
    pub(crate) versionless_migration: VersionlessMigration,
    /// Form of a version in the outputs of the providers that show it nowhere else.
    pub(crate) output_version: OutputVersion,
    /// Send JSON as `text/plain`.
    pub(crate) plain_text: bool,
    /// Accept bearer tokens on the first listener too.
    pub(crate) bearer: bool,
    /// Offset of the sandbox's clock from the real one.
    pub(crate) clock_ahead: Millis,
}

/// A number of requests in a sliding window of `per` milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimit {
    pub(crate) requests: usize,
    pub(crate) per: Millis,
}

/// Duration and outcome of migrations that start from now on.
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

/// Paths of `/v2` that accept an add-on's real id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RealIdRule {
    #[default]
    Refused,
    /// Only the outputs accept it.
    Outputs,
    Accepted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VersionlessMigration {
    #[default]
    Refused,
    /// The add-on keeps its version.
    Keeps,
    /// The add-on gets the default version of the provider.
    Default,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutputVersion {
    /// As requested, such as `7.0.4`.
    #[default]
    Long,
    /// Without the dots, such as `704`.
    Short,
    /// Not shown.
    Absent,
}

impl CloudSettings {
    /// Returns the settings with the given fields replaced.
    ///
    /// # Errors
    /// Fails if a field is unknown or has the wrong type.
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
            real_ids: RealIdRule::default(),
            versionless_migration: VersionlessMigration::default(),
            output_version: OutputVersion::default(),
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
