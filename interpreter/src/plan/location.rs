//! Locations: where an add-on lives or would be made, and whether the credentials may ask there.

use crate::plan::reason::Reason;

/// Where things are at a cloud: one list covers one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The API, by the catalog's name for it.
    pub api: String,
    /// Its endpoint.
    pub endpoint: String,
    /// The account, rendered.
    pub account: String,
}

/// Where spec, configuration and credentials point now. The record may point elsewhere, and wins once it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// Where a new add-on would be made.
    pub place: Place,
    /// Changes whenever the credentials do (a hash of them, say).
    pub credentials: String,
    /// The Secret of the resource's namespace that the credentials stand in; none: they are the operator's own.
    pub secret: Option<String>,
    /// Not everybody may use every account: what a record says, which is an annotation, is believed once the list of its account shows it.
    pub limited: bool,
    /// Why nothing is asked of the cloud for this resource as things are, if so.
    pub barred: Option<Barred>,
}

/// Why nothing is asked of the cloud for a resource, whatever its plan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barred {
    /// In one word.
    pub reason: Reason,
    /// What is wrong and what would be right.
    pub message: String,
    /// The credentials are there, and may delete what provably belongs to this very resource: what bears its name, uid and all.
    pub may_delete_own: bool,
}
