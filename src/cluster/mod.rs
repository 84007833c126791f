//! Access to Kubernetes: watches, reads, writes and the lease. Knows no add-on and no cloud.
//!
//! Kinds, annotations, finalizers and labels come in as plain values, and the engine decides what to write
//! and when. Every failed call ends as one of a closed list ([`Failure`]).

pub mod client;
pub mod content;
pub mod crd;
pub mod events;
pub mod failure;
pub mod kind;
pub mod lease;
pub mod namespace;
pub mod object;
pub mod other_operator;
pub mod permission;
pub mod queue;
mod reflector;
pub mod secret;
pub mod secret_watch;
pub mod watch;
pub mod watch_failure;
mod watch_types;
pub mod workers;

pub use crate::cluster::client::{Cluster, connect};
pub use crate::cluster::failure::Failure;
pub use crate::cluster::kind::{Key, Kind};
pub use crate::cluster::permission::Permission;
