//! Failure of a request to a cloud, with texts that may still show secrets. A reconciliation gets an outcome of it only
//! together with the outputs that the outcome must not show.

use std::fmt;
use std::time::Duration;

use interpreter::exchange::{Redactor, Refusal};
use interpreter::plan::StepOutcome;
use interpreter::reconcile::refused;
use secrecy::{ExposeSecret, SecretString};

use crate::engine::labels;

/// Failed request.
#[derive(Clone)]
pub(crate) struct CloudFailure {
    cause: Box<Cause>,
    /// The credentials that the answer may repeat; `None` if they cannot be searched for.
    credentials: Option<Redactor>,
}

#[derive(Clone)]
enum Cause {
    /// The cloud's answer, with the pause that it asked for.
    Refused(Refusal, Option<Duration>),
    /// Any other failure, in words of the operator and of its libraries.
    Other(StepOutcome),
}

impl CloudFailure {
    /// Returns the failure of a request that the cloud has refused.
    pub(super) fn refused(
        refusal: Refusal,
        retry_after: Option<Duration>,
        credentials: Option<Redactor>,
    ) -> Self {
        Self { cause: Box::new(Cause::Refused(refusal, retry_after)), credentials }
    }

    /// Returns the failure of a request without an answer.
    pub(super) fn unanswered(outcome: StepOutcome, credentials: Option<Redactor>) -> Self {
        Self { cause: Box::new(Cause::Other(outcome)), credentials }
    }

    /// Returns true when the outcome quotes the cloud, so that the outputs have to be known.
    pub(crate) fn is_quoted(&self) -> bool {
        matches!(self.cause.as_ref(), Cause::Refused(refusal, _) if refusal.message.is_quoted())
    }

    /// Returns the outcome without a word of the cloud, for decisions and metrics.
    pub(crate) fn class(&self) -> StepOutcome {
        match self.cause.as_ref() {
            Cause::Refused(refusal, retry_after) => refused(refusal, *retry_after, None),
            Cause::Other(outcome) => outcome.clone().map_message(|_| String::new()),
        }
    }

    /// Returns the outcome without credentials and without these outputs. If the outputs are unknown (`None`), it
    /// quotes nothing of the answer.
    pub(crate) fn outcome(&self, outputs: Option<&[SecretString]>) -> StepOutcome {
        let with = |outputs: &[SecretString]| {
            self.credentials.clone()?.with_outputs(outputs.iter().map(ExposeSecret::expose_secret))
        };
        match self.cause.as_ref() {
            Cause::Refused(refusal, retry_after) => {
                refused(refusal, *retry_after, outputs.and_then(with).as_ref())
            }
            Cause::Other(outcome) => {
                let redactor = with(outputs.unwrap_or_default()).unwrap_or_default();
                outcome.clone().map_message(|message| redactor.redact(&message).into_owned())
            }
        }
    }

    /// Returns the outcome of a request that concerns no resource, so that there are no outputs of it.
    pub(crate) fn outcome_without_resource(&self) -> StepOutcome {
        self.outcome(Some(&[]))
    }
}

/// Takes an outcome in the operator's own words.
impl From<StepOutcome> for CloudFailure {
    fn from(outcome: StepOutcome) -> Self {
        Self::unanswered(outcome, Some(Redactor::default()))
    }
}

/// Shows no word of the cloud.
impl fmt::Debug for CloudFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&labels::outcome_message(&self.class()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use interpreter::catalog::ErrorTable;
    use interpreter::catalog::expression::Selector;
    use interpreter::exchange::{Answer, Body, Verdict, meaning};
    use serde_json::json;

    use super::*;

    /// Returns the failure of a read that the cloud has refused with this text.
    fn refusal(text: &str) -> CloudFailure {
        let body = Body::Json(json!({ "message": text }));
        let (operation, writes, confidential) = ("list", false, false);
        let answer =
            Answer { operation, writes, confidential, status: 400, content_type: None, size: 9, body: &body };
        let error_text = Selector::parse("$.message").map(|selector| [selector]);
        let error_text = error_text.unwrap_or_else(|why| panic!("{why}"));
        let Verdict::Refusal(refusal) = meaning(&ErrorTable::default(), &error_text, &answer) else {
            panic!("a success")
        };
        CloudFailure::refused(refusal, None, Redactor::default().with_credentials(["token-1"]))
    }

    #[test]
    fn a_failure_has_words_of_the_cloud_only_together_with_the_outputs() {
        let failure = refusal("token-1 and hunter2");
        let message = |outputs: Option<&[SecretString]>| labels::outcome_message(&failure.outcome(outputs));
        assert!(failure.is_quoted());
        assert_eq!(
            message(Some(&["hunter2".into()])),
            "refused (Rejected): [redacted] and [redacted] (HTTP 400)"
        );
        assert_eq!(message(Some(&[])), "refused (Rejected): [redacted] and hunter2 (HTTP 400)");
        assert_eq!(message(None), "refused (Rejected): HTTP 400, 9 bytes");
        for shown in [format!("{failure:?}"), labels::outcome_message(&failure.class())] {
            assert!(!shown.contains("hunter2") && !shown.contains("token-1"), "{shown}");
        }
    }

    #[test]
    fn too_many_outputs_quote_nothing() {
        let outputs: Vec<SecretString> =
            (0..5000).map(|at| SecretString::from(format!("{at:064}"))).collect();
        let outcome = refusal("no such plan").outcome(Some(&outputs));
        assert_eq!(labels::outcome_message(&outcome), "refused (Rejected): HTTP 400, 9 bytes");
    }

    #[test]
    fn words_of_a_library_show_no_credential() {
        let credentials = Redactor::default().with_credentials(["token-1"]);
        let failure =
            CloudFailure::unanswered(StepOutcome::Unavailable("invalid: token-1".into()), credentials);
        assert!(!failure.is_quoted());
        let message = labels::outcome_message(&failure.outcome_without_resource());
        assert_eq!(message, "no usable answer: invalid: [redacted]");
    }
}
