//! Logs, metrics and health, as seen from outside. What is healthy is decided by whoever sets it; nothing here asks a cloud or a cluster.

pub mod ask;
pub mod catalog;
pub mod health;
pub mod log;
pub mod metrics;
pub mod server;
mod status;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;

pub use catalog::Topic;
pub use health::{Credentials, Health, Lease, Phase, Watch};
pub use metrics::{Metrics, Outcome};

/// What a running operator tells about itself; shared by those who know and the server that shows it.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// Whether it works.
    pub health: Health,
    /// How much it does.
    pub metrics: Metrics,
    /// What it interprets.
    pub catalog: catalog::Catalog,
}

impl Telemetry {
    /// One resource of a kind (the name of its CRD) has left a state for another; none: it has just been seen, or is gone.
    pub fn moved(&self, kind: &str, from: Option<&'static str>, to: Option<&'static str>) {
        self.health.moved(kind, from, to);
        self.metrics.moved(kind, from, to);
    }
}
