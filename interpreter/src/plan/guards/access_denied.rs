//! Guard against requests that are not allowed now: no usable credentials, or an account that this namespace
//! may not use. Some steps go on.

use crate::plan::location::AccessDenied;
use crate::plan::observed::Entry;
use crate::plan::reason::Reason;
use crate::plan::record::{Record, names};
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};

/// Replaces a step that needs the cloud by a rest with the reason, if access is denied.
///
/// Resources in sync report the reason too: without access, they are not ready for their next change or for
/// their deletion.
pub(crate) fn permitted(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    match &snapshot.target.access_denied {
        Some(access_denied) if !may_continue(snapshot, access_denied, &plan) => {
            let rest = Step::Rest { until: Some(snapshot.now.mono + snapshot.timing.poll_interval) };
            Plan { step: rest, reason: access_denied.reason, because: access_denied.message.clone(), ..plan }
        }
        None if is_about_record(&plan.step) && !is_proven(snapshot) => look_for_proof(snapshot, &plan),
        Some(_) | None => plan,
    }
}

/// Returns true when the recorded add-on is known to be in the recorded account: the list shows all its ids
/// on one add-on, or the cloud's own answer gave them. A record is an annotation, and some addresses of a
/// cloud name no account, so a foreign id would give access to a foreign add-on.
pub(crate) fn is_proven(snapshot: &Snapshot<'_>) -> bool {
    let Some(ids) = snapshot.ids().filter(|_| snapshot.target.limited) else { return true };
    let all = |entry: &Entry| ids.iter().all(|(name, id)| entry.ids.get(name) == Some(id));
    snapshot.memory.answered.as_ref() == Some(ids)
        || snapshot.listing.is_some_and(|listing| listing.entries.iter().any(all))
}

/// The denial for a record whose add-on is not in the list of its account.
pub(crate) fn unproven(snapshot: &Snapshot<'_>) -> AccessDenied {
    let (ids, account) = (snapshot.ids().map(names).unwrap_or_default(), snapshot.location().account);
    let message = if snapshot.resource.deleting {
        format!(
            "the record names {ids}, which the list of `{account}` does not show, so the operator deletes only add-ons with the name of this resource."
        )
    } else {
        format!(
            "the record names {ids}, which the list of `{account}` does not show, so the operator does not use it. Restore the add-on there, or correct the annotation."
        )
    };
    AccessDenied { reason: Reason::ExternalResourceVanished, message, may_delete_own: true }
}

/// Returns true for a step that uses the ids of the record.
fn is_about_record(step: &Step) -> bool {
    matches!(
        step,
        Step::Read(Read::Get(_) | Read::Outputs | Read::Observed | Read::Operation) | Step::Change(_)
    )
}

fn look_for_proof(snapshot: &Snapshot<'_>, plan: &Plan) -> Plan {
    let since = snapshot.memory.recorded.as_ref().map(|seen| seen.at).unwrap_or_default();
    let counts = since + snapshot.timing.list_lag;
    let Some(listing) = snapshot.proof_since(counts) else {
        let because = "the operator checks that the recorded add-on is in its account before it uses it";
        return snapshot.look(plan.state, since, counts, (Reason::Verifying, because));
    };
    let AccessDenied { reason, message, .. } = unproven(snapshot);
    let next = listing.sent + snapshot.timing.poll_interval;
    match next <= snapshot.now.mono {
        true => snapshot.plan(plan.state, Step::Read(Read::Listing { sent_after: next }), reason, message),
        false => snapshot.rest(plan.state, next, reason, message),
    }
}

fn may_continue(snapshot: &Snapshot<'_>, access_denied: &AccessDenied, plan: &Plan) -> bool {
    let leaving = snapshot.is_gone() || snapshot.resource.deleting;
    match &plan.step {
        Step::AddFinalizer | Step::RemoveFinalizer => true,
        Step::Write(record) => plan.state == State::Holding || leaving || only_withdraws(snapshot, record),
        Step::Read(Read::Live) => true,
        // Planned here only for add-ons that bear our name.
        Step::Read(_) | Step::Delete(_) => leaving && access_denied.may_delete_own,
        Step::Intend(_) | Step::Create | Step::Change(_) | Step::ApplySecret => false,
        Step::Rest { .. } => {
            snapshot.is_gone()
                || (leaving && access_denied.may_delete_own)
                || needs_record_correction(plan.state)
        }
    }
}

/// Returns true for a write that records no new ids and leaves no attempt open.
fn only_withdraws(snapshot: &Snapshot<'_>, record: &Record) -> bool {
    let (before, operation) = (snapshot.record(), record.operation.as_ref());
    record.attempt.is_none()
        && operation.is_none_or(|operation| operation.attempt.is_none())
        && before.is_some_and(|before| before.ids == record.ids)
}

/// Returns true for states in which the record must be corrected first, whatever the credentials are.
fn needs_record_correction(state: State) -> bool {
    matches!(state, State::Unreadable | State::Disagreeing | State::Claimed)
}
