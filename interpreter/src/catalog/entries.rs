//! Entries of a catalog: the files of one kind, by the name that they give themselves.

use crate::catalog::node::Node;

/// Entries by the name that they give themselves, those first that have what only one can have.
pub(super) type Entries<'a> = Vec<(String, Node<'a>)>;
