//! Deletion policy: whether the deletion of a resource deletes its add-on.

use std::collections::BTreeMap;

/// The annotation that holds the policy, on a resource or on its namespace.
pub const DELETION_POLICY: &str = "operator.clever-cloud.com/deletion-policy";

/// Policy that decides whether the deletion of a resource deletes its add-on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// The add-on is deleted with its data.
    #[default]
    Delete,
    /// The add-on stays at the cloud, with its data and its costs.
    Retain,
    /// The annotation has an unknown value, so nothing is deleted.
    Invalid,
}

impl DeletionPolicy {
    /// Returns the policy of this name, as annotations and the configuration write it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "delete" => Some(Self::Delete),
            "retain" => Some(Self::Retain),
            _ => None,
        }
    }

    /// The name, as annotations and the configuration write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Retain => "retain",
            Self::Invalid => "invalid",
        }
    }
}

/// Returns the policy that these annotations set, if they set one.
pub fn deletion_policy(annotations: Option<&BTreeMap<String, String>>) -> Option<DeletionPolicy> {
    let value = annotations?.get(DELETION_POLICY)?;
    Some(DeletionPolicy::named(value).unwrap_or(DeletionPolicy::Invalid))
}
