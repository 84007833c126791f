//! The namespace of a resource.

use crate::plan::{DeletionPolicy, DeletionProtection};

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

impl ObservedNamespace {
    /// Returns the object whose annotation protects a resource, which may be `protected` itself.
    pub(super) fn protection(&self, protected: bool) -> Option<DeletionProtection> {
        let of_namespace = || self.protected.then_some(DeletionProtection::Namespace);
        protected.then_some(DeletionProtection::Resource).or_else(of_namespace)
    }
}
