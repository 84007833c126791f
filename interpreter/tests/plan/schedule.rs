//! The schedule of a resource: paused, reconciled at once, compared at an interval of its own.

use interpreter::plan::Schedule;

use super::*;

fn paused(mut case: Case) -> Case {
    case.resource.schedule.paused = true;
    case
}

/// A user asked for a look at this second.
fn requested(mut case: Case, second: u64) -> Case {
    case.resource.schedule.requested = Some(Duration::from_secs(second));
    case.memory.saw(&case.resource, &case.target, at(second));
    case
}

fn observed(second: u64) -> Case {
    let mut case = settled();
    if let DesiredState::Clear { observation, .. } = &mut case.desired_state {
        *observation = Observation::Made(at(second).mono);
    }
    case
}

/// An earlier process compared the add-on with its spec; its reads are valid until this second.
fn earlier(second: u64) -> Case {
    let mut case = settled();
    if let DesiredState::Clear { observation, .. } = &mut case.desired_state {
        *observation = Observation::Earlier { until: at(second).mono };
    }
    case
}

fn deleted(mut case: Case) -> Case {
    case.resource.deleting = true;
    case
}

/// Situations in which the annotations of the schedule decide.
pub(super) fn schedules() -> Vec<(&'static str, Case)> {
    let differing = || Case { desired_state: differs(Remedy::Repeatable("resize".to_owned())), ..settled() };
    let fresh = || {
        let mut case = with(ObservedRecord::None, None);
        case.resource.finalizer = false;
        case
    };
    let listed = |case: Case, second| Case { listing: Some(list(second, &[entry("x1")])), ..case };
    let read = |mut case: Case| {
        case.memory.outcome(&Step::Read(Read::Outputs), &StepOutcome::Done, at(995));
        case
    };
    let mut unclear = settled();
    unclear.resource.schedule =
        Schedule { problem: Some("the annotation is unclear".to_owned()), ..Schedule::default() };
    let mut often = settled();
    often.resource.schedule.poll_interval = Some(Duration::from_secs(60));
    let mut failed = differing();
    let failure = StepOutcome::Rejected { reason: Reason::Rejected, message: "refused".to_owned() };
    let change = Step::Change(Change { name: "resize".to_owned(), fields: Vec::new(), sent: Sent::new() });
    failed.memory.outcome(&change, &failure, at(999));
    vec![
        ("the resource is paused, and there is no add-on yet", paused(fresh())),
        ("the resource is paused, and in sync", paused(settled())),
        ("the resource is paused, and the add-on differs from the spec", paused(differing())),
        (
            "the resource is paused, and its Secret is missing",
            paused(Case { secret: ObservedSecret::Differs, ..settled() }),
        ),
        ("the resource is paused, and deleted", paused(deleted(settled()))),
        ("the resource is paused, and has lost its finalizer", {
            let mut case = paused(settled());
            case.resource.finalizer = false;
            case
        }),
        ("an annotation of the schedule is unclear", unclear),
        ("a user asks for a look, and the last list is older", requested(settled(), 990)),
        (
            "the situation above, with a new list, and outputs that are older",
            requested(listed(settled(), 992), 990),
        ),
        (
            "the situation above, with new outputs, and reads of the add-on that are older",
            read(requested(listed(observed(980), 992), 990)),
        ),
        (
            "the situation above, with new reads of the add-on",
            read(requested(listed(observed(993), 992), 990)),
        ),
        ("the last change has failed a moment ago", failed.clone()),
        ("the situation above, and a user asks for a look", read(requested(listed(failed, 1000), 1000))),
        ("the resource has a poll interval of its own that has passed", often),
        (
            "an earlier process has compared the add-on, and there is no list yet",
            Case { listing: None, ..earlier(1500) },
        ),
        ("the situation above, with a list that shows it", listed(earlier(1005), 999)),
        ("the situation above, but the reads are too old", listed(earlier(999), 999)),
        ("the situation above, but the list shows a difference", {
            let mut case = listed(differing(), 999);
            if let DesiredState::Clear { observation, .. } = &mut case.desired_state {
                *observation = Observation::Earlier { until: at(1500).mono };
            }
            case
        }),
        ("the situation above, and a user asks for a look", read(requested(listed(earlier(1500), 992), 990))),
    ]
}
