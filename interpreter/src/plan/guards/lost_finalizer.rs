//! Our finalizer is missing from a live resource with a record: it is put back, or a deletion would leave the add-on behind.

use std::time::Duration;

use crate::plan::backoff::pause_between_repairs;
use crate::plan::observed::RecordSight;
use crate::plan::reason::Reason;
use crate::plan::snapshot::{Sight, is_vacant_or_none};
use crate::plan::step::{Plan, Step};

/// The plan, unless the finalizer is to be put back first. Another writer that keeps removing it slows this down, as with the Secret, and so does
/// an API server that refuses it; meanwhile the plan goes on.
pub(crate) fn put_back_first(sight: &Sight<'_>, plan: Plan) -> Plan {
    if !is_lost(sight) || matches!(plan.step, Step::Write(_) | Step::Intend(_)) {
        return plan;
    }
    let refused = sight.memory.troubles.holding(&Step::AddFinalizer, sight.timing, sight.now.mono).map(|(_, until)| until);
    let repaired = pause_between_repairs(sight.memory.finalizer, sight.timing);
    match refused.max(repaired).filter(|until| *until > sight.now.mono) {
        None => sight.swap(plan.state, Step::AddFinalizer, Reason::Preparing, "another writer removed the finalizer, so it is put back"),
        Some(pause) => at_the_latest(plan, pause),
    }
}

fn at_the_latest(plan: Plan, pause: Duration) -> Plan {
    let Step::Rest { until } = plan.step else { return plan };
    Plan { step: Step::Rest { until: Some(until.map_or(pause, |until| until.min(pause))) }, ..plan }
}

fn is_lost(sight: &Sight<'_>) -> bool {
    let resource = sight.resource;
    // A record that cannot be read may be the only trace of an add-on.
    let has_record = matches!(resource.record, RecordSight::Unreadable(_)) || !is_vacant_or_none(sight);
    resource.exists && !resource.deleting && !resource.finalizer && has_record
}
