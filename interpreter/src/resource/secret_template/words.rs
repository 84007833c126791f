//! Words of templates: what they do to a value.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::catalog::expression::encode_segment;

/// Word that precedes values in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::resource) enum Word {
    /// Percent-encodes a value for any part of a URL.
    UrlEncode,
    /// Encodes a value in base64.
    Base64,
    /// Writes a value as a JSON string, with its quotes.
    Json,
    /// Replaces a missing or empty value.
    Default,
    /// Writes a value in upper case.
    Upper,
    /// Writes a value in lower case.
    Lower,
    /// Puts a backslash before each of some characters, and before each backslash.
    Escape,
}

/// The words, as templates write them.
const NAMES: [(&str, Word); 7] = [
    ("urlencode", Word::UrlEncode),
    ("base64", Word::Base64),
    ("json", Word::Json),
    ("default", Word::Default),
    ("upper", Word::Upper),
    ("lower", Word::Lower),
    ("escape", Word::Escape),
];

impl Word {
    /// Returns the word of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, word)| *word)
    }

    /// Returns the names of all words, for messages.
    pub(super) fn names() -> String {
        NAMES.map(|(name, _)| format!("`{name}`")).join(", ")
    }

    /// Returns the number of values that the word takes.
    pub(super) fn values(self) -> usize {
        match self {
            Self::UrlEncode | Self::Base64 | Self::Json | Self::Upper | Self::Lower => 1,
            Self::Default | Self::Escape => 2,
        }
    }

    /// Applies the word to a value; `second` is its other value, if it takes two.
    pub(super) fn apply(self, value: &str, second: &str) -> String {
        match self {
            Self::UrlEncode => encode_segment(value),
            Self::Base64 => BASE64_STANDARD.encode(value),
            Self::Json => Value::from(value).to_string(),
            Self::Default => if value.is_empty() { second } else { value }.to_owned(),
            Self::Upper => value.to_uppercase(),
            Self::Lower => value.to_lowercase(),
            Self::Escape => escaped(value, second),
        }
    }
}

/// Puts a backslash before each of these characters, and before each backslash.
fn escaped(value: &str, characters: &str) -> String {
    let characters: BTreeSet<char> = characters.chars().collect();
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if character == '\\' || characters.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
