//! Whether the operator works: what its parts last said of themselves. It is never more than that, so every part must say it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

/// After so long without a [`Health::beat`] the process counts as stuck. Beats are a second apart; a busy machine may miss some.
const STUCK: Duration = Duration::from_secs(30);

/// What the parts last said. It begins as [`Phase::Starting`], with a lease that nobody has read and without other checks.
#[derive(Debug)]
pub struct Health {
    started: Instant,
    state: Mutex<State>,
}

/// Where the operator is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Not everything has been set up.
    #[default]
    Starting,
    /// It does its work, or stands by to take it over.
    Running,
    /// It was told to stop and finishes what it began.
    Stopping,
}

/// How the watch of one kind fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watch {
    /// Its first list is not complete, for this reason.
    Waiting(String),
    /// It shows every resource.
    Established,
    /// It cannot be kept up, for this reason.
    Broken(String),
}

/// What this replica knows of the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// Nobody has asked for it yet.
    Undecided,
    /// It is ours.
    Held,
    /// This other replica holds it; this one is ready to take over.
    Standby(String),
    /// It cannot be read or renewed, for this reason.
    Unreachable(String),
}

/// What a cloud last said of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing yet. That is no fault: no resource may have needed them, and a replica that stands by never asks.
    Untried,
    /// They were accepted.
    Accepted,
    /// They were refused.
    Refused,
    /// None are configured, for no API: nothing can be done before there are some.
    Missing,
    /// None are configured for this API: only namespaces with their own can use it.
    Unused,
}

/// All of it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// It runs, and every check is good.
    pub ready: bool,
    /// Where it is in its life.
    pub phase: Phase,
    /// Each part, by name.
    pub checks: Vec<Check>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Such as `lease`, or `watch/` and the name of a CRD.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// How it is, in one word.
    pub state: &'static str,
    /// The rest of it, for people; empty if the word says all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Since when it has been so.
    pub since: Timestamp,
}

/// Where an API is, and when it last gave a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Api {
    /// The host, and nothing else of the address.
    pub endpoint: String,
    /// When a list was last answered.
    pub last_list: Option<Timestamp>,
}

/// How many resources of one kind are in which state, as this replica last saw them.
pub type Counts = BTreeMap<&'static str, u64>;

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
        let state =
            State { phase: Phase::Starting, beat: started, checks: BTreeMap::new(), apis: BTreeMap::new(), resources: BTreeMap::new() };
        let health = Self { started, state: Mutex::new(state) };
        health.lease(Lease::Undecided);
        health
    }
}

impl Health {
    /// Goes over to a phase. [`Phase::Stopping`] is never left again.
    pub fn phase(&self, phase: Phase) {
        self.change(|state| {
            if state.phase != Phase::Stopping {
                state.phase = phase;
            }
        });
    }

    /// The engine goes round: nothing that it needs for that is locked for good.
    pub fn beat(&self) {
        self.change(|state| state.beat = Instant::now());
    }

    /// How long the engine has given no sign of life, where that is too long.
    pub fn stuck(&self) -> Option<Duration> {
        Some(self.change(|state| state.beat.elapsed())).filter(|silence| *silence > STUCK)
    }

    /// How long the process has been running.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// How the watch of a kind fares; the kind is the name of its CRD, because two groups may have a kind of the same name.
    pub fn watch(&self, kind: &str, watch: Watch) {
        self.watched(format!("watch/{kind}"), watch);
    }

    /// How the watch of the Secrets fares that were made for resources.
    pub fn secrets(&self, watch: Watch) {
        self.watched("secrets".into(), watch);
    }

    /// How the watch of the Secrets fares in which namespaces have credentials of their own.
    pub fn overrides(&self, watch: Watch) {
        self.watched("overrides".into(), watch);
    }

    /// A kind is no longer watched.
    pub fn unwatch(&self, kind: &str) {
        self.change(|state| state.checks.remove(&format!("watch/{kind}")));
    }

    /// An API that nothing needs any more.
    pub fn forget_api(&self, api: &str) {
        self.change(|state| {
            state.checks.remove(&format!("credentials/{api}"));
            state.apis.remove(api);
        });
    }

    /// How the watch of the ConfigMaps fares that add to the catalog.
    pub fn catalogs(&self, watch: Watch) {
        self.watched("catalogs".into(), watch);
    }

    /// What this replica knows of the lease.
    pub fn lease(&self, lease: Lease) {
        let (ok, state, detail) = match lease {
            Lease::Undecided => (false, "undecided", String::new()),
            Lease::Held => (true, "held", String::new()),
            Lease::Standby(holder) => (true, "standby", format!("held by {holder}")),
            Lease::Unreachable(reason) => (false, "unreachable", reason),
        };
        self.check("lease".into(), ok, state, detail);
    }

    /// What the cloud of an API last said of the operator's own credentials.
    pub fn credentials(&self, api: &str, credentials: Credentials) {
        let (ok, state, detail) = match credentials {
            Credentials::Untried => (true, "untried", ""),
            Credentials::Accepted => (true, "working", ""),
            Credentials::Refused => (false, "refused", ""),
            Credentials::Missing => (false, "missing", "none are configured yet; they are waited for"),
            Credentials::Unused => (true, "unused", "none are configured; only namespaces with their own are served"),
        };
        self.check(format!("credentials/{api}"), ok, state, detail.into());
    }

    /// Whether what the operator is told can be used; if not, why.
    pub fn configuration(&self, trouble: Option<&str>) {
        let unusable = |why: &str| format!("what was told before stays in force: {why}");
        let word = if trouble.is_none() { "in force" } else { "unusable" };
        self.check("configuration".into(), trouble.is_none(), word, trouble.map(unusable).unwrap_or_default());
    }

    /// An API is at this host from now on.
    pub fn endpoint(&self, api: &str, endpoint: &str) {
        self.change(|state| state.apis.entry(api.to_owned()).or_default().endpoint = endpoint.to_owned());
    }

    /// An API has just given a list.
    pub fn listed(&self, api: &str) {
        self.change(|state| state.apis.entry(api.to_owned()).or_default().last_list = Some(Timestamp::now()));
    }

    /// One resource of a kind has left a state for another; none: it has just been seen, or is gone.
    pub fn moved(&self, kind: &str, from: Option<&'static str>, to: Option<&'static str>) {
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

    /// All checks, now.
    pub fn report(&self) -> Report {
        self.change(|state| Report {
            ready: state.phase == Phase::Running && state.checks.values().all(|check| check.ok),
            phase: state.phase,
            checks: state.checks.values().cloned().collect(),
        })
    }

    /// The APIs by name.
    pub fn apis(&self) -> BTreeMap<String, Api> {
        self.change(|state| state.apis.clone())
    }

    /// How many resources are in which state, by kind.
    pub fn resources(&self) -> BTreeMap<String, Counts> {
        self.change(|state| state.resources.clone())
    }

    fn watched(&self, name: String, watch: Watch) {
        let (ok, state, detail) = match watch {
            Watch::Waiting(reason) => (false, "waiting", reason),
            Watch::Established => (true, "established", String::new()),
            Watch::Broken(reason) => (false, "broken", reason),
        };
        self.check(name, ok, state, detail);
    }

    fn check(&self, name: String, ok: bool, word: &'static str, detail: String) {
        self.change(|state| match state.checks.get(&name) {
            Some(known) if known.ok == ok && known.state == word && known.detail == detail => {}
            Some(_) | None => {
                state.checks.insert(name.clone(), Check { name, ok, state: word, detail, since: Timestamp::now() });
            }
        });
    }

    /// A panic elsewhere leaves nothing half written here, so the lock's poison is no reason to fall silent.
    fn change<T>(&self, step: impl FnOnce(&mut State) -> T) -> T {
        step(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
