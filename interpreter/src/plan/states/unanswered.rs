//! Requests without a certain answer, in words.

use crate::plan::backoff::{OperationKind, in_words};
use crate::plan::record::Attempt;
use crate::plan::snapshot::Snapshot;
use crate::plan::timing::utc;

/// Returns the sentences that say which request has no certain answer: since when, because of which answer, and until
/// when its effect may show.
pub(crate) fn unanswered(
    snapshot: &Snapshot<'_>,
    attempt: Option<&Attempt>,
    operation: OperationKind,
    (what, effect, then): (&str, &str, &str),
) -> String {
    let is_own = attempt.is_some_and(|attempt| {
        attempt.nonce.strip_prefix(snapshot.process).is_some_and(|serial| serial.starts_with('.'))
    });
    let since = attempt.map(|attempt| format!(" at {}", utc(attempt.at))).unwrap_or_default();
    let wait = snapshot.timing.wait();
    match attempt.filter(|_| is_own) {
        Some(attempt) => {
            let answer = snapshot.memory.failures.message(operation);
            let answer =
                answer.map(|answer| format!(" ({})", answer.trim_end_matches('.'))).unwrap_or_default();
            let until = utc(attempt.at.saturating_add(i64::try_from(wait.as_millis()).unwrap_or_default()));
            format!(
                "the {what}{since} has no certain answer{answer}, so {effect}. The operator looks until {until}, then {then}"
            )
        }
        None => format!(
            "an earlier process of the operator, or another one, began a {what}{since}, so {effect}. The operator looks for {} since it saw that, then {then}",
            in_words(wait)
        ),
    }
}
