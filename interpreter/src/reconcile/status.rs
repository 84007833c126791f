//! Status of a resource: its content, and whether it has to be written.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::plan::{Location, Now, Operation, OtherClaim, Plan, Reason, State, Step};
use crate::reconcile::ManagedKind;
use crate::reconcile::conditions;
use crate::reconcile::earlier::OBSERVED_AT;
use crate::reconcile::observations::{Observations, Observed};
use crate::reconcile::schedule::LAST_HANDLED;
use crate::resource::{self, Facets};

/// Delay before the first retry of a failed status write.
const RETRY_INITIAL: Duration = Duration::from_secs(2);
/// Maximum of this delay.
const RETRY_MAX: Duration = Duration::from_secs(300);

/// The time after which this field is written although nothing else of the status has changed.
const OBSERVED_AT_MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Returns the delay before a status is written again after this number of failures in a row.
pub fn status_retry(failures: u32) -> Duration {
    RETRY_INITIAL.saturating_mul(1 << failures.min(10)).min(RETRY_MAX)
}

/// Returns the reason of the condition `Ready` in a status.
pub fn ready_reason(status: &Value) -> Option<&str> {
    let ready = status["conditions"].as_array()?.iter().find(|one| one["type"] == "Ready")?;
    ready["reason"].as_str()
}

impl Observations {
    /// Returns the status to write at the end of a reconciliation at this time; `None` if it differs from `before` in
    /// nothing but times, and those are recent. Values that are unknown now stay as they were.
    pub fn status(
        &self,
        kind: &ManagedKind,
        observed: &Observed,
        plan: &Plan,
        (before, now): (&Value, Now),
    ) -> Option<Value> {
        let stamp = time(now.wall);
        let mut status = before.as_object().cloned().unwrap_or_default();
        let resource = &observed.subject.resource;
        if !matches!(plan.state, State::Disagreeing | State::Claimed | State::Unproven) {
            // Record and status disagree, so the status is kept to show the conflict.
            set_identity(&mut status, kind, observed);
        }
        // Values of an add-on that another resource claims, or may claim, are not shown.
        let may_be_others = matches!(plan.state, State::Claimed | State::Unproven | State::Deleting)
            || matches!(resource.other_claim, OtherClaim::Unknown(_));
        if !may_be_others {
            status.extend(self.facets(kind, observed));
            let compared = self.read_at(kind, observed, now);
            status.extend(compared.map(|at| (OBSERVED_AT.to_owned(), time(at).into())));
        }
        match observed.subject.record().and_then(|record| record.operation.as_ref()) {
            Some(operation) => status.insert("operation".into(), shown(operation)),
            None => status.remove("operation"),
        };
        let old = before["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let conditions = conditions::conditions(plan, resource.generation, old, &stamp);
        // A reconciliation that waits for its turn goes on.
        let handled = observed.subject.requested.as_ref().filter(|_| plan.reason != Reason::Queued);
        if let Some(request) = handled {
            status.insert(LAST_HANDLED.into(), request.as_str().into());
        }
        status.insert("observedGeneration".into(), resource.generation.into());
        status.insert("conditions".into(), conditions.into());
        let after = Value::Object(status);
        let is_due = is_outdated(&before[OBSERVED_AT], &after[OBSERVED_AT]);
        (is_due || !same(before, &after)).then_some(after)
    }

    /// Returns the time since which the add-on was compared with its spec, by this process or by an earlier one, in
    /// milliseconds since 1970; `None` if it was not.
    pub fn compared_at(&self, kind: &ManagedKind, observed: &Observed, now: Now) -> Option<i64> {
        self.read_at(kind, observed, now).or(observed.subject.in_sync_since)
    }

    /// Returns the time since which the add-on was read by this process, in milliseconds since 1970.
    fn read_at(&self, kind: &ManagedKind, observed: &Observed, now: Now) -> Option<i64> {
        let looked = self.looked(kind).filter(|_| observed.subject.has_ids());
        looked.map(|at| wall(at, now))
    }

    /// The time since which the add-on was read: by the list, and by the reads of its own, if the kind has any.
    fn looked(&self, kind: &ManagedKind) -> Option<Duration> {
        let listed = self.listing.as_ref().map(|listing| listing.sent);
        if kind.compared.is_empty() && !kind.compares_listed {
            return listed;
        }
        Some(listed?.min(self.cloud_state.observed?))
    }

    /// Returns plan, region, version and connection of a recorded add-on, as the cloud shows them.
    pub fn facets(&self, kind: &ManagedKind, observed: &Observed) -> Map<String, Value> {
        let subject = &observed.subject;
        if !subject.has_ids() {
            return Map::new();
        }
        let cloud_state = self.with_cloud_state(subject);
        let offers = self.cloud_state.offers.as_ref().map(|judged| judged.offers.as_ref());
        let mut facets = resource::shape(&kind.addon, &Facets { cloud_state: &cloud_state, offers });
        facets.extend(resource::reached(&kind.addon, &cloud_state, &subject.secret_name));
        facets
    }
}

/// Returns the status of a resource whose kind no controller manages; `None` if it says so already. `before` is
/// the status that it has, and `generation` that of the spec, which stays unreconciled.
pub fn not_managed_status(before: &Value, message: &str, (generation, now): (i64, i64)) -> Option<Value> {
    let old = before["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let plan = Plan {
        state: State::Fresh,
        step: Step::Rest { until: None },
        because: message.to_owned(),
        reason: Reason::KindNotManaged,
        at: Location::default(),
        // The add-on runs on without the operator.
        available: old.iter().any(|one| one["type"] == "Available" && one["status"] == "True"),
        retention: None,
    };
    let mut after = before.clone();
    let mut all = conditions::conditions(&plan, generation, old, &time(now));
    let is_others = |one: &&Value| !conditions::TYPES.iter().any(|own| one["type"] == *own);
    all.extend(old.iter().filter(is_others).cloned());
    after["conditions"] = all.into();
    (!same(before, &after)).then_some(after)
}

/// Sets the ids and the name of the recorded add-on. Without a record, the status identifies an add-on of the
/// previous operator, so it stays.
pub fn set_identity(status: &mut Map<String, Value>, kind: &ManagedKind, observed: &Observed) {
    let identity = &kind.addon.api.identity;
    let Some(record) = observed.subject.record() else { return };
    match &record.ids {
        Some(ids) => status.extend(resource::identity(identity, ids, &observed.subject.name)),
        None => {
            for (field, _) in resource::id_fields(identity) {
                status.remove(&field);
            }
        }
    }
}

/// Returns true when two statuses are equal apart from times.
fn same(one: &Value, other: &Value) -> bool {
    let timeless = |status: &Value| {
        let mut status = status.clone();
        status.as_object_mut().map(|fields| fields.remove(OBSERVED_AT));
        status
    };
    conditions::same(&timeless(one), &timeless(other))
}

/// Returns true when the time that was written is missing, or a day older than the current one.
fn is_outdated(written: &Value, current: &Value) -> bool {
    let read = |time: &Value| time.as_str()?.parse::<Timestamp>().ok();
    let is_old = |current: Timestamp| {
        read(written).is_none_or(|written| current.duration_since(written) > OBSERVED_AT_MAX_AGE)
    };
    read(current).is_some_and(is_old)
}

/// Returns a moment of this process's own clock in milliseconds since 1970.
fn wall(at: Duration, now: Now) -> i64 {
    let ago = i64::try_from(now.mono.saturating_sub(at).as_millis()).unwrap_or(i64::MAX);
    now.wall.saturating_sub(ago)
}

/// Returns milliseconds since 1970 as the API server writes a time.
fn time(millis: i64) -> String {
    let timestamp = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
    timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn shown(operation: &Operation) -> Value {
    let mut shown = json!({ "change": operation.change, "fields": operation.fields });
    if let Some(failed) = &operation.failed {
        shown["failed"] = failed.as_str().into();
    }
    shown
}
