//! Recorded answers of a cloud, and the result that an example expects with them. They allow an entry to be
//! tried without its cloud.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::catalog::{Code, Expression, Problem};

/// Recorded answer.
#[derive(Debug)]
pub(crate) struct RecordedAnswer {
    /// Request that is answered: an operation, a read or a change by its name, `offers`, or the lookup
    /// (`resize find`) and the follow-up (`resize follow`) of a change.
    pub(crate) asked: String,
    /// Request that must have been sent before this answer applies.
    pub(crate) after: Option<String>,
    /// Body.
    pub(crate) body: Expression,
    /// Position in the file.
    pub(crate) at: Location,
}

/// Expected result of an example.
#[derive(Debug)]
pub struct Expectation {
    /// Requests that create or change something, all of them in this order: the name of the request and, as
    /// far as written, its body.
    pub(crate) sent: Vec<(String, Value)>,
    /// Keys of the Secret: all of them as a list, or some with their values.
    pub(crate) secret: Option<Value>,
    /// Fields of the status.
    pub(crate) status: Map<String, Value>,
    /// Position of each part, by its JSON pointer.
    pub(crate) places: BTreeMap<String, Location>,
}

/// Position in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
    /// Number of characters to mark.
    pub(crate) length: usize,
}

impl Location {
    /// Creates a problem at this position.
    pub(crate) fn problem(&self, code: Code, message: String, help: Option<String>) -> Problem {
        let Self { file, line, column, length } = self.clone();
        Problem { file, line, column, length, code, severity: code.severity(), message, help }
    }
}

/// Splits an answer's key into the request and the request that precedes it.
pub(super) fn asked(key: &str) -> (&str, Option<&str>) {
    match key.split_once(" after ") {
        Some((asked, after)) => (asked, Some(after)),
        None => (key, None),
    }
}
