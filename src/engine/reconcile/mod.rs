//! Reconciliation of one resource: drives the interpreter's machine over the network.

pub(super) mod caches;
pub(super) mod cloud_steps;
pub(super) mod cluster_steps;
pub(super) mod dry_run;
mod expected;
pub(super) mod forecast;
mod former_secrets;
mod milestones;
pub(super) mod other_claims;
pub(super) mod outcome;
pub(super) mod prerequisites;
pub(super) mod reconciliation;
mod redaction;
pub(super) mod secret_events;
mod secret_reservation;
pub(super) mod secret_watch;
pub(super) mod status;
