//! The content of `/status`: the state of the operator on one page, for people and scripts. It shows no
//! secret and no resource's name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::telemetry::health::{Api, Check, Counts, Health, Phase, Report};

/// The status page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    version: &'static str,
    /// Time since the start of the process.
    uptime_seconds: u64,
    phase: Phase,
    /// The result of `/readyz`.
    ready: bool,
    lease: Option<CheckStatus>,
    /// Kinds by the names of their CRDs.
    kinds: BTreeMap<String, KindStatus>,
    /// APIs by their names in the catalog.
    apis: BTreeMap<String, ApiStatus>,
    /// All other checks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Check>,
}

/// A check without its name, which is the key.
#[derive(Debug, Serialize)]
struct CheckStatus {
    state: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    since: Timestamp,
}

#[derive(Debug, Serialize)]
struct KindStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    watch: Option<CheckStatus>,
    /// Resources by the reason of their condition `Ready`.
    resources: Counts,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ApiStatus {
    endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<CheckStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_list: Option<Timestamp>,
}

impl Status {
    /// Returns the current status.
    pub(super) fn of(health: &Health) -> Self {
        let Report { ready, phase, checks } = health.report();
        let mut checks: BTreeMap<String, Check> =
            checks.into_iter().map(|check| (check.name.clone(), check)).collect();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: health.uptime().as_secs(),
            phase,
            ready,
            lease: checks.remove("lease").map(CheckStatus::of),
            kinds: kinds(&mut checks, health.resources()),
            apis: apis(&mut checks, health.apis()),
            others: checks.into_values().collect(),
        }
    }
}

impl CheckStatus {
    fn of(Check { state, detail, since, .. }: Check) -> Self {
        Self { state, detail, since }
    }
}

fn kinds(
    checks: &mut BTreeMap<String, Check>,
    mut resources: BTreeMap<String, Counts>,
) -> BTreeMap<String, KindStatus> {
    let names = &named(checks, "watch/") | &resources.keys().cloned().collect();
    let mut one = |name: String| {
        let watch = checks.remove(&format!("watch/{name}")).map(CheckStatus::of);
        let resources = resources.remove(&name).unwrap_or_default();
        (name, KindStatus { watch, resources })
    };
    names.into_iter().map(&mut one).collect()
}

fn apis(
    checks: &mut BTreeMap<String, Check>,
    mut apis: BTreeMap<String, Api>,
) -> BTreeMap<String, ApiStatus> {
    let names = &named(checks, "credentials/") | &apis.keys().cloned().collect();
    let mut one = |name: String| {
        let credentials = checks.remove(&format!("credentials/{name}")).map(CheckStatus::of);
        let Api { endpoint, last_list } = apis.remove(&name).unwrap_or_default();
        (name, ApiStatus { endpoint, credentials, last_list })
    };
    names.into_iter().map(&mut one).collect()
}

/// Returns the names of the checks with a prefix, without it.
fn named(checks: &BTreeMap<String, Check>, prefix: &str) -> BTreeSet<String> {
    checks.keys().filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned).collect()
}
