//! Guard against requests that are not allowed now: no usable credentials, or an account that this namespace
//! may not use. Some steps go on.

use crate::plan::location::AccessDenied;
use crate::plan::record::Record;
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
        Some(_) | None => plan,
    }
}

fn may_continue(snapshot: &Snapshot<'_>, access_denied: &AccessDenied, plan: &Plan) -> bool {
    let leaving = snapshot.is_gone() || snapshot.resource.deleting;
    match &plan.step {
        Step::AddFinalizer | Step::RemoveFinalizer(_) | Step::ReportLeftover(_) => true,
        Step::Write(record) => plan.state == State::Holding || leaving || only_withdraws(snapshot, record),
        Step::Read(Read::Live) => true,
        // Planned here only for add-ons that bear our name.
        Step::Read(_) | Step::Delete(_) => leaving && access_denied.may_delete_own,
        Step::Intend(_) | Step::Create | Step::Change(_) | Step::Mark(_) | Step::ApplySecret => false,
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
    matches!(state, State::Unreadable | State::Disagreeing | State::Claimed | State::Unproven)
}
