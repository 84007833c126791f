//! One value of a file with its place: what the steps from YAML to the types walk over.

use serde_json::Value;

use crate::catalog::document::{Document, Place, pointer_part};

/// One value of a file, or the place where one is missing.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) document: &'a Document,
    /// Its JSON pointer.
    pub(super) pointer: String,
    value: Option<&'a Value>,
    on_key: bool,
}

impl<'a> Node<'a> {
    /// All of a file.
    pub(super) fn root(document: &'a Document) -> Self {
        Self { document, pointer: String::new(), value: Some(&document.value), on_key: false }
    }

    /// What stands under a key, be it there or not.
    pub(super) fn at(&self, key: &str) -> Self {
        let pointer = format!("{}/{}", self.pointer, pointer_part(key));
        Self { document: self.document, pointer, value: self.value.and_then(|value| value.get(key)), on_key: false }
    }

    /// What stands under a key of an object, or at an index of a list.
    pub(super) fn below(&self, part: &str) -> Self {
        match part.parse::<usize>() {
            Ok(index) if self.value().is_array() => self.elements().into_iter().nth(index).unwrap_or_else(|| self.at(part)),
            _ => self.at(part),
        }
    }

    /// What stands under a key, if it is there.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        Some(self.at(key)).filter(Self::exists)
    }

    /// Whether it is there.
    pub(super) fn exists(&self) -> bool {
        self.value.is_some()
    }

    /// The value; null where it is missing.
    pub(super) fn value(&self) -> &'a Value {
        self.value.unwrap_or(&Value::Null)
    }

    /// The entries of an object, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let keys = self.value().as_object().into_iter().flat_map(|object| object.keys());
        keys.map(|key| (key.as_str(), self.at(key))).collect()
    }

    /// The elements of a list.
    pub(super) fn elements(&self) -> Vec<Self> {
        let values = self.value().as_array().map(Vec::as_slice).unwrap_or_default();
        let below = |index| format!("{}/{index}", self.pointer);
        let element = |(index, value)| Self { document: self.document, pointer: below(index), value: Some(value), on_key: false };
        values.iter().enumerate().map(element).collect()
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.value().as_str()
    }

    /// The text; empty if it is none.
    pub(super) fn text_or_empty(&self) -> String {
        self.text().unwrap_or_default().to_owned()
    }

    /// The texts of a list.
    pub(super) fn texts(&self) -> Vec<String> {
        self.elements().iter().filter_map(|element| element.text().map(str::to_owned)).collect()
    }

    /// Whether it is written and true.
    pub(super) fn is_true(&self) -> bool {
        self.value().as_bool().unwrap_or(false)
    }

    /// The same, its key being what is spoken of.
    pub(super) fn key(&self) -> Self {
        Self { on_key: true, ..self.clone() }
    }

    /// Where it stands: a list or an object at its key, and what is missing where the nearest thing around it stands.
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
