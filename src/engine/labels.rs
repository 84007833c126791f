//! Labels of the planner's values for logs and metrics. They contain no ids and no secrets, so their number
//! is bounded.

use interpreter::plan::{Read, Reason, Standing, State, Step, StepOutcome};

use crate::telemetry::Outcome;

/// The label of a step.
pub(crate) fn step(step: &Step) -> &'static str {
    match step {
        Step::Read(Read::Live) => "read",
        Step::Read(Read::Listing { .. }) => "list",
        Step::Read(Read::Marks { .. }) => "marks",
        Step::Read(Read::Offers) => "offers",
        Step::Read(Read::Get(_)) => "get",
        Step::Read(Read::Observed) => "observe",
        Step::Read(Read::Outputs) => "outputs",
        Step::Read(Read::Operation) => "follow",
        Step::Intend(_) => "intend",
        Step::Write(_) => "record",
        Step::AddFinalizer => "hold",
        Step::RemoveFinalizer(_) => "release",
        Step::Create => "create",
        Step::Delete(_) => "delete",
        Step::ReportLeftover(_) => "report",
        Step::Change(_) => "change",
        Step::Mark(_) => "mark",
        Step::ApplySecret => "secret",
        Step::Rest { .. } => "rest",
    }
}

/// The message of an outcome, for users.
pub(crate) fn outcome_message(outcome: &StepOutcome) -> String {
    match outcome {
        StepOutcome::Done | StepOutcome::Created(_) | StepOutcome::Changed(_) | StepOutcome::Progress(_) => {
            "done".to_owned()
        }
        StepOutcome::Conflict => "another client wrote first".to_owned(),
        StepOutcome::NotFound => "not found".to_owned(),
        StepOutcome::Unsent(why) => format!("not sent: {why}"),
        StepOutcome::Ambiguous(why) => format!("the request may have taken effect: {why}"),
        StepOutcome::Rejected { reason, message } => format!("refused ({reason}): {message}"),
        StepOutcome::Throttled { message, .. } => format!("too many requests: {message}"),
        StepOutcome::Unavailable(why) => format!("no usable answer: {why}"),
    }
}

/// The label of a request's result.
pub(crate) fn outcome(refusal: Option<&StepOutcome>) -> Outcome {
    match refusal {
        None
        | Some(
            StepOutcome::Done | StepOutcome::Created(_) | StepOutcome::Changed(_) | StepOutcome::Progress(_),
        ) => Outcome::Done,
        Some(StepOutcome::Rejected { reason: Reason::CredentialsInvalid, .. }) => Outcome::Unauthorized,
        Some(StepOutcome::Rejected { .. } | StepOutcome::Conflict) => Outcome::Refused,
        Some(StepOutcome::Throttled { .. }) => Outcome::Throttled,
        Some(StepOutcome::NotFound) => Outcome::NotFound,
        Some(StepOutcome::Unavailable(_) | StepOutcome::Unsent(_)) => Outcome::Unavailable,
        Some(StepOutcome::Ambiguous(_)) => Outcome::Ambiguous,
    }
}

/// True when the event of this reason is a warning: the resource is stalled, or the cloud or the cluster
/// fails.
pub(crate) fn is_warning(reason: Reason) -> bool {
    let trouble = [Reason::CloudUnavailable, Reason::Throttled, Reason::ClusterUnavailable];
    reason.standing() == Standing::Stalled || trouble.contains(&reason)
}

/// The label of a state, for the log.
pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Fresh => "fresh",
        State::Vacant => "vacant",
        State::Inherited => "inherited",
        State::Intended => "intended",
        State::Unsure => "unsure",
        State::Holding => "holding",
        State::Recorded => "recorded",
        State::Settled => "settled",
        State::Changing => "changing",
        State::Vanished => "vanished",
        State::Adopting => "adopting",
        State::Claimed => "claimed",
        State::Unproven => "unproven",
        State::Disagreeing => "disagreeing",
        State::Unreadable => "unreadable",
        State::Deleting => "deleting",
        State::Gone => "gone",
    }
}
