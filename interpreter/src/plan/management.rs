//! Management: whether the operator may write to the cloud for a resource.

use std::collections::BTreeMap;

/// The annotation that decides it.
pub const MANAGEMENT: &str = "operator.clever-cloud.com/management";

/// Extent of what the operator does for a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Management {
    /// The operator creates, changes and deletes the add-on.
    #[default]
    Manage,
    /// The operator reads the add-on, and writes its Secret and its status. It writes nothing to the cloud.
    Observe,
    /// The annotation has an unknown value, so the operator writes nothing to the cloud, and no deletion is
    /// complete before it is corrected.
    Invalid,
}

impl Management {
    /// The name, as the annotation has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manage => "manage",
            Self::Observe => "observe",
            Self::Invalid => "invalid",
        }
    }

    /// Returns true when the operator writes nothing to the cloud.
    pub(crate) fn only_reads(self) -> bool {
        self != Self::Manage
    }
}

/// Returns the extent that these annotations set.
pub fn management(annotations: Option<&BTreeMap<String, String>>) -> Management {
    match annotations.and_then(|all| all.get(MANAGEMENT)).map(String::as_str) {
        None | Some("manage") => Management::Manage,
        Some("observe") => Management::Observe,
        Some(_) => Management::Invalid,
    }
}
