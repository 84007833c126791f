//! An add-on and its lifecycle: creating, ready, migrating, deleting, deleted. Pure; time is a parameter. Its
//! JSON is built in `views`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::offers::{AddonPlan, AddonVersion};
use crate::service::StatusNames;
use crate::settings::MigrationOutcome;
use crate::template::TemplateValues;
use crate::time::Millis;

/// The record of one add-on. Records of deleted add-ons are kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Addon {
    pub(crate) id: String,
    pub(crate) real_id: String,
    pub(crate) name: String,
    pub(crate) owner: String,
    pub(crate) provider: String,
    pub(crate) plan: AddonPlan,
    pub(crate) region: String,
    pub(crate) version: AddonVersion,
    /// Effective options, defaults included.
    pub(crate) options: BTreeMap<String, String>,
    /// Generated values: host, password …
    pub(crate) values: TemplateValues,
    /// Ids of the children, by role.
    pub(crate) children: BTreeMap<String, String>,
    /// Id of the add-on that this one is a child of.
    pub(crate) parent: Option<String>,
    pub(crate) tags: Vec<String>,
    /// Variables written by the user, if the provider has a writable environment.
    pub(crate) env: Vec<EnvVariable>,
    /// Number of restarts of linked applications caused by writes to `env`.
    pub(crate) restarts: u64,
    pub(crate) topics: Vec<String>,
    #[serde(default)]
    pub(crate) buckets: Vec<Bucket>,
    /// Id of the network group that an operator product made for itself.
    #[serde(default)]
    pub(crate) network_group: Option<String>,
    pub(crate) created_at: Millis,
    pub(crate) deleted_at: Option<Millis>,
    pub(crate) migrations: Vec<Migration>,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EnvVariable {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// A bucket of an object storage. Its objects are not simulated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) versioning: bool,
    pub(crate) created_at: Millis,
}

/// A migration to another plan, region or version.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Migration {
    pub(crate) id: String,
    pub(crate) target: MigrationTarget,
    pub(crate) started_at: Millis,
    pub(crate) ends_at: Millis,
    pub(crate) outcome: MigrationOutcome,
    pub(crate) cancelled: bool,
    /// Set once the migration has changed the add-on.
    pub(crate) applied: bool,
}

/// The plan, region and version after a migration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MigrationTarget {
    pub(crate) plan: AddonPlan,
    pub(crate) region: String,
    pub(crate) version: AddonVersion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MigrationStatus {
    Running,
    Ok,
    Failed,
    Aborted,
}

impl Addon {
    pub(crate) fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// Returns whether the add-on was deleted less than `lingering` ago. Its provider's own path still shows
    /// it then.
    pub(crate) fn is_deleting(&self, now: Millis, lingering: Millis) -> bool {
        self.deleted_at.is_some_and(|deleted| now < deleted.saturating_add(lingering))
    }

    pub(crate) fn is_older_than(&self, age: Millis, now: Millis) -> bool {
        now >= self.created_at.saturating_add(age)
    }

    pub(crate) fn is_migrating(&self, now: Millis) -> bool {
        self.migrations.iter().any(|migration| migration.status(now) == MigrationStatus::Running)
    }

    pub(crate) fn has_option(&self, name: &str) -> bool {
        self.options.get(name).is_some_and(|value| value == "true")
    }

    /// Returns the name of the current status.
    pub(crate) fn status<'a>(&self, names: &'a StatusNames, provisioning: Millis, now: Millis) -> &'a str {
        match self.deleted_at {
            Some(_) => &names.deleting,
            None if self.is_older_than(provisioning, now) => &names.ready,
            None => &names.creating,
        }
    }
}

impl Migration {
    pub(crate) fn status(&self, now: Millis) -> MigrationStatus {
        match self.outcome {
            _ if self.cancelled => MigrationStatus::Aborted,
            _ if now < self.ends_at => MigrationStatus::Running,
            MigrationOutcome::Ok => MigrationStatus::Ok,
            MigrationOutcome::Failed => MigrationStatus::Failed,
        }
    }
}

impl MigrationStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Ok => "OK",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
        }
    }
}
