//! Logs, metrics and health, served over HTTP. The parts of the operator report their own state; nothing here
//! sends a request to a cloud or a cluster.

pub mod catalog;
pub(crate) mod client;
mod comparisons;
pub(crate) mod health;
pub mod log;
pub(crate) mod metrics;
mod recorder;
pub(crate) mod server;
mod status;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

pub(crate) use crate::telemetry::catalog::Topic;
pub use crate::telemetry::health::Lease;
pub(crate) use crate::telemetry::health::{Credentials, Health, KeyCheck, Phase, Watch};
pub use crate::telemetry::metrics::{Outcome, ReconcileResult};
pub use crate::telemetry::recorder::Telemetry;
