//! Answers of a cloud, as values.

use serde_json::Value;

/// Body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// No body.
    Empty,
    /// JSON, regardless of the content type.
    Json(Value),
    /// Any other text: a gateway's page, a truncated answer.
    Text(String),
}

/// Answer of a cloud, with the properties of its request that affect its meaning.
#[derive(Debug)]
pub struct Answer<'a> {
    /// Name of the operation, read or change that was answered.
    pub operation: &'a str,
    /// True when the request could have an effect.
    pub writes: bool,
    /// True when the answer may hold outputs or credentials ([`crate::catalog::Addon::is_confidential`]).
    pub confidential: bool,
    /// HTTP status.
    pub status: u16,
    /// Content type of the header.
    pub content_type: Option<&'a str>,
    /// Size of the body, in bytes.
    pub size: usize,
    /// Body.
    pub body: &'a Body,
}

impl Body {
    /// Parses a body. Ignores the content type, because some services send JSON as plain text, and some
    /// gateways HTML as JSON.
    pub fn parse(bytes: &[u8]) -> Self {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        serde_json::from_slice(bytes)
            .map_or_else(|_| Self::Text(String::from_utf8_lossy(bytes).into_owned()), Self::Json)
    }

    /// Returns the JSON value, if the body is one.
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) => Some(value),
            Self::Empty | Self::Text(_) => None,
        }
    }
}
