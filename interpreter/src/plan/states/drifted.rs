//! The add-on differs from a spec with which it was in sync: another client has changed it at the cloud. The drift
//! policy of each field decides.

use crate::plan::confirmation::{Confirmation, confirmed_drift};
use crate::plan::desired::{DesiredState, Difference, Observation, Remedy};
use crate::plan::drift::DriftPolicy;
use crate::plan::reason::Reason;
use crate::plan::record::Record;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::in_sync::{obstructed, rest_until_poll};
use crate::plan::step::{Plan, Read, Step};

/// Differences by what the operator does about them.
pub(crate) struct Drift {
    /// The differences that the operator changes, or reports as impossible.
    pub(crate) corrected: Vec<Difference>,
    /// The differences that wait for the user.
    reported: Vec<Difference>,
    /// The differences that stay.
    ignored: Vec<Difference>,
    /// The number of the next confirmation.
    number: u32,
}

impl Drift {
    /// Sorts the differences: edits of the spec are applied, and the policy decides about the others.
    pub(crate) fn of(snapshot: &Snapshot<'_>, record: &Record, changes: &[Difference]) -> Self {
        let is_agreed = is_agreed(snapshot, record);
        let is_applied = |change: &&Difference| {
            change.edited
                || is_agreed
                || policy_of(change) == DriftPolicy::Correct
                || (policy_of(change) == DriftPolicy::Report && is_confirmed(snapshot, record, change))
        };
        let (applied, held): (Vec<_>, Vec<_>) = changes.iter().partition(is_applied);
        // One request may set several fields: it waits for the user if it would overwrite another one.
        let overwrites = |one: &Difference, other: &Difference| {
            changed_by(one).is_some() && changed_by(one) == changed_by(other)
        };
        let is_ignored = |change: &&Difference| {
            policy_of(change) == DriftPolicy::Ignore && !applied.iter().any(|one| overwrites(one, change))
        };
        let (ignored, reported): (Vec<_>, Vec<_>) = held.into_iter().partition(is_ignored);
        let waits = |change: &&Difference| reported.iter().any(|other| overwrites(change, other));
        Self {
            corrected: applied
                .iter()
                .filter(|change| !waits(change))
                .map(|change| (*change).clone())
                .collect(),
            number: record.confirmed_drifts + 1,
            ignored: ignored.into_iter().cloned().collect(),
            reported: reported.into_iter().cloned().collect(),
        }
    }

    /// Leaves the other differences, once the add-on itself was read.
    pub(crate) fn hold(&self, snapshot: &Snapshot<'_>) -> Option<Plan> {
        let rest = self.rest(snapshot)?;
        let listed = snapshot.listing.map(|listing| listing.sent).unwrap_or_default();
        match snapshot.desired_state {
            // The list lags: what it shows may be older than a change of this operator before its restart.
            DesiredState::Clear { observation: Observation::Made(at), .. } if *at < listed => {
                let because = "the operator reads the add-on to be sure that it differs from the spec";
                Some(snapshot.plan(State::Recorded, Step::Read(Read::Observed), Reason::Changing, because))
            }
            DesiredState::Clear { .. } | DesiredState::Unknown | DesiredState::Refused { .. } => Some(rest),
        }
    }

    /// Stalls until the user decides about a reported difference. Ignored ones are named, and the resource is ready.
    fn rest(&self, snapshot: &Snapshot<'_>) -> Option<Plan> {
        if !self.reported.is_empty() {
            let command =
                Confirmation::Drift.command(snapshot, &format!("{}:{}", self.number, token(&self.reported)));
            let because = format!(
                "{}. The add-on matched the spec before, so another client changed it, and the operator does not change it back by itself. Write its value into \
                 the spec, or overwrite it: {command}.",
                values(&self.reported)
            );
            let plan = || rest_until_poll(snapshot, State::Recorded, Reason::Drifted, because);
            return Some(obstructed(snapshot).unwrap_or_else(plan));
        }
        if self.ignored.is_empty() {
            return None;
        }
        let because = format!("{}. The drift policy `ignore` leaves it.", values(&self.ignored));
        let plan = || rest_until_poll(snapshot, State::Settled, Reason::FieldIgnored, because);
        Some(obstructed(snapshot).unwrap_or_else(plan))
    }
}

/// Stalls with the reason why the change is impossible, and the values that may be written instead.
pub(crate) fn impossible(
    snapshot: &Snapshot<'_>,
    Difference { field, what, remedy, edited, .. }: &Difference,
) -> Plan {
    let why = match remedy {
        Remedy::None(why) | Remedy::Immutable(why) => why.as_str(),
        Remedy::Repeatable(_) | Remedy::Once(_) => "",
    };
    if *edited {
        let because = format!("{field}: {what}. {why}");
        return rest_until_poll(snapshot, State::Recorded, Reason::Immutable, because);
    }
    let because = format!(
        "{field}: {what}. The add-on matched the spec before, so another client changed it, and the operator cannot change it back. {why}"
    );
    rest_until_poll(snapshot, State::Recorded, Reason::Drifted, because)
}

/// Returns the policy. A difference that has no fix is always said as such, unless it is ignored.
fn policy_of(change: &Difference) -> DriftPolicy {
    match (change.drift, changed_by(change)) {
        (DriftPolicy::Report, None) => DriftPolicy::Correct,
        (policy, _) => policy,
    }
}

fn changed_by(change: &Difference) -> Option<&str> {
    match &change.remedy {
        Remedy::Repeatable(name) | Remedy::Once(name) => Some(name),
        Remedy::None(_) | Remedy::Immutable(_) => None,
    }
}

/// Returns true when the user agreed that the spec is applied to an adopted add-on.
fn is_agreed(snapshot: &Snapshot<'_>, record: &Record) -> bool {
    let is_adopted = record.adopted == Some(snapshot.resource.generation);
    is_adopted && record.ids.as_ref().is_some_and(|ids| Confirmation::Apply.is_given(snapshot, ids))
}

/// Returns true when the user has confirmed that this value is overwritten, and the confirmation was not used yet.
fn is_confirmed(snapshot: &Snapshot<'_>, record: &Record, change: &Difference) -> bool {
    confirmed_drift(snapshot).is_some_and(|(number, fields)| {
        let own = token(std::slice::from_ref(change));
        number == record.confirmed_drifts + 1
            && (fields == own || fields.split(',').any(|field| field == own))
    })
}

/// Returns the fields of a confirmation, each with the value that is overwritten.
fn token(changes: &[Difference]) -> String {
    let field = |change: &Difference| match &change.observed {
        Some(observed) => format!("{}={observed}", change.field),
        None => change.field.clone(),
    };
    changes.iter().map(field).collect::<Vec<_>>().join(",")
}

/// Returns the differences with both values of each, for messages.
pub(crate) fn values<'a>(changes: impl IntoIterator<Item = &'a Difference>) -> String {
    let all = changes.into_iter().map(|change| format!("{}: {}", change.field, change.what));
    all.collect::<Vec<_>>().join("; ")
}
