//! Whether the operator works: what its parts last said of themselves. It is never more than that, so every part must say it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// What the parts last said. It begins as [`Phase::Starting`], without checks.
#[derive(Debug, Default)]
pub struct Health {
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
    /// Its first list is not complete.
    Waiting,
    /// It shows every resource.
    Established,
    /// It cannot be kept up, for this reason.
    Broken(String),
}

/// What this replica knows of the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// It is ours.
    Held,
    /// Another replica holds it; this one is ready to take over.
    Standby,
    /// It cannot be read or renewed, for this reason.
    Unreachable(String),
}

/// What a cloud last said of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing yet.
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
    /// Such as `lease`, or `watch/` and a kind.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// How it is, in words.
    pub detail: String,
    /// Since when it has been so.
    pub since: Timestamp,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    checks: BTreeMap<String, Check>,
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

    /// How the watch of a kind fares.
    pub fn watch(&self, kind: &str, watch: Watch) {
        let (ok, detail) = match watch {
            Watch::Waiting => (false, "waiting for the first list".into()),
            Watch::Established => (true, "established".into()),
            Watch::Broken(reason) => (false, reason),
        };
        self.check(format!("watch/{kind}"), ok, detail);
    }

    /// A kind is no longer watched.
    pub fn unwatch(&self, kind: &str) {
        self.change(|state| state.checks.remove(&format!("watch/{kind}")));
    }

    /// What this replica knows of the lease.
    pub fn lease(&self, lease: Lease) {
        let (ok, detail) = match lease {
            Lease::Held => (true, "held".into()),
            Lease::Standby => (true, "held by another replica".into()),
            Lease::Unreachable(reason) => (false, reason),
        };
        self.check("lease".into(), ok, detail);
    }

    /// What the cloud of an API last said of the operator's own credentials.
    pub fn credentials(&self, api: &str, credentials: Credentials) {
        let (ok, detail) = match credentials {
            Credentials::Untried => (true, "not tried yet"),
            Credentials::Accepted => (true, "accepted"),
            Credentials::Refused => (false, "refused by the cloud"),
            Credentials::Missing => (false, "none are configured yet; they are waited for"),
            Credentials::Unused => (true, "none are configured; only namespaces with their own are served"),
        };
        self.check(format!("credentials/{api}"), ok, detail.into());
    }

    /// Whether what the operator is told can be used; if not, why.
    pub fn configuration(&self, trouble: Option<&str>) {
        let unusable = |why: &str| format!("unusable, so what was told before stays in force: {why}");
        self.check("configuration".into(), trouble.is_none(), trouble.map_or_else(|| "in force".into(), unusable));
    }

    /// All of it, now.
    pub fn report(&self) -> Report {
        self.change(|state| Report {
            ready: state.phase == Phase::Running && state.checks.values().all(|check| check.ok),
            phase: state.phase,
            checks: state.checks.values().cloned().collect(),
        })
    }

    fn check(&self, name: String, ok: bool, detail: String) {
        self.change(|state| match state.checks.get(&name) {
            Some(known) if known.ok == ok && known.detail == detail => {}
            Some(_) | None => {
                state.checks.insert(name.clone(), Check { name, ok, detail, since: Timestamp::now() });
            }
        });
    }

    /// A panic elsewhere leaves nothing half written here, so the lock's poison is no reason to fall silent.
    fn change<T>(&self, step: impl FnOnce(&mut State) -> T) -> T {
        step(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
