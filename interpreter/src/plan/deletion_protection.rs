//! Deletion protection: an annotation of the user, on a resource or on its namespace, that keeps the add-on.

use std::collections::BTreeMap;

/// The annotation that protects a resource, or all resources of a namespace, from deletion.
pub const DELETION_PROTECTION: &str = "operator.clever-cloud.com/deletion-protection";

/// The object whose annotation protects a resource from deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionProtection {
    /// The resource itself.
    Resource,
    /// Its namespace.
    Namespace,
}

/// Returns true when these annotations protect from deletion: any value but `false` does, because a user who
/// writes `yes` means it.
pub fn is_protected(annotations: Option<&BTreeMap<String, String>>) -> bool {
    annotations.and_then(|all| all.get(DELETION_PROTECTION)).is_some_and(|value| value != "false")
}
