//! Documents: the values of one YAML file, each with its position.

use std::collections::BTreeMap;

use serde_json::Value;

/// File that was read.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Path of the file.
    pub(super) path: String,
    /// Value of the whole file.
    pub(super) value: Value,
    /// Position of each value, by JSON pointer.
    pub(super) places: BTreeMap<String, Places>,
}

/// Position of a value and of the key before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    /// Position of the key; elements of a list have none.
    pub(super) key: Option<Place>,
    /// Position of the value.
    pub(super) value: Place,
}

/// Line, column and number of characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Line, from 1.
    pub(super) line: usize,
    /// Column, from 1, in characters.
    pub(super) column: usize,
    /// Length in characters; a value of several lines is cut at the end of the first.
    pub(super) length: usize,
}

impl Place {
    /// Beginning of a file.
    pub(super) const START: Self = Self { line: 1, column: 1, length: 1 };
}

/// Escapes a key as a part of a JSON pointer.
pub(super) fn pointer_part(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
