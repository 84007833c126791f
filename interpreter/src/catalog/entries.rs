//! Entries of a catalog: the files of one kind, by the name that each declares.

use crate::catalog::node::Node;

/// Entries by their declared name. Those without an error come first and so keep the names that only one
/// entry can have.
pub(super) type Entries<'a> = Vec<(String, Node<'a>)>;
