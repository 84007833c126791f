//! Identity of a custom resource, which outlives the object.

use std::fmt;

use kube::api::DynamicObject;

use crate::cluster::Key;

/// Reference to the object of a reconciliation, valid after the object is gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ObjectRef {
    /// Its namespace; empty for a cluster-scoped resource.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// Its uid: another object of the same name is another reference.
    pub(crate) uid: String,
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => f.write_str(&self.name),
            namespace => write!(f, "{namespace}/{}", self.name),
        }
    }
}

impl ObjectRef {
    /// Returns the key of the object.
    pub(crate) fn key(&self) -> Key {
        match self.namespace.as_str() {
            "" => Key::of_cluster(&self.name),
            namespace => Key::new(namespace, &self.name),
        }
    }

    /// Returns the reference to an object.
    pub(crate) fn of(object: &DynamicObject) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let metadata = &object.metadata;
        Self { namespace: text(&metadata.namespace), name: text(&metadata.name), uid: text(&metadata.uid) }
    }
}
