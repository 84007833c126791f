//! Observe, plan, execute, report: one controller for each kind of the catalog.
//!
//! The interpreter's `plan` decides each step. The engine calls it, executes the step, and records the
//! outcome.

mod active_catalog;
mod annotations;
mod apply_plan;
mod catalog;
mod clock;
mod cloud_api;
mod config_objects;
mod context;
mod controllers;
mod credentials;
mod events;
mod helm_release;
mod identity;
mod inventory;
mod kind;
mod labels;
mod migration_report;
mod object_ref;
mod obstacles;
mod offers_probe;
mod outputs_pace;
mod reconcile;
mod registry;
mod resource_version;
mod run;
mod scope;
mod secret_names;

pub use crate::cluster::ClusterOptions;
pub use apply_plan::{
    ApplyPlan, CheckedBy, FieldChange, MonthlyPrice, ObjectChange, PlanOptions, PlannedAction,
    PlannedManifest, PlannedRequest, PlannedResource, PlannedStep, SkippedKind, apply_plan,
};
pub use catalog::CatalogSources;
pub use config_objects::{ConfigText, Reload};
pub use events::{EventAction, MilestoneReason, WarningReason};
pub use inventory::{
    HeldAddon, ImportOptions, ImportReport, ImportedAddon, ListedOrphan, OrphanOptions, OrphanReport,
    OrphanVerdict, UnmanagedAddon, import_report, orphan_report,
};
pub use migration_report::{
    Assignment, CrdReport, EVENT_MAX_AGE, MigrationOptions, MigrationReport, ResourceReport, migration_report,
};
pub use obstacles::{Obstacles, api_access, kind_obstacle};
pub use offers_probe::{Window, look};
pub use reconcile::dry_run::{ExpectedOutcome, FoundBy};
pub use run::{Options, run};
