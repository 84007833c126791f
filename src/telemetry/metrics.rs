//! The metrics of the operator. Labels come from the catalog and from closed lists, never from resources, so
//! their number is bounded. A `kind` is the name of a CRD, because two groups may have a kind of the same
//! name.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::telemetry::catalog::Catalog;
use crate::telemetry::comparisons::Comparisons;
use crate::telemetry::health::Report;

/// All metrics; recording needs no lock and no setup.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<OperationLabels, Histogram, fn() -> Histogram>,
    reconciliations: Family<ReconcileLabels, Counter>,
    reconcile_seconds: Family<KindLabels, Histogram, fn() -> Histogram>,
    resources: Family<ResourceLabels, Gauge>,
    queue: Family<KindLabels, Gauge>,
    leader: Gauge,
    configuration: Gauge,
    checks: Family<CheckLabels, Gauge>,
    ready: Gauge,
    entries: Family<EntryLabels, Gauge>,
    problems: Family<ProblemLabels, Gauge>,
    left: Family<KindLabels, Gauge>,
    drifts: Family<DriftLabels, Counter>,
    compared: Family<KindLabels, Gauge>,
    outputs_interval: Family<ApiLabels, Gauge>,
    comparisons: Comparisons,
}

/// Result of a reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReconcileResult {
    /// The resource is in sync, or only an event changes anything.
    Success,
    /// The operator is at work on the resource and looks again.
    Requeue,
    /// The resource is stalled, the cloud or the cluster fails, or the step limit was reached.
    Error,
}

/// Result of a request to a cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Success.
    Done,
    /// Refused, for good or for now.
    Refused,
    /// Credentials refused.
    Unauthorized,
    /// Too many requests.
    Throttled,
    /// Not found.
    NotFound,
    /// No answer, and certainly no effect.
    Unavailable,
    /// May have taken effect, or not.
    Ambiguous,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    api: String,
    operation: String,
    result: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    api: String,
    operation: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ApiLabels {
    api: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReconcileLabels {
    kind: String,
    result: ReconcileResult,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResourceLabels {
    kind: String,
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DriftLabels {
    kind: String,
    policy: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EntryLabels {
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProblemLabels {
    file: String,
    severity: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CheckLabels {
    check: String,
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        let word = match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unauthorized => "unauthorized",
            Self::Throttled => "throttled",
            Self::NotFound => "not-found",
            Self::Unavailable => "unavailable",
            Self::Ambiguous => "ambiguous",
        };
        EncodeLabelValue::encode(&word, encoder)
    }
}

impl EncodeLabelValue for ReconcileResult {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        let word = match self {
            Self::Success => "success",
            Self::Requeue => "requeue",
            Self::Error => "error",
        };
        EncodeLabelValue::encode(&word, encoder)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix(env!("CARGO_CRATE_NAME")),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            reconciliations: Family::default(),
            reconcile_seconds: Family::new_with_constructor(seconds),
            resources: Family::default(),
            queue: Family::default(),
            leader: Gauge::default(),
            configuration: Gauge::default(),
            checks: Family::default(),
            ready: Gauge::default(),
            entries: Family::default(),
            problems: Family::default(),
            left: Family::default(),
            drifts: Family::default(),
            compared: Family::default(),
            outputs_interval: Family::default(),
            comparisons: Comparisons::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    /// Records a finished request to a cloud.
    pub fn request(&self, api: &str, operation: &str, result: Outcome, took: Duration) {
        let (api, operation) = (api.to_owned(), operation.to_owned());
        let labels = OperationLabels { api: api.clone(), operation: operation.clone() };
        self.request_seconds.get_or_create(&labels).observe(took.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { api, operation, result }).inc();
    }

    /// Records a finished reconciliation of a resource.
    pub fn reconcile(&self, kind: &str, result: ReconcileResult, took: Duration) {
        self.reconcile_seconds
            .get_or_create(&KindLabels { kind: kind.to_owned() })
            .observe(took.as_secs_f64());
        self.reconciliations.get_or_create(&ReconcileLabels { kind: kind.to_owned(), result }).inc();
    }

    /// Records that the reason of a resource's condition `Ready` changed; `None`: the resource was just seen,
    /// or is gone.
    pub fn resource(&self, kind: &str, from: Option<&'static str>, to: Option<&'static str>) {
        let gauge = |reason: &str| {
            self.resources
                .get_or_create_owned(&ResourceLabels { kind: kind.to_owned(), reason: reason.to_owned() })
        };
        from.map(|reason| gauge(reason).dec());
        to.map(|reason| gauge(reason).inc());
    }

    /// Records that an add-on differs from its spec because another client changed it, and the policy that decided.
    pub fn drift(&self, kind: &str, policy: &str) {
        let (kind, policy) = (kind.to_owned(), policy.to_owned());
        self.drifts.get_or_create(&DriftLabels { kind, policy }).inc();
    }

    /// Records that a resource was compared with the cloud, in seconds since 1970, and the time before; `None`: it was
    /// never compared, or is gone.
    pub fn compared(&self, kind: &str, from: Option<i64>, to: Option<i64>) {
        let labels = KindLabels { kind: kind.to_owned() };
        match self.comparisons.record(kind, from, to) {
            Some(oldest) => {
                self.compared.get_or_create_owned(&labels).set(oldest);
            }
            None => {
                self.compared.remove(&labels);
            }
        }
    }

    /// Records the interval at which the outputs of each add-on of an API are read again.
    pub fn outputs_interval(&self, api: &str, interval: Duration) {
        let gauge = self.outputs_interval.get_or_create_owned(&ApiLabels { api: api.to_owned() });
        gauge.set(i64::try_from(interval.as_secs()).unwrap_or(i64::MAX));
    }

    /// Records the length of a kind's work queue.
    pub fn workqueue_depth(&self, kind: &str, count: usize) {
        let gauge = self.queue.get_or_create_owned(&KindLabels { kind: kind.to_owned() });
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Records whether this replica leads.
    pub(crate) fn leader(&self, leader: bool) {
        self.leader.set(i64::from(leader));
    }

    /// Records whether the configuration is valid.
    pub(crate) fn configuration(&self, usable: bool) {
        self.configuration.set(i64::from(usable));
    }

    /// Records the content of `/readyz`.
    pub fn checks(&self, report: &Report) {
        self.ready.set(i64::from(report.ready));
        // Checks that no longer exist must not keep their last value.
        self.checks.clear();
        for check in &report.checks {
            self.checks
                .get_or_create_owned(&CheckLabels { check: check.name.clone() })
                .set(i64::from(check.ok));
        }
    }

    /// Records the content of `/catalog`.
    pub fn catalog(&self, catalog: &Catalog) {
        for (state, count) in catalog.entry_states() {
            self.entries.get_or_create_owned(&EntryLabels { state: state.to_owned() }).set(count);
        }
        let (problems, left) = catalog.counts();
        // Problems and kinds that no longer exist must not keep their last value.
        self.problems.clear();
        for ((file, severity), count) in problems {
            self.problems.get_or_create_owned(&ProblemLabels { file, severity }).set(count);
        }
        self.left.clear();
        for (kind, count) in left {
            self.left.get_or_create_owned(&KindLabels { kind }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// Returns all metrics in the OpenMetrics text format.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn register(&mut self) {
        let Self {
            registry,
            requests,
            request_seconds,
            reconciliations,
            reconcile_seconds,
            resources,
            queue,
            ready,
            checks,
            entries,
            problems,
            left,
            leader,
            configuration,
            drifts,
            compared,
            outputs_interval,
            comparisons: _,
        } = self;
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Version of the operator", build);
        registry.register("cloud_requests", "Finished requests to a cloud", requests.clone());
        registry.register(
            "cloud_request_duration_seconds",
            "Duration of requests to a cloud",
            request_seconds.clone(),
        );
        registry.register("reconcile", "Finished reconciliations", reconciliations.clone());
        registry.register(
            "reconcile_duration_seconds",
            "Duration of reconciliations",
            reconcile_seconds.clone(),
        );
        registry.register("resources", "Resources by the reason of their condition Ready", resources.clone());
        registry.register("workqueue_depth", "Resources in the work queue", queue.clone());
        registry.register("ready", "1 if the operator is ready", ready.clone());
        registry.register("check", "1 if the check is ok", checks.clone());
        registry.register("catalog_entries", "Kinds by the state of their catalog entry", entries.clone());
        registry.register("catalog_problems", "Problems in the catalog files", problems.clone());
        registry.register(
            "delete_only_resources",
            "Resources of kinds without a catalog entry, which are only deleted",
            left.clone(),
        );
        let help = "Differences that other clients made, by the drift policy that decided";
        registry.register("drifts", help, drifts.clone());
        let help = "Time of the oldest last comparison of a resource with the cloud, in seconds since 1970";
        registry.register("oldest_comparison_timestamp_seconds", help, compared.clone());
        let help = "Interval at which the connection data of each add-on is read again";
        registry.register("outputs_interval_seconds", help, outputs_interval.clone());
        registry.register("leader", "1 if this replica leads", leader.clone());
        registry.register("config_valid", "1 if the last change of the configuration is valid, 0 if the previous configuration stays active", configuration.clone());
    }
}

/// Buckets from 5 ms to about 40 s: a request is cut off at 30 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.005, 2.0, 14))
}
