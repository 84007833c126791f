//! Responses that a template alone describes.

use serde::Deserialize;
use serde_json::Value;

/// A response that depends on nothing but the path, the caller, and the add-on that the path names.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Page {
    /// Method and path, separated by a space.
    pub(crate) request: String,
    /// Needs no authentication.
    #[serde(default)]
    pub(crate) public: bool,
    /// Counts as a change in the request log.
    #[serde(default)]
    pub(crate) effect: bool,
    /// Generated values of the add-on that get a new value first.
    #[serde(default)]
    pub(crate) renews: Vec<String>,
    /// Content type of a text; a body without one is JSON.
    #[serde(default)]
    pub(crate) content_type: Option<String>,
    /// Template of the body; the body is empty without one.
    #[serde(default)]
    pub(crate) body: Value,
}
