//! No attempt was made, or none had an effect: makes the first attempt, if the spec can be fulfilled. Sends
//! nothing itself.

use crate::plan::confirmation::with_annotation;
use crate::plan::desired::DesiredState;
use crate::plan::external::EXTERNAL_ID;
use crate::plan::management::{MANAGEMENT, Management};
use crate::plan::observed::ObservedSecret;
use crate::plan::reason::Reason;
use crate::plan::retain::Invalid;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::states::former;
use crate::plan::step::{Plan, Read, Step};

/// Makes a first attempt.
pub(crate) fn plan(snapshot: &Snapshot<'_>, state: State) -> Plan {
    obstacle(snapshot, state).or_else(|| former::plan(snapshot, state)).unwrap_or_else(|| {
        snapshot
            .intend(state, "there is no add-on yet; the operator records the attempt before it creates one")
    })
}

/// Returns the reason not to make an attempt now, if any.
pub(crate) fn obstacle(snapshot: &Snapshot<'_>, state: State) -> Option<Plan> {
    if snapshot.namespace_terminating {
        return Some(snapshot.stall(
            state,
            Reason::NamespaceTerminating,
            "the namespace is being deleted, so the operator creates no add-on",
        ));
    }
    if let Some(plan) = forbidden(snapshot, state).or_else(|| secret_name(snapshot, state)) {
        return Some(plan);
    }
    if let Some(access_denied) = &snapshot.target.access_denied {
        return Some(snapshot.stall(state, access_denied.reason, &access_denied.message));
    }
    match snapshot.desired_state {
        DesiredState::Unknown => Some(snapshot.plan(
            state,
            Step::Read(Read::Offers),
            Reason::Creating,
            "the operator reads what the cloud offers before it creates the add-on",
        )),
        DesiredState::Refused { reason, message } => Some(snapshot.stall(state, *reason, message)),
        DesiredState::Clear { .. } => None,
    }
}

/// Waits while the name of the Secret is not free: without its Secret, nothing can use the add-on.
fn secret_name(snapshot: &Snapshot<'_>, state: State) -> Option<Plan> {
    match snapshot.secret {
        ObservedSecret::Foreign(why) => Some(snapshot.stall(state, Reason::SecretConflict, why.clone())),
        ObservedSecret::Unsure(why) => {
            // The Secret is read again then.
            let until = snapshot.now.mono + snapshot.timing.look * 5;
            let because = format!(
                "the operator creates no add-on before it knows that the name of its Secret is free: {why}"
            );
            Some(snapshot.rest(state, until, Reason::Creating, because))
        }
        ObservedSecret::Needless
        | ObservedSecret::Unknown
        | ObservedSecret::Incomplete(_)
        | ObservedSecret::Refused { .. }
        | ObservedSecret::Differs
        | ObservedSecret::Same => None,
    }
}

/// Stalls, if annotations forbid the creation, or do not say clearly which add-on the user wants.
fn forbidden(snapshot: &Snapshot<'_>, state: State) -> Option<Plan> {
    if let Some(problem) = &snapshot.resource.external_problem {
        return Some(snapshot.stall(state, Reason::InvalidAnnotation, problem));
    }
    match snapshot.resource.management {
        Management::Manage => None,
        Management::Invalid => {
            let because = format!(
                "{}. Correct it; until then, the operator creates no add-on.",
                Invalid::Management.problem()
            );
            Some(snapshot.stall(state, Reason::InvalidAnnotation, because))
        }
        Management::Observe => {
            let because = format!(
                "the operator only observes, as the annotation `{MANAGEMENT}` asks, and there is no add-on to observe. Name an existing one with the annotation \
                 `{EXTERNAL_ID}`, or let the operator create one: {}.",
                with_annotation(snapshot, MANAGEMENT, "manage")
            );
            Some(snapshot.stall(state, Reason::ExternalResourceNotFound, because))
        }
    }
}
