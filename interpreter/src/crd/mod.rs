//! An add-on in, the `CustomResourceDefinition` of its kind out: structural, bounded, described, with rules a real API server takes.
//!
//! What a field means is said in the catalog; what is said here is only what Kubernetes needs to know of it.

mod columns;
mod condition;
mod definition;
mod role;
mod rules;
mod schema;
mod spec;
mod status;
mod yaml;

pub use definition::{crd, file_name};
pub use role::{Definitions, cluster_role, role};
pub use yaml::{kustomization, yaml};
