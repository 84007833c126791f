//! In sync but for the Secret: its repair, and the wait for the next poll.

use std::time::Duration;

use crate::plan::backoff::pause_between_repairs;
use crate::plan::confirmation::shortened;
use crate::plan::deletion_policy::DeletionPolicy;
use crate::plan::desired::{DesiredState, Observation};
use crate::plan::external::{EXTERNAL_ID, External};
use crate::plan::observed::ObservedSecret;
use crate::plan::outputs_age;
use crate::plan::reason::Reason;
use crate::plan::record::{Ids, names};
use crate::plan::retain::{Invalid, retention};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::{marking, twins};
use crate::plan::step::{Plan, Read, Step};

/// Plans the next step for the Secret, if it is not in sync, or was compared with the cloud too long ago.
pub(crate) fn secret(snapshot: &Snapshot<'_>, state: State) -> Option<Plan> {
    match snapshot.secret {
        ObservedSecret::Needless
        | ObservedSecret::Foreign(_)
        | ObservedSecret::Unsure(_)
        | ObservedSecret::Refused { .. } => None,
        _ if snapshot.namespace_terminating => None,
        ObservedSecret::Incomplete(what) => Some(incomplete(snapshot, state, what)),
        ObservedSecret::Same | ObservedSecret::Unknown | ObservedSecret::Differs if is_refused(snapshot) => {
            Some(refused(snapshot, state))
        }
        ObservedSecret::Same => None,
        ObservedSecret::Unknown => Some(snapshot.plan(
            state,
            Step::Read(Read::Outputs),
            Reason::WaitingForOutputs,
            "the operator reads the connection data of the add-on for its Secret",
        )),
        ObservedSecret::Differs => Some(differs(snapshot, state)),
    }
}

/// Reads the outputs again once they are too old, or something asks for it. Comes after the comparison with the spec: a
/// failed read must not hold up an edit, nor the next poll.
pub(crate) fn refresh(snapshot: &Snapshot<'_>) -> Option<Plan> {
    let has_content = matches!(snapshot.secret, ObservedSecret::Same | ObservedSecret::Refused { .. });
    let read = Step::Read(Read::Outputs);
    let is_due = has_content && outputs_age::due(snapshot) <= snapshot.now.mono;
    let is_held = || snapshot.memory.failures.holding(&read, snapshot.timing, snapshot.now.mono).is_some();
    (is_due && !is_held()).then(|| {
        let because = "the operator compares the Secret with the connection data again";
        snapshot.plan(State::Settled, Step::Read(Read::Outputs), in_sync_reason(snapshot).0, because)
    })
}

/// The time of the next read of outputs for a Secret in sync; after a failure, that of the next try.
fn next_refresh(snapshot: &Snapshot<'_>) -> Duration {
    let read = Step::Read(Read::Outputs);
    let held = snapshot.memory.failures.holding(&read, snapshot.timing, snapshot.now.mono);
    held.map(|(_, until)| until).unwrap_or_default().max(outputs_age::due(snapshot))
}

/// Returns true when the API server has refused the Secret, and the outputs were not read since: they may be others by
/// now, or smaller.
fn is_refused(snapshot: &Snapshot<'_>) -> bool {
    let read = snapshot.memory.outputs.map(|(_, last)| last);
    snapshot.memory.refused.is_some_and(|refused| read.is_none_or(|read| read <= refused))
}

/// Reads the outputs again once the backoff has passed, before the Secret is written again.
fn refused(snapshot: &Snapshot<'_>, state: State) -> Plan {
    let because = "the operator reads the connection data again, because the API server refused the Secret with the last";
    let is_held =
        snapshot.memory.failures.holding(&Step::ApplySecret, snapshot.timing, snapshot.now.mono).is_some();
    let step = if is_held { Step::ApplySecret } else { Step::Read(Read::Outputs) };
    snapshot.plan(state, step, Reason::SecretRefused, because)
}

/// Writes the Secret at once, but more slowly each time if another writer keeps changing it.
fn differs(snapshot: &Snapshot<'_>, state: State) -> Plan {
    match pause_between_repairs(snapshot.memory.applied, snapshot.timing)
        .filter(|until| *until > snapshot.now.mono)
    {
        Some(until) => snapshot.rest(
            state,
            until,
            Reason::WaitingForOutputs,
            "another client keeps changing the Secret; the operator repairs it again, less often each time",
        ),
        None => snapshot.plan(
            state,
            Step::ApplySecret,
            Reason::WaitingForOutputs,
            "the Secret is missing or out of date, so the operator writes it",
        ),
    }
}

fn incomplete(snapshot: &Snapshot<'_>, state: State, what: &str) -> Plan {
    let Some((first, last)) = snapshot.memory.outputs else {
        return snapshot.plan(
            state,
            Step::Read(Read::Outputs),
            Reason::WaitingForOutputs,
            "the operator reads the connection data of the add-on for its Secret",
        );
    };
    let next = last + (last - first).max(snapshot.timing.look).min(snapshot.timing.retry_last);
    if next <= snapshot.now.mono {
        return snapshot.plan(
            state,
            Step::Read(Read::Outputs),
            Reason::WaitingForOutputs,
            format!("the add-on is not ready yet: {what}. The operator looks again."),
        );
    }
    snapshot.rest(
        state,
        next,
        Reason::WaitingForOutputs,
        format!("the add-on is not ready yet: {what}. The operator looks again."),
    )
}

/// The time of the next poll.
pub(crate) fn next_poll(snapshot: &Snapshot<'_>) -> Duration {
    let sent = snapshot.listing.map(|listing| listing.sent).unwrap_or_default();
    let since = snapshot.memory.recorded.as_ref().map(|seen| seen.at).unwrap_or_default();
    let lingering = snapshot.memory.last_deletion().map(|at| at + snapshot.timing.list_lag);
    let sooner = [lingering, snapshot.unsure_until(), late_change(snapshot)]
        .into_iter()
        .flatten()
        .filter(|due| *due > sent)
        .max();
    let interval = snapshot.resource.schedule.poll_interval.unwrap_or(snapshot.timing.poll_interval);
    let check = sent.max(since) + interval;
    if let Some(requested) = snapshot.memory.requested.filter(|requested| *requested > sent) {
        return requested;
    }
    sooner.map_or(check, |due| due.min(check))
}

/// The time at which a change without an answer has taken effect, or never will.
pub(crate) fn late_change(snapshot: &Snapshot<'_>) -> Option<Duration> {
    snapshot.memory.change.unsure.map(|since| since + snapshot.timing.wait())
}

/// Waits for the list that shows the effect of a change: before it, the add-on and its spec are not compared.
pub(crate) fn listed(snapshot: &Snapshot<'_>, state: State, from: Duration) -> Plan {
    let because =
        "the list shows the result of the change with a delay; the operator compares it with the spec then";
    let due =
        snapshot.listing_since(from).map_or(from, |listing| listing.sent + snapshot.timing.poll_interval);
    if due <= snapshot.now.mono {
        return snapshot.plan(
            state,
            Step::Read(Read::Listing { sent_after: due }),
            Reason::Changing,
            because,
        );
    }
    snapshot.rest(state, due, Reason::Changing, because)
}

pub(crate) fn rest_in_sync(snapshot: &Snapshot<'_>) -> Plan {
    let (reason, because) = in_sync_reason(snapshot);
    if let Some(plan) = obstructed(snapshot) {
        return plan;
    }
    match marking::plan(snapshot, reason) {
        // The status says first that the resource is ready.
        Some(_) if snapshot.memory.ready != Some(snapshot.resource.generation) => {
            snapshot.rest(State::Settled, snapshot.now.mono + snapshot.timing.look, reason, because)
        }
        Some(plan) => plan,
        None => until_outdated(snapshot, rest_until_poll(snapshot, State::Settled, reason, because)),
    }
}

/// Rests only until the reads of the add-on or of its outputs have to be made again.
fn until_outdated(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    let outdated = match snapshot.desired_state {
        DesiredState::Clear { observation: Observation::Made(at), .. } => {
            Some(*at + snapshot.timing.observed)
        }
        DesiredState::Clear { observation: Observation::Earlier { until }, .. } => Some(*until),
        DesiredState::Clear { .. } | DesiredState::Unknown | DesiredState::Refused { .. } => None,
    };
    let outputs = (*snapshot.secret == ObservedSecret::Same).then(|| next_refresh(snapshot));
    let outdated = [outdated, outputs].into_iter().flatten().min();
    match (&plan.step, outdated) {
        (Step::Rest { until: Some(until) }, Some(outdated)) if outdated < *until => {
            Plan { step: Step::Rest { until: Some(outdated) }, ..plan }
        }
        _ => plan,
    }
}

/// Stalls, if the Secret belongs to another owner or another add-on bears the same name, although nothing is
/// to be changed.
pub(crate) fn obstructed(snapshot: &Snapshot<'_>) -> Option<Plan> {
    if let Some(problem) = annotation_problem(snapshot) {
        return Some(rest_until_poll(snapshot, State::Recorded, Reason::InvalidAnnotation, problem));
    }
    if let ObservedSecret::Foreign(why) = snapshot.secret {
        return Some(rest_until_poll(snapshot, State::Recorded, Reason::SecretConflict, why.clone()));
    }
    if let ObservedSecret::Refused { reason, message, .. } = snapshot.secret {
        return Some(rest_until_poll(snapshot, State::Recorded, *reason, message.clone()));
    }
    let other = twins::duplicate(snapshot)?;
    let because = format!(
        "{} has the name of this resource too, and may be older. Delete the wrong one in the cloud console; the operator sees it at the next poll.",
        names(&other.ids)
    );
    Some(rest_until_poll(snapshot, State::Recorded, Reason::Duplicate, because))
}

/// Returns the problem of an annotation that controls the operator, if one has a value that cannot be obeyed.
fn annotation_problem(snapshot: &Snapshot<'_>) -> Option<String> {
    let invalid = retention(snapshot, snapshot.ids()?).err();
    let invalid =
        invalid.or((snapshot.deletion_policy == DeletionPolicy::Invalid).then_some(Invalid::DeletionPolicy));
    if let Some(invalid) = invalid {
        let writes = if invalid == Invalid::Management {
            "the operator writes nothing to the cloud, and "
        } else {
            ""
        };
        return Some(format!(
            "{}. Correct or remove it; until then, {writes}a deletion waits.",
            invalid.problem()
        ));
    }
    let drift = snapshot.resource.drift_problem.as_ref().or(snapshot.resource.schedule.problem.as_ref());
    drift.map(|problem| format!("{problem}. Correct or remove it.")).or_else(|| external_problem(snapshot))
}

/// Returns the problem of the annotations that name an existing add-on, if the resource has another one.
pub(crate) fn external_problem(snapshot: &Snapshot<'_>) -> Option<String> {
    let resource = snapshot.resource;
    if resource.external_problem.is_some() {
        return resource.external_problem.clone();
    }
    let record = snapshot.record()?;
    let External::Id(id) = resource.external.as_ref()? else { return None };
    let is_known =
        record.ids.iter().chain(&record.replaced).any(|ids: &Ids| ids.values().any(|own| own == id));
    (!is_known).then(|| {
        format!(
            "the annotation `{EXTERNAL_ID}` names {}, but the resource has {}, and a resource cannot change its add-on. Correct or remove the \
             annotation, or create another resource for that add-on.",
            shortened(id),
            record.ids.as_ref().map(names).unwrap_or_default()
        )
    })
}

/// The message for an add-on in sync of which nothing else has to be told.
pub(crate) const IN_SYNC: &str = "the add-on exists and matches the spec";

/// The reason and message for an add-on in sync.
pub(crate) fn in_sync_reason(snapshot: &Snapshot<'_>) -> (Reason, String) {
    let only_reads = snapshot.resource.management.only_reads();
    match snapshot.desired_state {
        DesiredState::Clear { ignored, .. } if only_reads && !ignored.is_empty() => {
            (Reason::Observed, format!("the operator only observes the add-on. {}", ignored.join(" ")))
        }
        _ if only_reads => {
            (Reason::Observed, "the operator only observes the add-on, and it matches the spec".to_owned())
        }
        DesiredState::Clear { ignored, .. } if !ignored.is_empty() => {
            (Reason::FieldIgnored, ignored.join(" "))
        }
        DesiredState::Clear { unverified, .. } if !unverified.is_empty() => {
            let because = format!(
                "the add-on exists and matches the spec, as far as the cloud shows it. {}",
                unverified.join(" ")
            );
            (Reason::InSync, because)
        }
        DesiredState::Clear { .. } | DesiredState::Unknown | DesiredState::Refused { .. } => {
            (Reason::InSync, IN_SYNC.to_owned())
        }
    }
}

/// Rests until the next poll of the list.
pub(crate) fn rest_until_poll(
    snapshot: &Snapshot<'_>,
    state: State,
    reason: Reason,
    because: impl Into<String>,
) -> Plan {
    let due = next_poll(snapshot);
    if due <= snapshot.now.mono {
        let because = "the operator checks that the add-on still exists";
        return snapshot.plan(state, Step::Read(Read::Listing { sent_after: due }), reason, because);
    }
    snapshot.rest(state, due, reason, because)
}
