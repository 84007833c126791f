//! The planner's values in one word each, for logs and metrics. No ids and no secrets: their number is bounded.

use interpreter::plan::{Heard, Read, Reason, Standing, State, Step};

use crate::telemetry::Outcome;

/// A step, in one word.
pub(crate) fn step(step: &Step) -> &'static str {
    match step {
        Step::Read(Read::Live) => "read",
        Step::Read(Read::Listing { .. }) => "list",
        Step::Read(Read::Offers) => "offers",
        Step::Read(Read::Get(_)) => "get",
        Step::Read(Read::Observed) => "observe",
        Step::Read(Read::Outputs) => "outputs",
        Step::Read(Read::Operation) => "follow",
        Step::Intend(_) => "intend",
        Step::Write(_) => "record",
        Step::AddFinalizer => "hold",
        Step::RemoveFinalizer => "release",
        Step::Create => "create",
        Step::Delete(_) => "delete",
        Step::Change(_) => "change",
        Step::ApplySecret => "secret",
        Step::Rest { .. } => "rest",
    }
}

/// What was heard, for people.
pub(crate) fn heard(heard: &Heard) -> String {
    match heard {
        Heard::Done | Heard::Created(_) | Heard::Changed(_) | Heard::Progress(_) => "done".to_owned(),
        Heard::Conflict => "somebody else wrote first".to_owned(),
        Heard::NotFound => "not found".to_owned(),
        Heard::Unsent(why) => format!("not sent: {why}"),
        Heard::Ambiguous(why) => format!("nobody knows whether it was done: {why}"),
        Heard::Rejected { reason, message } => format!("refused ({reason}): {message}"),
        Heard::Throttled { message, .. } => format!("too many requests: {message}"),
        Heard::Unavailable(why) => format!("no usable answer: {why}"),
    }
}

/// How a request ended.
pub(crate) fn outcome(refusal: Option<&Heard>) -> Outcome {
    match refusal {
        None | Some(Heard::Done | Heard::Created(_) | Heard::Changed(_) | Heard::Progress(_)) => Outcome::Done,
        Some(Heard::Rejected { reason: Reason::CredentialsInvalid, .. }) => Outcome::Unauthorized,
        Some(Heard::Rejected { .. } | Heard::Conflict) => Outcome::Refused,
        Some(Heard::Throttled { .. }) => Outcome::Throttled,
        Some(Heard::NotFound) => Outcome::NotFound,
        Some(Heard::Unavailable(_) | Heard::Unsent(_)) => Outcome::Unavailable,
        Some(Heard::Ambiguous(_)) => Outcome::Ambiguous,
    }
}

/// Whether a person should look: it is stalled, or the cloud or the cluster is in trouble.
pub(crate) fn is_warning(reason: Reason) -> bool {
    let trouble = [Reason::CloudUnavailable, Reason::Throttled, Reason::ClusterUnavailable];
    reason.standing() == Standing::Stalled || trouble.contains(&reason)
}

/// A state, in one word.
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
        State::Disagreeing => "disagreeing",
        State::Unreadable => "unreadable",
        State::Deleting => "deleting",
        State::Gone => "gone",
    }
}
