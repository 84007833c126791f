//! Nothing may be asked of the cloud as things are: no usable credentials, or an account that is not this namespace's. What goes on all the same.

use crate::plan::location::Barred;
use crate::plan::observed::Entry;
use crate::plan::reason::Reason;
use crate::plan::record::{Record, names};
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};

/// The plan, unless it needs the cloud and the cloud is barred: then to rest, and to say why.
///
/// Resources that are as specified say so too: what cannot be looked after is not ready for the next change or for its end.
pub(crate) fn permitted(sight: &Sight<'_>, plan: Plan) -> Plan {
    match &sight.home.barred {
        Some(barred) if !goes_on(sight, barred, &plan) => {
            let rest = Step::Rest { until: Some(sight.now.mono + sight.timing.check) };
            Plan { step: rest, reason: barred.reason, because: barred.message.clone(), ..plan }
        }
        None if is_about_record(&plan.step) && !is_proven(sight) => look_for_proof(sight, &plan),
        Some(_) | None => plan,
    }
}

/// Whether the recorded add-on is known to be in the recorded account: the list shows all its ids on one add-on, or the cloud's own answer gave
/// them. A record is an annotation, and some addresses of a cloud name no account: an id of somebody else would open them.
pub(crate) fn is_proven(sight: &Sight<'_>) -> bool {
    let Some(ids) = sight.ids().filter(|_| sight.home.limited) else { return true };
    let all = |entry: &Entry| ids.iter().all(|(name, id)| entry.ids.get(name) == Some(id));
    sight.memory.answered.as_ref() == Some(ids) || sight.listing.is_some_and(|listing| listing.entries.iter().any(all))
}

/// What is said of a record whose add-on its account does not show.
pub(crate) fn unproven(sight: &Sight<'_>) -> Barred {
    let (ids, account) = (sight.ids().map(names).unwrap_or_default(), sight.place().account);
    let message = if sight.resource.deleting {
        format!(
            "the record names {ids}, which the list of `{account}` does not show, so only what bears the name of this resource is deleted."
        )
    } else {
        format!(
            "the record names {ids}, which the list of `{account}` does not show, and is believed only once it does. Restore the add-on there, or correct the annotation."
        )
    };
    Barred { reason: Reason::ExternalResourceVanished, message, may_delete_own: true }
}

/// It goes by the ids of the record.
fn is_about_record(step: &Step) -> bool {
    matches!(step, Step::Read(Read::Get(_) | Read::Outputs | Read::Observed | Read::Operation) | Step::Change(_))
}

fn look_for_proof(sight: &Sight<'_>, plan: &Plan) -> Plan {
    let since = sight.memory.recorded.as_ref().map(|seen| seen.at).unwrap_or_default();
    let counts = since + sight.timing.settle;
    let Some(listing) = sight.proof_since(counts) else {
        let because = "whether the recorded add-on is in its account is looked up, before anything is asked about it";
        return sight.look(plan.state, since, counts, (Reason::Waiting, because));
    };
    let Barred { reason, message, .. } = unproven(sight);
    let next = listing.sent + sight.timing.check;
    match next <= sight.now.mono {
        true => sight.plan(plan.state, Step::Read(Read::Listing { sent_after: next }), reason, message),
        false => sight.rest(plan.state, next, reason, message),
    }
}

fn goes_on(sight: &Sight<'_>, barred: &Barred, plan: &Plan) -> bool {
    let leaving = sight.is_gone() || sight.resource.deleting;
    match &plan.step {
        Step::AddFinalizer | Step::RemoveFinalizer => true,
        Step::Write(record) => plan.state == State::Holding || leaving || takes_back(sight, record),
        Step::Read(Read::Live) => true,
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
