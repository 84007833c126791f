//! Generates the `CustomResourceDefinition` of an add-on's kind: structural, bounded, described, with rules
//! that a real API server accepts.
//!
//! The catalog defines the meaning of a field; this module adds only the information that Kubernetes needs.

mod breaking;
mod columns;
mod condition;
mod connection_secret;
mod definition;
mod ownership;
mod policy;
mod role;
mod rules;
mod schema;
mod spec;
mod status;
mod user_roles;
mod yaml;

pub use breaking::{Breaking, acknowledgement, breaking};
pub use definition::{CATALOG_ENTRY, crd, file_name};
pub use ownership::{ApplyStep, ClaimStep, CrdObstacle, InstalledCrd, apply_step, claim_step};
pub use policy::{RecordWriters, deletion_policy, record_policy};
pub use role::{Definitions, cluster_role, role};
pub use user_roles::user_roles;
pub use yaml::{kustomization, yaml};
