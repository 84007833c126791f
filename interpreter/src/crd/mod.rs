//! An add-on in, the `CustomResourceDefinition` of its kind out: structural, bounded, described, with rules a real API server takes.
//!
//! What a field means is said in the catalog; what is said here is only what Kubernetes needs to know of it.

mod breaking;
mod columns;
mod condition;
mod definition;
mod role;
mod rules;
mod schema;
mod spec;
mod status;
mod user_roles;
mod yaml;

pub use breaking::{Breaking, acknowledgement, breaking};
pub use definition::{crd, file_name};
pub use role::{Definitions, cluster_role, role};
pub use user_roles::user_roles;
pub use yaml::{kustomization, yaml};
