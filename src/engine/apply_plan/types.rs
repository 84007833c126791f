//! Input and result of a plan.

use std::sync::Arc;

use interpreter::catalog::Catalog;
use serde::Serialize;
use serde_json::Value;

use crate::cluster::ClusterOptions;
use crate::config::Config;

/// Input of a plan.
pub struct PlanOptions {
    /// The catalog to interpret.
    pub catalog: Arc<Catalog>,
    /// The configuration of the operator.
    pub config: Config,
    /// The cluster to connect to.
    pub cluster: ClusterOptions,
    /// The namespace of manifests without one; `None`: the current one of the connection.
    pub namespace: Option<String>,
    /// The manifests, in the order in which they are applied.
    pub manifests: Vec<PlannedManifest>,
}

/// Manifest with its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedManifest {
    /// The file, for messages.
    pub source: String,
    /// The manifest, as `kubectl` sends it.
    pub manifest: Value,
}

/// Plan of an apply.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyPlan {
    /// The resources, in the order of the manifests.
    pub resources: Vec<PlannedResource>,
    /// The manifests of other kinds.
    pub skipped: Vec<SkippedKind>,
    /// Reads that failed, each with its error.
    pub not_checked: Vec<String>,
}

/// Manifests that no controller of the operator looks at.
#[derive(Debug, Serialize)]
pub struct SkippedKind {
    /// Their kind.
    pub kind: String,
    /// Their number.
    pub count: usize,
}

/// Action of the operator for a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlannedAction {
    /// Create an add-on.
    Create,
    /// Change the add-on.
    Change,
    /// Create an add-on in the place of one that is gone.
    Replace,
    /// Delete the add-on.
    Delete,
    /// Keep the add-on as it is: nothing is written to the cloud.
    None,
    /// Wait for the user or an administrator: the manifest is accepted, and the operator keeps the add-on as it is
    /// until the reason is gone.
    Waits,
    /// Do nothing, because the API server or the operator refuses the manifest.
    Refused,
    /// Something that cannot be told, because a read failed or is not permitted.
    Unknown,
}

/// Effect of the apply on the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectChange {
    /// Create it.
    Create,
    /// Change it.
    Change,
    /// Leave it as it is.
    None,
    /// Refuse the manifest.
    Refused,
    /// Something that cannot be told, because the object cannot be read.
    Unknown,
}

/// The judge of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckedBy {
    /// The API server, in a dry run: defaults, validation and admission are real.
    ApiServer,
    /// This program, by the schema of the catalog.
    Catalog,
}

/// Plan for one resource.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedResource {
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for a cluster-scoped resource.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The file of the manifest.
    pub source: String,
    /// The action of the operator.
    pub action: PlannedAction,
    /// Effect of the apply on the object.
    pub object: ObjectChange,
    /// The judge of the manifest.
    pub checked_by: CheckedBy,
    /// The id of its add-on, if there is one.
    pub addon: Option<String>,
    /// The reason, from the list of the conditions; a refusal by the API server is `Invalid`.
    pub reason: String,
    /// The explanation, in one or a few sentences.
    pub message: String,
    /// The fields of the object that would change.
    pub fields: Vec<FieldChange>,
    /// The differences between the add-on and the spec.
    pub differences: Vec<String>,
    /// The edits that the operator refuses, while it makes the other ones.
    pub refusals: Vec<String>,
    /// The writes of the operator, in order.
    pub steps: Vec<PlannedStep>,
    /// The work that follows the steps, if the resource is not ready after them.
    pub afterwards: Option<String>,
    /// The price of a month; `None` if the catalog has none or the offers were not read.
    pub price: Option<MonthlyPrice>,
    /// Limits of the plan, such as a missing permission.
    pub notes: Vec<String>,
}

/// Change of a field of the object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// The path of the field.
    pub field: String,
    /// The stored value; null if there is none.
    pub from: Value,
    /// The new value; null if it is removed.
    pub to: Value,
    /// True when both values are left out, because they may be secret.
    pub confidential: bool,
}

/// Write of the operator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedStep {
    /// The name of the step, as the log has it.
    pub step: &'static str,
    /// The reason for it.
    pub because: String,
    /// The request to the cloud; `None` for a write to the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<PlannedRequest>,
}

/// Request to the cloud, without credentials.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedRequest {
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The body; null if there is none, or if it may contain a secret.
    pub body: Value,
    /// True when the body is left out.
    pub confidential: bool,
}

/// Price of a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonthlyPrice {
    /// The price now; null if it is not known.
    pub before: Option<f64>,
    /// The price with the manifest; null if it is not known.
    pub after: Option<f64>,
    /// The currency.
    pub currency: String,
    /// The costs that the price leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl ApplyPlan {
    /// Counts a manifest that no controller looks at.
    pub(super) fn skip(&mut self, manifest: &Value) {
        let kind = manifest["kind"].as_str().unwrap_or_default();
        match self.skipped.iter_mut().find(|one| one.kind == kind) {
            Some(known) => known.count += 1,
            None => self.skipped.push(SkippedKind { kind: kind.to_owned(), count: 1 }),
        }
    }
}

impl PlannedResource {
    /// Returns true when an apply would change the object or the add-on.
    pub fn changes(&self) -> bool {
        let acts = match self.action {
            PlannedAction::Create
            | PlannedAction::Change
            | PlannedAction::Replace
            | PlannedAction::Delete => true,
            PlannedAction::None | PlannedAction::Waits | PlannedAction::Refused | PlannedAction::Unknown => {
                false
            }
        };
        acts || !self.steps.is_empty() || matches!(self.object, ObjectChange::Create | ObjectChange::Change)
    }

    /// Returns true when the plan cannot be carried out, or is not known.
    pub fn fails(&self) -> bool {
        matches!(self.action, PlannedAction::Refused | PlannedAction::Unknown) || !self.refusals.is_empty()
    }
}
