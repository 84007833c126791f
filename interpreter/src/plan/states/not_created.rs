//! Nothing was tried, or certainly nothing came of it: the first attempt is made, if the spec can be had. Sends nothing itself.

use crate::plan::desired::Wish;
use crate::plan::reason::Reason;
use crate::plan::snapshot::Sight;
use crate::plan::state::State;
use crate::plan::step::{Plan, Read, Step};

/// A first attempt.
pub(crate) fn plan(sight: &Sight<'_>, state: State) -> Plan {
    obstacle(sight, state).unwrap_or_else(|| sight.intend(state, "nothing was created yet: the intention is recorded first"))
}

/// Why no attempt is made now, if so.
pub(crate) fn obstacle(sight: &Sight<'_>, state: State) -> Option<Plan> {
    if sight.namespace_terminating {
        return Some(sight.stall(state, Reason::NamespaceTerminating, "the namespace is being deleted, so nothing is created"));
    }
    if let Some(barred) = &sight.home.barred {
        return Some(sight.stall(state, barred.reason, &barred.message));
    }
    match sight.wish {
        Wish::Unknown => {
            Some(sight.plan(state, Step::Read(Read::Offers), Reason::Creating, "what is offered must be known before anything is created"))
        }
        Wish::Refused { reason, message } => Some(sight.stall(state, *reason, message)),
        Wish::Clear { .. } => None,
    }
}
