//! Guard for a paused resource: the operator looks and reports, and writes nothing, whatever the state.

use crate::plan::confirmation::without_annotation;
use crate::plan::reason::{Reason, Standing};
use crate::plan::record::Record;
use crate::plan::schedule::PAUSED;
use crate::plan::snapshot::Snapshot;
use crate::plan::state::State;
use crate::plan::step::{Plan, Step};

/// Replaces a step that writes to the cloud, to the Secret, or announces such a write, by a rest that says what the
/// step would be. What was sent before is recorded.
pub(crate) fn hold(snapshot: &Snapshot<'_>, plan: Plan) -> Plan {
    if !snapshot.resource.schedule.paused {
        return plan;
    }
    if writes(snapshot, &plan) {
        let because = format!(
            "the annotation `{PAUSED}` stops the operator from writing anything. Without it, the operator would go on ({}). Remove it: {}.",
            plan.because.trim_end_matches('.'),
            without_annotation(snapshot, PAUSED)
        );
        return snapshot.until_listed(plan.state, Reason::Paused, because);
    }
    if matches!(plan.step, Step::Rest { .. }) && plan.reason.standing() == Standing::Ready {
        let because = format!(
            "{} The annotation `{PAUSED}` stops the operator from writing anything.",
            sentence(&plan.because)
        );
        return Plan { because, ..plan };
    }
    plan
}

fn writes(snapshot: &Snapshot<'_>, plan: &Plan) -> bool {
    match &plan.step {
        Step::Intend(_)
        | Step::Create
        | Step::Delete(_)
        | Step::Change(_)
        | Step::Mark(_)
        | Step::ApplySecret
        | Step::RemoveFinalizer(_) => true,
        Step::Write(record) => plan.state != State::Holding && !only_records(snapshot, record),
        // A resource without its finalizer may leave an add-on behind.
        Step::AddFinalizer | Step::Read(_) | Step::ReportLeftover(_) | Step::Rest { .. } => false,
    }
}

/// Returns true for a record of what is there already: it names no other add-on, and opens no attempt.
fn only_records(snapshot: &Snapshot<'_>, record: &Record) -> bool {
    let opens = |record: &Record| record.operation.as_ref().and_then(|operation| operation.attempt.clone());
    snapshot.record().is_some_and(|before| {
        before.ids == record.ids
            && (record.attempt.is_none() || record.attempt == before.attempt)
            && (opens(record).is_none() || opens(record) == opens(before))
    })
}

fn sentence(message: &str) -> String {
    if message.ends_with(['.', '!', '?']) { message.to_owned() } else { format!("{message}.") }
}
