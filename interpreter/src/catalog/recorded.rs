//! What a cloud answered once, and what comes of an example with these answers: so that an entry can be tried without its cloud.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::catalog::{Code, Expression, Problem};

/// An answer that was recorded.
#[derive(Debug)]
pub struct RecordedAnswer {
    /// What was asked: an operation, a read or a change by its name, `offers`, or how a change is looked up (`resize find`) and followed
    /// (`resize follow`).
    pub asked: String,
    /// It is answered so only after this was sent.
    pub after: Option<String>,
    /// The body.
    pub body: Expression,
    /// Where it stands.
    pub at: Location,
}

/// What must come of an example.
#[derive(Debug)]
pub struct Expectation {
    /// What is sent to make or change something, all of it in this order: the name of the request and, as far as it is written, its body.
    pub sent: Vec<(String, Value)>,
    /// The keys of the Secret, all of them; or some with their values.
    pub secret: Option<Value>,
    /// Fields of the status.
    pub status: Map<String, Value>,
    /// Where each part of it is written, by its JSON pointer.
    pub places: BTreeMap<String, Location>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// So many characters are meant.
    pub length: usize,
}

impl Location {
    /// A problem at this place.
    pub fn problem(&self, code: Code, message: String, help: Option<String>) -> Problem {
        let Self { file, line, column, length } = self.clone();
        Problem { file, line, column, length, code, severity: code.severity(), message, help }
    }
}

/// What an answer's key says: what was asked, and after what.
pub(super) fn asked(key: &str) -> (&str, Option<&str>) {
    match key.split_once(" after ") {
        Some((asked, after)) => (asked, Some(after)),
        None => (key, None),
    }
}
