//! Requests without a certain answer, in words.

use crate::plan::backoff::OperationKind;
use crate::plan::record::Attempt;
use crate::plan::snapshot::Snapshot;
use crate::plan::timing::utc;

/// Returns the clause that says which request has no certain answer: since when, and because of which answer.
pub(crate) fn unanswered(
    snapshot: &Snapshot<'_>,
    attempt: Option<&Attempt>,
    operation: OperationKind,
    what: &str,
) -> String {
    let memory = snapshot.memory;
    let is_own = [memory.own.as_ref(), memory.change.own.as_ref()]
        .into_iter()
        .flatten()
        .any(|own| attempt.is_some_and(|attempt| attempt.nonce == own.nonce));
    let since = attempt.map(|attempt| format!(" at {}", utc(attempt.at))).unwrap_or_default();
    match memory.failures.message(operation).filter(|_| is_own) {
        Some(message) => {
            format!("the {what}{since} has no certain answer ({})", message.trim_end_matches('.'))
        }
        None if is_own => format!("the {what}{since} has no certain answer"),
        None => format!("another process of the operator, or an earlier one, began a {what}{since}"),
    }
}
