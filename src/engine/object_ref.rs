//! Identity of a custom resource, which outlives the object.

use std::fmt;

use kube::api::DynamicObject;

/// Which resource a pass is about: it keeps its identity when it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Subject {
    /// Its namespace; empty where the kind has none.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// Its uid: another object of the same name is another subject.
    pub(crate) uid: String,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => f.write_str(&self.name),
            namespace => write!(f, "{namespace}/{}", self.name),
        }
    }
}

impl Subject {
    /// Whom this object is about.
    pub(crate) fn of(object: &DynamicObject) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let metadata = &object.metadata;
        Self { namespace: text(&metadata.namespace), name: text(&metadata.name), uid: text(&metadata.uid) }
    }
}
