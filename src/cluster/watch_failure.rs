//! The failure of a watch, worded for cluster administrators: what went wrong, and which permission is
//! missing.

use std::fmt;

use kube::core::Status;
use kube::runtime::watcher;

use crate::cluster::kind::Kind;
use crate::cluster::permission::Permission;

/// Failure of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchFailure {
    /// The error.
    pub(crate) message: String,
    /// The RBAC permission to grant, if a missing one is the cause.
    pub missing_permission: Option<Permission>,
}

impl WatchFailure {
    /// Returns the failure of a watch whose changes are no longer consumed.
    pub(super) fn ended() -> Self {
        Self { message: "the watch has ended".into(), missing_permission: None }
    }
}

impl fmt::Display for WatchFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        match &self.missing_permission {
            Some(permission) => write!(out, "; grant {permission}"),
            None => Ok(()),
        }
    }
}

/// Describes an error of the watcher. `name` is set if only objects of this name are watched.
pub(super) fn describe(
    error: &watcher::Error,
    kind: &Kind,
    namespace: Option<&str>,
    name: Option<&str>,
) -> WatchFailure {
    let status = status(error);
    let forbidden = status.is_some_and(Status::is_forbidden);
    WatchFailure {
        message: status.map_or_else(|| error.to_string(), |status| status.message.clone()),
        missing_permission: forbidden.then(|| Permission::to_watch(kind, namespace, name)),
    }
}

/// Returns whether the watch merely fell behind what the API server remembers: no failure, a new list fixes
/// it.
pub(super) fn is_expiry(error: &watcher::Error) -> bool {
    status(error).is_some_and(|status| status.code == 410)
}

fn status(error: &watcher::Error) -> Option<&Status> {
    use watcher::Error::{InitialListFailed, NoResourceVersion, WatchError, WatchFailed, WatchStartFailed};
    let error = match error {
        WatchError(status) => return Some(status),
        NoResourceVersion => return None,
        InitialListFailed(error) | WatchStartFailed(error) | WatchFailed(error) => error,
    };
    if let kube::Error::Api(status) = error { Some(status) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, reason: &str) -> watcher::Error {
        let status = Status::failure("no", reason).with_code(code);
        watcher::Error::InitialListFailed(kube::Error::Api(status.boxed()))
    }

    #[test]
    fn a_forbidden_watch_names_the_missing_permission() {
        let failure = describe(&refused(403, "Forbidden"), &Kind::secrets(), Some("a"), None);
        let expected = r#"no; grant {apiGroups: [""], resources: ["secrets"], verbs: [get, list, watch]} in a Role in namespace a"#;
        assert_eq!(failure.to_string(), expected);
    }

    #[test]
    fn another_refusal_is_not_blamed_on_a_missing_permission() {
        let failure = describe(&refused(503, "ServiceUnavailable"), &Kind::secrets(), None, None);
        assert_eq!(failure.missing_permission, None);
    }

    #[test]
    fn only_a_410_is_an_expiry() {
        assert!(is_expiry(&refused(410, "Expired")));
        assert!(!is_expiry(&refused(409, "Conflict")));
    }
}
