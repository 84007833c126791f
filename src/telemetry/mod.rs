//! Logs, metrics and health, served over HTTP. The parts of the operator report their own state; nothing here
//! sends a request to a cloud or a cluster.

pub mod catalog;
pub mod client;
pub mod health;
pub mod log;
pub mod metrics;
mod recorder;
pub mod server;
mod status;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

pub use crate::telemetry::catalog::Topic;
pub use crate::telemetry::health::{Credentials, Health, Lease, Phase, Watch};
pub use crate::telemetry::metrics::{Metrics, Outcome, ReconcileResult};
pub use crate::telemetry::recorder::Telemetry;
