//! The add-on differs from a spec with which it was in sync: another client has changed it at the cloud. The drift
//! policy of each field decides.

use crate::plan::confirmation::Confirmation;
use crate::plan::desired::{DesiredState, Difference, Observation, Remedy};
use crate::plan::drift::DriftPolicy;
use crate::plan::reason::Reason;
use crate::plan::record::Record;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::in_sync::{obstructed, rest_until_poll};
use crate::plan::step::{Plan, Read, Step};

/// Differences by what the operator does about them.
#[derive(Default)]
pub(crate) struct Drift {
    /// The differences that the operator changes, or reports as impossible.
    pub(crate) corrected: Vec<Difference>,
    /// The differences that wait for the user.
    reported: Vec<Difference>,
    /// The differences that stay.
    ignored: Vec<Difference>,
}

impl Drift {
    /// Sorts the differences. After an edit of the spec, the operator applies all of them.
    pub(crate) fn of(snapshot: &Snapshot<'_>, record: &Record, changes: &[Difference]) -> Self {
        if record.synced != Some(snapshot.resource.generation) {
            return Self { corrected: changes.to_vec(), ..Self::default() };
        }
        let with = |policy| -> Vec<_> {
            changes.iter().filter(|change| policy_of(change) == policy).cloned().collect()
        };
        let reported = with(DriftPolicy::Report);
        let is_confirmed = Confirmation::Drift.is_given_as(snapshot, &token(&reported));
        let (reported, confirmed) =
            if is_confirmed { (Vec::new(), reported) } else { (reported, Vec::new()) };
        // One request may set several fields, so it waits for all of them.
        let waits = |change: &Difference| {
            let by = changed_by(change);
            by.is_some() && reported.iter().any(|other| changed_by(other) == by)
        };
        let corrected = with(DriftPolicy::Correct).into_iter().chain(confirmed);
        let corrected = corrected.filter(|change| !waits(change)).collect();
        Self { corrected, reported, ignored: with(DriftPolicy::Ignore) }
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
            let command = Confirmation::Drift.command(snapshot, &token(&self.reported));
            let because = format!(
                "{}. The spec was not edited since the add-on matched it, so the operator does not change the add-on by itself. Write its value into the \
                 spec, or overwrite it: {command}.",
                listed(&self.reported)
            );
            let plan = || rest_until_poll(snapshot, State::Recorded, Reason::Drifted, because);
            return Some(obstructed(snapshot).unwrap_or_else(plan));
        }
        if self.ignored.is_empty() {
            return None;
        }
        let because = format!("{}. The drift policy `ignore` leaves it.", listed(&self.ignored));
        let plan = || rest_until_poll(snapshot, State::Settled, Reason::FieldIgnored, because);
        Some(obstructed(snapshot).unwrap_or_else(plan))
    }
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

/// Returns the value of the confirmation: each field with the value that is overwritten.
fn token(changes: &[Difference]) -> String {
    let field = |change: &Difference| match &change.observed {
        Some(observed) => format!("{}={observed}", change.field),
        None => change.field.clone(),
    };
    changes.iter().map(field).collect::<Vec<_>>().join(",")
}

fn listed(changes: &[Difference]) -> String {
    changes.iter().map(|change| format!("{}: {}", change.field, change.what)).collect::<Vec<_>>().join("; ")
}
