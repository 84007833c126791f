//! Name of an add-on at the cloud, as the operator gives it, and the resource that it names.

use crate::catalog::Api;
use crate::reconcile::listing::uids;
use crate::resource::captured;

/// Resource that the name of an add-on names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedResource {
    /// Its uid.
    pub uid: String,
    /// Its kind, where names contain it.
    pub kind: Option<String>,
}

/// Returns the resource that a name at the cloud names; `None` for a name that the operator would not give.
pub fn named_resource(api: &Api, name: &str) -> Option<NamedResource> {
    let parts = captured(&api.identity.name, name);
    let part = |path: &[&str]| parts.iter().find(|(name, _)| *name == path).map(|(_, part)| part.clone());
    let uid = part(&["metadata", "uid"]).filter(|uid| uids(uid).next() == Some(uid))?;
    Some(NamedResource { uid, kind: part(&["kind"]) })
}
