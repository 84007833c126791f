//! Source of a catalog: the text of one file.

use serde::{Deserialize, Serialize};

/// One file of a catalog.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// What it is called in problems; no two files of one layer are called the same.
    pub path: String,
    /// What it says, in YAML.
    pub text: String,
}
