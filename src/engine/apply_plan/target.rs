//! Manifest to plan, and the plans that end before the planner is asked.

use std::sync::Arc;

use interpreter::catalog::Addon;
use interpreter::plan::Reason;
use serde_json::Value;

use crate::cluster::{Key, Kind};
use crate::engine::apply_plan::types::{CheckedBy, ObjectChange, PlannedAction, PlannedResource};

/// Reason of a manifest that the API server refuses, as its own words have it.
const INVALID: &str = "Invalid";

/// Manifest of a kind of the catalog.
pub(super) struct Target {
    pub(super) addon: Arc<Addon>,
    pub(super) kind: Kind,
    pub(super) source: String,
    /// The namespace; empty for a cluster-scoped resource.
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) manifest: Value,
}

impl Target {
    /// Returns the manifest in the version that is read and written.
    pub(super) fn stored_version(&self) -> Value {
        self.at_stored_version(self.manifest.clone())
    }

    /// Returns a manifest in the version that is read and written, unless the catalog does not have its version.
    pub(super) fn at_stored_version(&self, mut manifest: Value) -> Value {
        let resource = &self.addon.resource;
        let version = manifest["apiVersion"].as_str().and_then(|version| version.split_once('/'));
        if version.is_some_and(|(_, version)| resource.versions.iter().any(|known| known == version)) {
            manifest["apiVersion"] = self.kind.api_version().into();
        }
        manifest
    }

    /// Returns the key of the object.
    pub(super) fn key(&self) -> Key {
        match self.namespace.as_str() {
            "" => Key::of_cluster(&self.name),
            namespace => Key::new(namespace, &self.name),
        }
    }

    /// Returns a plan that ends with this verdict.
    pub(super) fn verdict(
        &self,
        action: PlannedAction,
        (reason, message): (&str, String),
    ) -> PlannedResource {
        PlannedResource {
            kind: self.kind.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            source: self.source.clone(),
            action,
            object: ObjectChange::Unknown,
            checked_by: CheckedBy::Catalog,
            addon: None,
            reason: reason.to_owned(),
            message,
            fields: Vec::new(),
            differences: Vec::new(),
            refusals: Vec::new(),
            steps: Vec::new(),
            afterwards: None,
            price: None,
            notes: Vec::new(),
        }
    }

    /// Returns the plan of a manifest that the API server refuses.
    pub(super) fn refused(&self, message: String, checked_by: CheckedBy) -> PlannedResource {
        let refused = self.verdict(PlannedAction::Refused, (INVALID, message));
        PlannedResource { object: ObjectChange::Refused, checked_by, ..refused }
    }

    /// Returns the plan of an object that the API server does not show.
    pub(super) fn unknown(&self, message: String) -> PlannedResource {
        self.verdict(PlannedAction::Unknown, (Reason::ClusterUnavailable.name(), message))
    }
}
