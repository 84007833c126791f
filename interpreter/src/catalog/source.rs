//! Source of a catalog: the text of one file.

use serde::{Deserialize, Serialize};

/// File of a catalog.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// Path, as problems show it; unique within a layer.
    pub path: String,
    /// Text, in YAML.
    pub text: String,
}
