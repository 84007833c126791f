//! Health of the operator: the last state that each part reported. It is only as fresh as those reports.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::time::Instant;

/// Time without a [`Health::beat`] after which the process counts as stuck. Beats are a second apart; a busy
/// machine may miss some.
const STUCK_AFTER: Duration = Duration::from_secs(30);

/// The last reports of the parts. Starts as [`Phase::Starting`], with an undecided lease and without other
/// checks.
#[derive(Debug)]
pub struct Health {
    started: Instant,
    state: Mutex<State>,
}

/// Phase of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Phase {
    /// Setting up.
    #[default]
    Starting,
    /// Working, or standing by to take over.
    Running,
    /// Stopping: finishing work in flight.
    Stopping,
}

/// State of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Watch {
    /// The first list is not complete, for this reason.
    Waiting(String),
    /// The watch is in sync.
    Established,
    /// The watch fails, for this reason.
    Broken(String),
}

/// State of the lease, as this replica knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// Not read yet.
    Undecided,
    /// This replica holds it.
    Held,
    /// Another replica holds it; this one is ready to take over.
    Standby(String),
    /// Unreachable: the lease cannot be read or renewed, for this reason.
    Unreachable(String),
}

/// State of the credentials, from the cloud's last response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// Not used yet. This is healthy: no resource may need them, and a replica on standby sends no requests.
    Untried,
    /// The cloud accepted them.
    Accepted,
    /// The cloud refused them.
    Refused,
    /// Not configured for any API: nothing can be done without them.
    Missing,
    /// Not configured for this API: only namespaces with their own can use it.
    Unused,
}

/// State of the keys that sign records. A missing key makes nothing unhealthy: users can write a record that
/// names any key, and most add-ons have another proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyCheck {
    /// There is a key, and every record that was read names a known one.
    Complete,
    /// Records name keys that the operator does not have.
    Unknown(String),
    /// The operator has no key.
    Missing(String),
}

/// A snapshot of the health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Running, and every check is ok.
    pub(crate) ready: bool,
    /// Phase of the process.
    pub(crate) phase: Phase,
    /// Checks of the parts, by name.
    pub(crate) checks: Vec<Check>,
}

/// State of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// Name, such as `lease`, or `watch/` and the name of a CRD.
    pub(crate) name: String,
    /// True if the part is healthy.
    pub(crate) ok: bool,
    /// State, in one word.
    pub(crate) state: &'static str,
    /// Details for people; empty if the state says all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) detail: String,
    /// Time of the last change.
    pub(crate) since: Timestamp,
}

/// Endpoint of an API, and the time of its last list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Api {
    /// The host of the endpoint.
    pub(crate) endpoint: String,
    /// Time of the last successful list.
    pub(crate) last_list: Option<Timestamp>,
}

/// Resources of one kind by reason, as this replica last saw them.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

#[derive(Debug)]
struct State {
    phase: Phase,
    beat: Instant,
    checks: BTreeMap<String, Check>,
    apis: BTreeMap<String, Api>,
    resources: BTreeMap<String, Counts>,
}

impl Default for Health {
    fn default() -> Self {
        let started = Instant::now();
        let state = State {
            phase: Phase::Starting,
            beat: started,
            checks: BTreeMap::new(),
            apis: BTreeMap::new(),
            resources: BTreeMap::new(),
        };
        let health = Self { started, state: Mutex::new(state) };
        health.lease(Lease::Undecided);
        health
    }
}

impl Health {
    /// Enters a phase. [`Phase::Stopping`] is final.
    pub(crate) fn phase(&self, phase: Phase) {
        self.change(|state| {
            if state.phase != Phase::Stopping {
                state.phase = phase;
            }
        });
    }

    /// Records a heartbeat of the engine: none of its locks is held for good.
    pub(crate) fn beat(&self) {
        self.change(|state| state.beat = Instant::now());
    }

    /// Returns how long the engine has sent no heartbeat, if that is too long.
    pub(crate) fn stuck(&self) -> Option<Duration> {
        Some(self.change(|state| state.beat.elapsed())).filter(|silence| *silence > STUCK_AFTER)
    }

    /// Returns how long the process has been running.
    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Records the state of the watch of a kind. The kind is the name of its CRD, because two groups may have
    /// a kind of the same name.
    pub(crate) fn watch(&self, kind: &str, watch: Watch) {
        self.watched(&format!("watch/{kind}"), watch);
    }

    /// Removes the check of a kind that is no longer watched.
    pub(crate) fn unwatch(&self, kind: &str) {
        self.change(|state| state.checks.remove(&format!("watch/{kind}")));
    }

    /// Removes an API that is no longer used.
    pub(crate) fn forget_api(&self, api: &str) {
        self.change(|state| {
            state.checks.remove(&format!("credentials/{api}"));
            state.apis.remove(api);
        });
    }

    /// Records the state of the lease.
    pub fn lease(&self, lease: Lease) {
        let (ok, state, detail) = match lease {
            Lease::Undecided => (false, "undecided", String::new()),
            Lease::Held => (true, "held", String::new()),
            Lease::Standby(holder) => (true, "standby", format!("held by {holder}")),
            Lease::Unreachable(reason) => (false, "unreachable", reason),
        };
        self.check("lease".into(), ok, state, detail);
    }

    /// Records the cloud's last response to the operator's own credentials of an API.
    pub(crate) fn credentials(&self, api: &str, credentials: Credentials) {
        let (ok, state, detail) = match credentials {
            Credentials::Untried => (true, "untried", ""),
            Credentials::Accepted => (true, "working", ""),
            Credentials::Refused => (false, "refused", ""),
            Credentials::Missing => (false, "missing", "no credentials are configured; waiting for them"),
            Credentials::Unused => (
                true,
                "unused",
                "no credentials are configured; only namespaces with their own can use this API",
            ),
        };
        self.check(format!("credentials/{api}"), ok, state, detail.into());
    }

    /// Records whether the configuration is valid; otherwise the error.
    pub(crate) fn configuration(&self, error: Option<&str>) {
        let rejected = |error: &str| format!("the previous configuration stays active: {error}");
        let word = if error.is_none() { "in force" } else { "unusable" };
        self.check("configuration".into(), error.is_none(), word, error.map(rejected).unwrap_or_default());
    }

    /// Records the state of the keys that sign records.
    pub(crate) fn record_keys(&self, keys: KeyCheck) {
        let (state, detail) = match keys {
            KeyCheck::Complete => ("complete", String::new()),
            KeyCheck::Unknown(detail) => ("unknown", detail),
            KeyCheck::Missing(detail) => ("missing", detail),
        };
        self.check("record-keys".into(), true, state, detail);
    }

    /// Records the host of an API.
    pub(crate) fn endpoint(&self, api: &str, endpoint: &str) {
        self.change(|state| state.apis.entry(api.to_owned()).or_default().endpoint = endpoint.to_owned());
    }

    /// Records a successful list of an API.
    pub(crate) fn listed(&self, api: &str) {
        self.change(|state| state.apis.entry(api.to_owned()).or_default().last_list = Some(Timestamp::now()));
    }

    /// Records that the reason of a resource's condition `Ready` changed; `None`: the resource was just seen,
    /// or is gone.
    pub(crate) fn resource(&self, kind: &str, from: Option<&'static str>, to: Option<&'static str>) {
        self.change(|state| {
            let counts = state.resources.entry(kind.to_owned()).or_default();
            if let Some(count) = from.and_then(|from| counts.get_mut(from)) {
                *count = count.saturating_sub(1);
            }
            if let Some(to) = to {
                *counts.entry(to).or_default() += 1;
            }
            counts.retain(|_, count| *count > 0);
        });
    }

    /// Returns all checks.
    pub fn report(&self) -> Report {
        self.change(|state| Report {
            ready: state.phase == Phase::Running && state.checks.values().all(|check| check.ok),
            phase: state.phase,
            checks: state.checks.values().cloned().collect(),
        })
    }

    /// Returns the APIs by name.
    pub(crate) fn apis(&self) -> BTreeMap<String, Api> {
        self.change(|state| state.apis.clone())
    }

    /// Returns the resources by kind and state.
    pub(crate) fn resources(&self) -> BTreeMap<String, Counts> {
        self.change(|state| state.resources.clone())
    }

    /// Records the state of a watch under the name of its check.
    pub(crate) fn watched(&self, name: &str, watch: Watch) {
        let (ok, state, detail) = match watch {
            Watch::Waiting(reason) => (false, "waiting", reason),
            Watch::Established => (true, "established", String::new()),
            Watch::Broken(reason) => (false, "broken", reason),
        };
        self.check(name.to_owned(), ok, state, detail);
    }

    fn check(&self, name: String, ok: bool, word: &'static str, detail: String) {
        self.change(|state| match state.checks.get(&name) {
            Some(known) if known.ok == ok && known.state == word && known.detail == detail => {}
            Some(_) | None => {
                state
                    .checks
                    .insert(name.clone(), Check { name, ok, state: word, detail, since: Timestamp::now() });
            }
        });
    }

    /// Runs `step` on the state. A panic elsewhere leaves the state consistent, so poison is ignored.
    fn change<T>(&self, step: impl FnOnce(&mut State) -> T) -> T {
        step(&mut self.state.lock())
    }
}
