//! Patience: a step whose errand has just failed is not tried again at once.

use crate::plan::reason::{Reason, Standing};
use crate::plan::snapshot::Sight;
use crate::plan::step::{Plan, Step};

/// The plan, unless trouble holds it up: then to rest until it is worth another try, and to say what the trouble is.
///
/// A look at something that is as it should be leaves it Ready when it fails: an outage elsewhere takes nothing away. Not so where nobody may
/// look any more: what cannot be looked after is not ready for what comes next.
pub(crate) fn patient(sight: &Sight<'_>, plan: Plan) -> Plan {
    let Some((trouble, until)) = sight.memory.troubles.holding(&plan.step, sight.timing, sight.now.mono) else {
        return plan;
    };
    let message = sentence(&trouble.message);
    let (reason, because) = if plan.reason.standing() == Standing::Ready && !shuts_out(trouble.reason) {
        let found = if plan.reason == Reason::AsSpecified { "as specified" } else { "usable" };
        (plan.reason, format!("{found} when last seen; the last look failed: {message}"))
    } else {
        (trouble.reason, format!("{message} It is tried again by itself."))
    };
    Plan { step: Step::Rest { until: Some(until) }, reason, because, ..plan }
}

/// The account is closed to these credentials, until a person opens it.
fn shuts_out(reason: Reason) -> bool {
    matches!(reason, Reason::CredentialsInvalid | Reason::Unauthorized | Reason::OrganisationNotFound)
}

fn sentence(message: &str) -> String {
    let message = message.trim();
    if message.ends_with(['.', '!', '?']) { message.to_owned() } else { format!("{message}.") }
}
