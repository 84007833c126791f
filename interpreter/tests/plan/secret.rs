//! The Secret: its name before the creation, the age of the outputs, and refusals of the API server.

use super::*;

/// Situations in which the Secret decides.
pub(super) fn secrets() -> Vec<(&'static str, Case)> {
    let fresh = |secret: ObservedSecret| {
        let mut case = with(ObservedRecord::None, None);
        case.resource.finalizer = false;
        Case { secret, ..case }
    };
    let taken = || ObservedSecret::Foreign("the Secret is that of another resource".to_owned());
    let read_at = |second: u64, mut case: Case| {
        case.memory.outcome(&Step::Read(Read::Outputs), &StepOutcome::Done, at(second));
        case
    };
    let refused = |secret: ObservedSecret| {
        let mut case = Case { secret, ..settled() };
        let message = "the API server refuses the Secret `s`: \"too large\"".to_owned();
        let outcome = StepOutcome::Rejected { reason: Reason::SecretRefused, message };
        case.memory.outcome(&Step::ApplySecret, &outcome, at(900));
        case
    };
    let later = |second: u64, case: Case| Case {
        now: at(second),
        listing: Some(list(second - 10, &[entry("x1")])),
        ..case
    };
    let mut changed = refused(ObservedSecret::Differs);
    changed.resource.secret_version = Some(Some("8".to_owned()));
    changed.memory.saw(&changed.resource, &changed.target, at(905));
    let shown = OutputsAge { needed: true, written: None, shown: Some(Duration::from_secs(995)) };
    vec![
        ("another resource has the name of the Secret, and there is no add-on yet", fresh(taken())),
        (
            "nothing tells yet whether the name of the Secret is free",
            fresh(ObservedSecret::Unsure("the resources of a kind are not listed yet.".to_owned())),
        ),
        ("the API server has refused the Secret a moment ago", later(930, refused(ObservedSecret::Differs))),
        ("the API server has refused the Secret, and the pause has passed", refused(ObservedSecret::Differs)),
        ("the situation above, with new outputs", read_at(999, refused(ObservedSecret::Differs))),
        (
            "the situation above, and the new outputs are those of the Secret",
            read_at(999, refused(ObservedSecret::Same)),
        ),
        ("the API server has refused the Secret, and it has changed since", later(910, changed)),
        ("the outputs were read too long ago", later(1811, settled())),
        ("the list shows that the add-on has changed", Case { outputs: shown, ..settled() }),
        ("the situation above, with new outputs", read_at(996, Case { outputs: shown, ..settled() })),
    ]
}
