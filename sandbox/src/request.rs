//! A request as received.

use percent_encoding::percent_decode_str;
use serde_json::Value;

const FORM: &str = "application/x-www-form-urlencoded";

/// The listener that received a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    Main,
    /// The listener that accepts bearer tokens only.
    Bridge,
}

#[derive(Clone, Debug)]
pub(crate) struct ApiRequest {
    pub(crate) listener: Listener,
    pub(crate) method: String,
    pub(crate) host: String,
    /// Percent-encoded path.
    pub(crate) path: String,
    /// Encoded query, without the question mark.
    pub(crate) query: String,
    pub(crate) authorization: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) content_type: String,
    pub(crate) raw: String,
    /// The body as JSON (`null` if empty), or the parse error.
    pub(crate) body: Result<Value, String>,
}

impl ApiRequest {
    /// Returns the decoded query parameters.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        let decoded =
            |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        };
        self.query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
    }

    /// Returns the body if it is a form, which a signature covers; otherwise an empty string.
    pub(crate) fn form(&self) -> &str {
        if self.content_type.starts_with(FORM) { &self.raw } else { "" }
    }

    pub(crate) fn path_and_query(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}
