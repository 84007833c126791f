//! Collects the problems that the steps of loading find.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::node::Node;
use crate::catalog::{Code, Problem, Severity};

/// Problems found so far.
#[derive(Debug, Default, Clone)]
pub(super) struct Problems {
    found: BTreeSet<Problem>,
    wrong: BTreeSet<(String, String)>,
    refused: BTreeMap<String, Vec<String>>,
}

impl Problems {
    /// Adds a problem. Ignores it inside a value that the schema has refused, and on a missing value.
    pub(super) fn report(
        &mut self,
        code: Code,
        node: &Node,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if node.exists() && !self.is_refused(node) {
            self.note(code, node, message.into(), help.into());
        }
    }

    /// Adds a violation of the schema; later problems inside the value are ignored.
    pub(super) fn refuse(
        &mut self,
        code: Code,
        node: &Node,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.refused.entry(node.document.path.clone()).or_default().push(node.pointer.clone());
        self.note(code, node, message.into(), help.into());
    }

    /// Adds a problem that already has its position.
    pub(super) fn add(&mut self, problem: Problem) {
        self.found.insert(problem);
    }

    /// Returns true when a value contains an error, so that its consequences need no report.
    pub(super) fn is_wrong(&self, node: &Node) -> bool {
        let below = |(file, pointer): &(String, String)| {
            *file == node.document.path && is_inside(pointer, &node.pointer)
        };
        self.wrong.iter().any(below)
    }

    /// Returns true when a file has an error.
    pub(super) fn has_error_in(&self, path: &str) -> bool {
        self.found.iter().any(|problem| problem.file == path && problem.severity == Severity::Error)
    }

    /// Returns the first error.
    pub(super) fn first_error(&self) -> Option<&Problem> {
        self.found.iter().find(|problem| problem.severity == Severity::Error)
    }

    /// Returns all problems, sorted by position.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        self.found.into_iter().collect()
    }

    fn is_refused(&self, node: &Node) -> bool {
        let refused = self.refused.get(&node.document.path).map(Vec::as_slice).unwrap_or_default();
        refused.iter().any(|above| is_inside(&node.pointer, above))
    }

    fn note(&mut self, code: Code, node: &Node, message: String, help: String) {
        if code.severity() == Severity::Error {
            self.wrong.insert((node.document.path.clone(), node.pointer.clone()));
        }
        self.found.insert(Problem::at(&node.document.path, node.place(), code, message, help));
    }
}

/// Returns true when a JSON pointer equals another, or leads below it.
fn is_inside(pointer: &str, above: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
