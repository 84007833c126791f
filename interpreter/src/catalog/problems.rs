//! Where the steps of loading put what they find wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::node::Node;
use super::{Code, Problem, Severity};

/// All that was found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: BTreeSet<Problem>,
    refused: BTreeMap<String, Vec<String>>,
}

impl Problems {
    /// Adds one. What lies in a value that the schema has refused is not looked at further, nor is what is missing.
    pub(super) fn report(&mut self, code: Code, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        if node.exists() && !self.is_refused(node) {
            self.refuse_nothing(code, node, message.into(), help.into());
        }
    }

    /// Adds one that has its place already.
    pub(super) fn add(&mut self, problem: Problem) {
        self.found.insert(problem);
    }

    /// Whether a file has an error.
    pub(super) fn break_file(&self, path: &str) -> bool {
        self.found.iter().any(|problem| problem.file == path && problem.severity == Severity::Error)
    }

    /// All of them, sorted by place.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        self.found.into_iter().collect()
    }

    fn is_refused(&self, node: &Node) -> bool {
        let refused = self.refused.get(&node.document.path).map(Vec::as_slice).unwrap_or_default();
        let inside =
            |above: &String| node.pointer.strip_prefix(above.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        refused.iter().any(inside)
    }

    fn refuse_nothing(&mut self, code: Code, node: &Node, message: String, help: String) {
        let place = node.place();
        self.found.insert(Problem {
            file: node.document.path.clone(),
            line: place.line,
            column: place.column,
            length: place.length,
            code,
            severity: code.severity(),
            message,
            help: Some(help).filter(|help| !help.is_empty()),
        });
    }
}
