//! Backoff guard: a step whose kind of operation has just failed is not tried again at once.

use crate::plan::backoff::in_words;
use crate::plan::reason::{Reason, Standing};
use crate::plan::snapshot::Snapshot;
use crate::plan::step::{Plan, Step};

/// Replaces the step by a rest with the failure as its reason, while the failure holds up the step.
///
/// A failed read of a resource in sync leaves it Ready, because an outage elsewhere does not make it
/// unusable. Not so if the credentials may not read the account any more: such a resource is not ready for
/// its next change.
pub(crate) fn back_off(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    let Some((failure, until)) =
        snapshot.memory.failures.holding(&plan.step, snapshot.timing, snapshot.now.mono)
    else {
        return plan;
    };
    let message = sentence(&failure.message);
    let within = in_words(failure.longest_pause(snapshot.timing));
    let (reason, because) = if plan.reason.standing() == Standing::Ready && !denies_access(failure.reason) {
        let found = if plan.reason == Reason::InSync { "matched the spec" } else { "was usable" };
        (
            plan.reason,
            format!(
                "the add-on {found} at the last successful check, but the latest one failed: {message} The operator tries again within {within}."
            ),
        )
    } else {
        (failure.reason, format!("{message} The operator tries again within {within}."))
    };
    Plan { step: Step::Rest { until: Some(until) }, reason, because, ..plan }
}

/// Returns true for reasons that close the account to these credentials until a user or an administrator
/// acts.
fn denies_access(reason: Reason) -> bool {
    matches!(reason, Reason::CredentialsInvalid | Reason::Unauthorized | Reason::OrganisationNotFound)
}

fn sentence(message: &str) -> String {
    let message = message.trim();
    if message.ends_with(['.', '!', '?']) { message.to_owned() } else { format!("{message}.") }
}
