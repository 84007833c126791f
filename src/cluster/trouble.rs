//! Why a watch fails, in words for whoever runs the cluster: what went wrong, and which right is missing.

use std::fmt;

use kube::{core::Status, runtime::watcher};

use super::{Kind, Right};

/// Why a watch fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What went wrong.
    pub message: String,
    /// The RBAC rule that would help, where a missing one is the cause.
    pub missing_rule: Option<Right>,
}

impl Trouble {
    /// Nobody takes the changes any more.
    pub(super) fn ended() -> Self {
        Self { message: "the watch has ended".into(), missing_rule: None }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        match &self.missing_rule {
            Some(rule) => write!(out, "; to be granted: {rule}"),
            None => Ok(()),
        }
    }
}

/// `name` is that of the only objects that were asked for.
pub(super) fn explain(error: &watcher::Error, kind: &Kind, namespace: Option<&str>, name: Option<&str>) -> Trouble {
    let status = status(error);
    let forbidden = status.is_some_and(Status::is_forbidden);
    Trouble {
        message: status.map_or_else(|| error.to_string(), |status| status.message.clone()),
        missing_rule: forbidden.then(|| Right::to_follow(kind, namespace, name)),
    }
}

/// Whether the watch merely fell behind what the API server still remembers: no trouble, a new list mends it.
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
    fn a_forbidden_watch_names_the_rule_that_is_missing() {
        let trouble = explain(&refused(403, "Forbidden"), &Kind::secrets(), Some("a"), None);
        let expected =
            r#"no; to be granted: {apiGroups: [""], resources: ["secrets"], verbs: [get, list, watch]} in a Role in namespace a"#;
        assert_eq!(trouble.to_string(), expected);
    }

    #[test]
    fn another_refusal_is_not_blamed_on_missing_rights() {
        let trouble = explain(&refused(503, "ServiceUnavailable"), &Kind::secrets(), None, None);
        assert_eq!(trouble.missing_rule, None);
    }

    #[test]
    fn only_a_410_is_an_expiry() {
        assert!(is_expiry(&refused(410, "Expired")));
        assert!(!is_expiry(&refused(409, "Conflict")));
    }
}
