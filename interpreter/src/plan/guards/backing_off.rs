//! Backoff guard: a step whose kind of operation has just failed is not tried again at once.

use crate::plan::reason::{Reason, Standing};
use crate::plan::snapshot::Snapshot;
use crate::plan::step::{Plan, Step};

/// Replaces the step by a rest with the failure as its reason, while the failure holds up the step.
///
/// A failed read of a resource in sync leaves it Ready, because an outage elsewhere does not make it
/// unusable. Not so if the credentials may not read the account any more: such a resource is not ready for
/// its next change.
pub(crate) fn patient(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    let Some((trouble, until)) =
        snapshot.memory.troubles.holding(&plan.step, snapshot.timing, snapshot.now.mono)
    else {
        return plan;
    };
    let message = sentence(&trouble.message);
    let (reason, because) = if plan.reason.standing() == Standing::Ready && !shuts_out(trouble.reason) {
        let found = if plan.reason == Reason::InSync { "as specified" } else { "usable" };
        (plan.reason, format!("{found} when last seen; the last look failed: {message}"))
    } else {
        (trouble.reason, format!("{message} It is tried again by itself."))
    };
    Plan { step: Step::Rest { until: Some(until) }, reason, because, ..plan }
}

/// Returns true for reasons that close the account to these credentials until a user or an administrator
/// acts.
fn shuts_out(reason: Reason) -> bool {
    matches!(reason, Reason::CredentialsInvalid | Reason::Unauthorized | Reason::OrganisationNotFound)
}

fn sentence(message: &str) -> String {
    let message = message.trim();
    if message.ends_with(['.', '!', '?']) { message.to_owned() } else { format!("{message}.") }
}
