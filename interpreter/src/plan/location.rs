//! Locations: where an add-on lives or would be made, and whether the credentials may ask there.

use crate::plan::reason::Reason;

/// Location at a cloud: API, endpoint and account. A list covers exactly one location.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The API, by the catalog's name for it.
    pub api: String,
    /// The endpoint of the API.
    pub endpoint: String,
    /// The account, rendered.
    pub account: String,
}

/// Location and credentials that spec and configuration give now. The record may name another location, and
/// wins once it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The location where a new add-on would be created.
    pub location: Location,
    /// A value that changes whenever the credentials do, such as a hash of them.
    pub credentials: String,
    /// The Secret of the resource's namespace that holds the credentials; `None` for the operator's own.
    pub secret: Option<String>,
    /// True while the operator has not asked which accounts the credentials see, for a resource that names none.
    pub account_unknown: bool,
    /// The reason why no request may be sent to the cloud for this resource now, if any.
    pub access_denied: Option<AccessDenied>,
}

/// Denied access: the reason why no request is sent to the cloud for a resource, whatever its plan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDenied {
    /// The reason, for conditions and metrics.
    pub reason: Reason,
    /// The problem, and how to fix it.
    pub message: String,
    /// The credentials exist, and may delete add-ons that provably belong to this resource: those that bear
    /// its name, including its uid.
    pub may_delete_own: bool,
}
