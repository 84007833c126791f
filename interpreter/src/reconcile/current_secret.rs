//! The Secret under the current name is written, so that those under former names have served.

use crate::plan::{ObservedSecret, Plan, Standing};
use crate::reconcile::Observed;

/// Returns true when the Secret is in sync under its current name, and the operator may delete Secrets that the
/// resource had under other names. While anything else is going on, they stay.
pub fn has_current_secret(observed: &Observed, plan: &Plan) -> bool {
    let resource = &observed.subject.resource;
    resource.exists
        && !resource.deleting
        && !resource.schedule.paused
        && observed.subject.has_ids()
        && observed.inputs.secret == ObservedSecret::Same
        && plan.reason.standing() == Standing::Ready
}
