//! Access to Kubernetes: watches, reads, writes and the lease. Knows no add-on and no cloud.
//!
//! Kinds, annotations, finalizers and labels come in as plain values, and the engine decides what to write
//! and when. Every failed call ends as one of a closed list ([`Failure`]).

pub(crate) mod client;
pub(crate) mod content;
pub mod crd;
pub(crate) mod dry_run;
pub mod events;
pub(crate) mod failure;
pub(crate) mod kind;
pub mod lease;
pub mod namespace;
mod namespace_cache;
pub mod object;
pub(crate) mod other_operator;
pub(crate) mod permission;
pub(crate) mod queue;
mod reflector;
pub mod secret;
pub(crate) mod secret_watch;
pub mod watch;
pub(crate) mod watch_failure;
mod watch_types;
pub(crate) mod workers;

pub use crate::cluster::client::{Cluster, ClusterOptions, connect};
pub use crate::cluster::failure::Failure;
pub(crate) use crate::cluster::failure::Refusal;
pub use crate::cluster::kind::{Key, Kind};
