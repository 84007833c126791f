//! What an answer means, whatever its operation: first what the catalog's rows say, then what follows from the status.
//!
//! What is done about it, and when it is tried again, is decided in `plan`.

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::catalog::{ErrorRow, ErrorTable, Meaning, Read};
use crate::exchange::answer::{Answer, Body};
use crate::exchange::message::message;

/// Whether what was asked was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It was, and the answer can be read.
    Success,
    /// It was not, or nobody knows.
    Refusal(Refusal),
}

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it means.
    pub meaning: Meaning,
    /// The HTTP status.
    pub status: u16,
    /// The reason that the catalog gives, for a condition.
    pub reason: Option<String>,
    /// What happened: the cloud's words where they may be repeated, else the answer's status, content type and size.
    pub message: String,
    /// What the user can do, where the catalog knows.
    pub help: Option<String>,
}

impl Refusal {
    /// Whether it says that there is no such thing, where the catalog takes that for an answer.
    pub fn is_absence(&self, read: &Read) -> bool {
        read.may_be_missing && matches!(self.status, 404 | 410)
    }
}

/// What an answer means. `error_text` says where this cloud writes what is wrong.
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

/// Whether this row speaks of this answer.
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
        // An unreadable success, a redirect, a timeout, a server's failure: it may have been done.
        _ => Some(Meaning::Ambiguous),
    }
}

/// A missing thing is an answer where one thing was asked for; a missing list or product is a mistake in the address.
fn means_gone(answer: &Answer) -> bool {
    match answer.operation {
        "list" | "create" | "offers" => false,
        "delete" => true,
        _ => !answer.writes,
    }
}

/// Only a write can be ambiguous, and no write is merely unavailable, whatever a row says.
fn certain(meaning: Meaning, writes: bool) -> Meaning {
    match (meaning, writes) {
        (Meaning::Ambiguous, false) => Meaning::Unavailable,
        (Meaning::Unavailable, true) => Meaning::Ambiguous,
        (other, _) => other,
    }
}
