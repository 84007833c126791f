//! Documents: the values of one YAML file, each with its place.

use std::collections::BTreeMap;

use serde_json::Value;

/// One file, read.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Where it was read from.
    pub(super) path: String,
    /// What it says.
    pub(super) value: Value,
    /// Where each value stands, by JSON pointer.
    pub(super) places: BTreeMap<String, Places>,
}

/// Where a value stands, and the key before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    /// The key; elements of a list have none.
    pub(super) key: Option<Place>,
    /// The value.
    pub(super) value: Place,
}

/// A line, a column and a number of characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// From 1.
    pub(super) line: usize,
    /// From 1, in characters.
    pub(super) column: usize,
    /// In characters; what goes on below its line ends with it.
    pub(super) length: usize,
}

impl Place {
    /// Where a file begins.
    pub(super) const START: Self = Self { line: 1, column: 1, length: 1 };
}

/// One key as a part of a JSON pointer.
pub(super) fn pointer_part(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
