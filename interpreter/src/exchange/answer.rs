//! Answers of a cloud, as values.

use serde_json::Value;

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// There is none.
    Empty,
    /// JSON, whatever the headers call it.
    Json(Value),
    /// Anything else: a gateway's page, half an answer.
    Text(String),
}

/// An answer that has come, to a request of which it matters whether it wrote.
#[derive(Debug)]
pub struct Answer<'a> {
    /// What was asked: an operation's, a read's or a change's name.
    pub operation: &'a str,
    /// Whether the request could have an effect.
    pub writes: bool,
    /// Whether the answer may hold outputs or credentials ([`crate::catalog::Addon::is_confidential`]).
    pub confidential: bool,
    /// The HTTP status.
    pub status: u16,
    /// The content type that the header names.
    pub content_type: Option<&'a str>,
    /// The size of the body, in bytes.
    pub size: usize,
    /// The body.
    pub body: &'a Body,
}

impl Body {
    /// Reads a body. Some services send JSON as plain text, and some gateways HTML as JSON: the content type does not count.
    pub fn parse(bytes: &[u8]) -> Self {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        serde_json::from_slice(bytes).map_or_else(|_| Self::Text(String::from_utf8_lossy(bytes).into_owned()), Self::Json)
    }

    /// The JSON in it.
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) => Some(value),
            Self::Empty | Self::Text(_) => None,
        }
    }
}
