//! Meaning of an answer to any operation: the catalog's error rows take precedence over the HTTP status.
//!
//! Module `plan` decides how to react and when to retry.

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::catalog::{ErrorRow, ErrorTable, Meaning};
use crate::exchange::answer::{Answer, Body};
use crate::exchange::message::{CloudMessage, message};

/// Verdict on a request, from its answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The request succeeded, and the answer can be read.
    Success,
    /// The request failed, or its effect is unknown.
    Refusal(Refusal),
}

/// Unsuccessful answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Meaning.
    pub meaning: Meaning,
    /// HTTP status.
    pub(crate) status: u16,
    /// Reason for a condition, from the catalog.
    pub reason: Option<String>,
    /// Message: the cloud's words where they may be quoted, otherwise the answer's status, content type and
    /// size.
    pub message: CloudMessage,
    /// Help for the user, from the catalog.
    pub help: Option<String>,
}

/// Returns the meaning of an answer. `error_text` selects the cloud's error message in it.
pub fn meaning(errors: &ErrorTable, error_text: &[Selector], answer: &Answer) -> Verdict {
    let Some((meaning, row)) = judge(errors, answer) else { return Verdict::Success };
    Verdict::Refusal(Refusal {
        meaning: certain(meaning, answer.writes),
        status: answer.status,
        reason: row.and_then(|row| row.reason.clone()),
        message: message(error_text, answer),
        help: row.and_then(|row| row.help.clone()),
    })
}

fn judge<'a>(errors: &'a ErrorTable, answer: &Answer) -> Option<(Meaning, Option<&'a ErrorRow>)> {
    if let Some(row) = errors.rows.iter().find(|row| fits(row, answer)) {
        return Some((row.is, Some(row)));
    }
    from_status(answer).map(|meaning| (meaning, None))
}

/// Returns true when the row applies to the answer.
pub(crate) fn fits(row: &ErrorRow, answer: &Answer) -> bool {
    let concerns = row.only_for.is_empty() || row.only_for.iter().any(|name| name == answer.operation);
    let seen = match answer.body {
        Body::Empty => Value::Null,
        Body::Json(value) => value.clone(),
        Body::Text(text) => Value::from(text.as_str()),
    };
    row.status == answer.status && concerns && row.when.as_ref().is_none_or(|test| test.holds(&seen))
}

fn from_status(answer: &Answer) -> Option<Meaning> {
    match (answer.status, answer.body) {
        (200..300, Body::Json(_)) => None,
        (200..300, Body::Empty) if answer.writes => None,
        (401, _) => Some(Meaning::Unauthorized),
        (404, _) if means_gone(answer) => Some(Meaning::NotFound),
        (429, _) => Some(Meaning::Throttled),
        (400..=407 | 409..500, _) => Some(Meaning::Rejected),
        // After an unreadable success, a redirect, a timeout or a server error, the request may have taken
        // effect.
        _ => Some(Meaning::Ambiguous),
    }
}

/// Returns true when a missing object is a valid answer. A missing list or product indicates a wrong address.
fn means_gone(answer: &Answer) -> bool {
    match answer.operation {
        "list" | "create" | "offers" => false,
        "delete" => true,
        _ => !answer.writes,
    }
}

/// Corrects a row's meaning: only a write can be ambiguous, and no write is merely unavailable.
fn certain(meaning: Meaning, writes: bool) -> Meaning {
    match (meaning, writes) {
        (Meaning::Ambiguous, false) => Meaning::Unavailable,
        (Meaning::Unavailable, true) => Meaning::Ambiguous,
        (other, _) => other,
    }
}
