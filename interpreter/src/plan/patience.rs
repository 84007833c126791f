//! Patience: a step whose errand has just failed is not tried again at once.

use super::sight::Sight;
use super::step::{Plan, Step};

/// The plan, unless trouble holds it up: then to rest until it is worth another try, and to say what the trouble is.
pub(super) fn patient(sight: &Sight<'_>, plan: Plan) -> Plan {
    let Some((trouble, until)) = sight.memory.troubles.holding(&plan.step, sight.timing, sight.now.mono) else {
        return plan;
    };
    let because = format!("{} Tried again later; next: {}.", sentence(&trouble.message), plan.because);
    Plan { step: Step::Rest { until: Some(until) }, reason: trouble.reason, because, ..plan }
}

fn sentence(message: &str) -> String {
    let message = message.trim();
    if message.ends_with(['.', '!', '?']) { message.to_owned() } else { format!("{message}.") }
}
