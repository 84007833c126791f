//! Nothing may be asked of the cloud as things are: no usable credentials, or an account that is not this namespace's. What goes on all the same.

use super::State;
use super::record::Record;
use super::sight::{Barred, Sight};
use super::step::{Plan, Step};

/// The plan, unless it needs the cloud and the cloud is barred: then to rest, and to say why.
///
/// Resources that are as specified say so too: what cannot be looked after is not ready for the next change or for its end.
pub(super) fn permitted(sight: &Sight<'_>, plan: Plan) -> Plan {
    match &sight.home.barred {
        Some(barred) if !goes_on(sight, barred, &plan) => {
            let rest = Step::Rest { until: Some(sight.now.mono + sight.timing.check) };
            Plan { step: rest, reason: barred.reason, because: barred.message.clone(), ..plan }
        }
        Some(_) | None => plan,
    }
}

fn goes_on(sight: &Sight<'_>, barred: &Barred, plan: &Plan) -> bool {
    let leaving = sight.is_gone() || sight.resource.deleting;
    match &plan.step {
        Step::RemoveFinalizer => true,
        Step::Write(record) => plan.state == State::Holding || leaving || takes_back(sight, record),
        Step::Read(super::Read::Live) => true,
        // Only planned there for what bears our name.
        Step::Read(_) | Step::Delete(_) => leaving && barred.may_delete_own,
        Step::Intend(_) | Step::Create | Step::Change(_) | Step::ApplySecret => false,
        Step::Rest { .. } => sight.is_gone() || (leaving && barred.may_delete_own) || speaks_of_record(plan.state),
    }
}

/// It records nothing new, and leaves no attempt open.
fn takes_back(sight: &Sight<'_>, record: &Record) -> bool {
    let (before, operation) = (sight.record(), record.operation.as_ref());
    record.attempt.is_none()
        && operation.is_none_or(|operation| operation.attempt.is_none())
        && before.is_some_and(|before| before.ids == record.ids)
}

/// What is wrong there has to be set right first, whatever the credentials are.
fn speaks_of_record(state: State) -> bool {
    matches!(state, State::Unreadable | State::Disagreeing | State::Claimed)
}
