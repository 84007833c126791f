//! The telemetry of a running operator: its parts record, and the server shows.

use crate::telemetry::catalog::Catalog;
use crate::telemetry::health::Health;
use crate::telemetry::metrics::Metrics;

/// Telemetry of a running operator, shared by the parts that record and the server that shows.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// Health of the parts.
    pub health: Health,
    /// Counts and durations.
    pub metrics: Metrics,
    /// State of the catalog.
    pub catalog: Catalog,
}

impl Telemetry {
    /// Records that the reason of a resource's condition `Ready` changed. The kind is the name of its CRD;
    /// `None`: the resource was just seen, or is gone.
    pub(crate) fn resource(&self, kind: &str, from: Option<&'static str>, to: Option<&'static str>) {
        self.health.resource(kind, from, to);
        self.metrics.resource(kind, from, to);
    }
}
