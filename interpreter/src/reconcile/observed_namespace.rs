//! The namespace of a resource.

use crate::plan::DeletionPolicy;

/// The namespace of a resource, as last read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedNamespace {
    /// The uid; `None` if the namespace could not be read.
    pub uid: Option<String>,
    /// The namespace is being deleted.
    pub terminating: bool,
    /// An annotation protects its resources from deletion.
    pub protected: bool,
    /// The deletion policy that an annotation sets for its resources.
    pub deletion_policy: Option<DeletionPolicy>,
}
