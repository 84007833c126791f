//! Values of a file with their position, as the steps from YAML to the types traverse them.

use serde_json::Value;

use crate::catalog::document::{Document, Place, pointer_part};

/// Value of a file, or the position of a missing one.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) document: &'a Document,
    /// JSON pointer.
    pub(super) pointer: String,
    value: Option<&'a Value>,
    on_key: bool,
}

impl<'a> Node<'a> {
    /// Returns the root of a file.
    pub(super) fn root(document: &'a Document) -> Self {
        Self { document, pointer: String::new(), value: Some(&document.value), on_key: false }
    }

    /// Returns the node under a key, present or not.
    pub(super) fn at(&self, key: &str) -> Self {
        let pointer = format!("{}/{}", self.pointer, pointer_part(key));
        Self {
            document: self.document,
            pointer,
            value: self.value.and_then(|value| value.get(key)),
            on_key: false,
        }
    }

    /// Returns the node under a key of an object, or at an index of a list.
    pub(super) fn below(&self, part: &str) -> Self {
        match part.parse::<usize>() {
            Ok(index) if self.value().is_array() => {
                self.elements().into_iter().nth(index).unwrap_or_else(|| self.at(part))
            }
            _ => self.at(part),
        }
    }

    /// Returns the node at a JSON pointer below this one.
    pub(super) fn at_pointer(&self, pointer: &str) -> Self {
        let part = |part: &str| part.replace("~1", "/").replace("~0", "~");
        pointer.split('/').skip(1).fold(self.clone(), |node, written| node.below(&part(written)))
    }

    /// Returns the node under a key, if present.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        Some(self.at(key)).filter(Self::exists)
    }

    /// Returns true when the value is present.
    pub(super) fn exists(&self) -> bool {
        self.value.is_some()
    }

    /// Returns the value; null when missing.
    pub(super) fn value(&self) -> &'a Value {
        self.value.unwrap_or(&Value::Null)
    }

    /// Returns the entries of an object, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let keys = self.value().as_object().into_iter().flat_map(|object| object.keys());
        keys.map(|key| (key.as_str(), self.at(key))).collect()
    }

    /// Returns the elements of a list.
    pub(super) fn elements(&self) -> Vec<Self> {
        let values = self.value().as_array().map(Vec::as_slice).unwrap_or_default();
        let below = |index| format!("{}/{index}", self.pointer);
        let element = |(index, value)| Self {
            document: self.document,
            pointer: below(index),
            value: Some(value),
            on_key: false,
        };
        values.iter().enumerate().map(element).collect()
    }

    /// Returns the value if it is a text.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.value().as_str()
    }

    /// Returns the text; empty when the value is not a text.
    pub(super) fn text_or_empty(&self) -> String {
        self.text().unwrap_or_default().to_owned()
    }

    /// Returns the texts of a list.
    pub(super) fn texts(&self) -> Vec<String> {
        self.elements().iter().filter_map(|element| element.text().map(str::to_owned)).collect()
    }

    /// Returns true when the value is present and `true`.
    pub(super) fn is_true(&self) -> bool {
        self.value().as_bool().unwrap_or(false)
    }

    /// Returns the same node with its key as the position of problems.
    pub(super) fn key(&self) -> Self {
        Self { on_key: true, ..self.clone() }
    }

    /// Returns the position: of the key for a list or an object, of the nearest enclosing value for a missing
    /// one.
    pub(super) fn place(&self) -> Place {
        let mut pointer = self.pointer.as_str();
        let mut at_key = self.on_key || !self.exists() || self.value().is_object() || self.value().is_array();
        loop {
            if let Some(places) = self.document.places.get(pointer) {
                return places.key.filter(|_| at_key).unwrap_or(places.value);
            }
            let Some((above, _)) = pointer.rsplit_once('/') else { return Place::START };
            pointer = above;
            at_key = true;
        }
    }
}
