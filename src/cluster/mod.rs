//! Watches, reads and writes in Kubernetes, and holds the lease. Knows no add-on and no cloud.
//!
//! Kinds, annotations, finalizers and labels come in as plain values. What to write, and when, is the engine's to say;
//! what became of a write is said here, in one closed list ([`Failure`]).

pub mod client;
pub mod content;
pub mod crd;
pub mod events;
pub mod failure;
pub mod kind;
pub mod lease;
pub mod lookout;
pub mod namespace;
pub mod object;
pub mod queue;
pub mod right;
pub mod secret;
pub mod traces;
pub mod trouble;
pub mod watch;
mod watch_feed;
mod watch_types;
pub mod work;

pub use client::{Cluster, connect};
pub use failure::Failure;
pub use kind::{Key, Kind};
pub use right::Right;
