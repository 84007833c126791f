//! Marks: texts at an add-on, such as tags, that say for which resource of which cluster the operator uses it.
//! They are written in a request of their own, after the add-on was created.

use std::time::Duration;

use crate::plan::record::Ids;

/// Marks of an API that has any, as far as they concern one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marking {
    /// The text that names this resource; `None` while the uid of its namespace is not known.
    pub resource: Option<String>,
    /// The text with the name that an annotation gives a new add-on.
    pub name: Option<String>,
    /// The marks, as last read.
    pub read: Option<Marks>,
    /// The configuration asks for marks on adopted add-ons, too.
    pub marks_adopted: bool,
}

/// Marks of the add-ons of an account, reduced to what concerns one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The time at which the request was sent.
    pub sent: Duration,
    /// The marked add-ons.
    pub addons: Vec<MarkedAddon>,
}

/// An add-on with marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkedAddon {
    /// Ids of the add-on: one or more.
    pub ids: Ids,
    /// A mark names this resource, with the uid of its namespace.
    pub is_ours: bool,
    /// The add-on has the mark with the name that an annotation gives a new add-on.
    pub has_name: bool,
    /// The marks that name other resources.
    pub others: Vec<OtherMark>,
}

/// A mark that names another resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherMark {
    /// The text at the cloud.
    pub text: String,
    /// The resource that it names, for messages.
    pub resource: String,
    /// The resource is in another cluster.
    pub is_elsewhere: bool,
}

/// Marks to set and to remove at one add-on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkChange {
    /// The ids of the add-on.
    pub ids: Ids,
    /// The texts to set.
    pub add: Vec<String>,
    /// The texts to remove.
    pub remove: Vec<String>,
}
