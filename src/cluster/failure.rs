//! The failures of calls to the API server: a closed list, so that every caller handles every case.

use kube::core::Status;
use kube::core::response::reason;

use crate::cluster::permission::Permission;

/// The words and the causes of a refusal by the API server.
pub(crate) type Refusal = Status;

/// Failure of a call to the API server.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// Another client wrote first: read the object again and decide again. Nothing was written.
    #[error("the object was modified meanwhile")]
    Conflict,
    /// The object, or the namespace it would live in, does not exist. Nothing was written.
    #[error("the object does not exist any more")]
    Gone,
    /// The namespace is being deleted and takes nothing new. Nothing was written.
    #[error("the namespace is being deleted")]
    NamespaceTerminating,
    /// The API server refused: the same call will be refused again until something changes. Nothing was
    /// written.
    #[error("refused by the API server: {}", explained(.0))]
    Refused(Box<Status>),
    /// No answer, or an ambiguous one: a write may have taken effect, now or later.
    #[error("no clear answer: {0}")]
    Lost(String),
}

impl Failure {
    /// Returns true when the same call may succeed a moment later by itself.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Conflict | Self::Lost(_) => true,
            Self::Refused(status) => [401, 429].contains(&status.code),
            Self::Gone | Self::NamespaceTerminating => false,
        }
    }

    /// Returns the missing permission, if that is why the call was refused.
    pub(crate) fn missing_permission(&self) -> Option<Permission> {
        match self {
            Self::Refused(status) => Permission::missing(status),
            Self::Conflict | Self::Gone | Self::NamespaceTerminating | Self::Lost(_) => None,
        }
    }
}

impl Failure {
    /// Returns the API server's words if it refuses the content of the object, and not the caller.
    pub(crate) fn refused_content(&self) -> Option<&str> {
        match self {
            Self::Refused(status) if Permission::missing(status).is_none() => {
                [400, 403, 413, 422].contains(&status.code).then_some(status.message.as_str())
            }
            Self::Refused(_) | Self::Conflict | Self::Gone | Self::NamespaceTerminating | Self::Lost(_) => {
                None
            }
        }
    }

    /// Returns true when the API server does not serve the kind.
    pub(crate) fn is_unserved(&self) -> bool {
        matches!(self, Self::Refused(status) if status.code == 404)
    }
}

/// Returns the API server's message, with the RBAC rule to add if a permission is missing.
fn explained(status: &Status) -> String {
    let message = &status.message;
    Permission::missing(status)
        .map_or_else(|| message.clone(), |permission| format!("{message}; grant {permission}"))
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        // Every other error counts as ambiguous, even a call that was certainly never sent: no caller needs
        // to know better.
        if let kube::Error::Api(status) = error { classify(status) } else { Self::Lost(error.to_string()) }
    }
}

fn classify(status: Box<Status>) -> Failure {
    if status.is_conflict() || status.is_already_exists() {
        return Failure::Conflict;
    }
    if names_missing_object(&status) {
        return Failure::Gone;
    }
    if has_cause(&status, "NamespaceTerminating") {
        return Failure::NamespaceTerminating;
    }
    match status.code {
        // Answered by a proxy, or after the API server had already asked its store.
        408 | 500.. => Failure::Lost(format!("{} {}", status.code, status.message)),
        _ => Failure::Refused(status),
    }
}

/// Returns whether this 404 is about an object. A 404 that names none means that the kind or the path is not
/// served, and does not prove that the object is gone.
fn names_missing_object(status: &Status) -> bool {
    let named = status.details.as_ref().is_some_and(|d| !d.name.is_empty());
    status.reason == reason::NOT_FOUND && named
}

fn has_cause(status: &Status, cause: &str) -> bool {
    let mut causes = status.details.iter().flat_map(|details| &details.causes);
    causes.any(|candidate| candidate.reason == cause)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn classified(status: serde_json::Value) -> &'static str {
        match classify(serde_json::from_value(status).unwrap()) {
            Failure::Conflict => "conflict",
            Failure::Gone => "gone",
            Failure::NamespaceTerminating => "namespace terminating",
            Failure::Refused(_) => "refused",
            Failure::Lost(_) => "lost",
        }
    }

    #[test]
    fn every_answer_has_one_class() {
        let named = json!({"name": "a", "kind": "widgets"});
        let terminating = json!({"causes": [{"reason": "NamespaceTerminating", "message": ""}]});
        let cases = [
            (json!({"code": 409, "reason": "Conflict"}), "conflict"),
            (json!({"code": 409, "reason": "AlreadyExists"}), "conflict"),
            (json!({"code": 404, "reason": "NotFound", "details": named}), "gone"),
            (json!({"code": 404, "reason": "NotFound", "details": {}}), "refused"),
            (
                json!({"code": 404, "reason": "Failed to parse error data", "message": "404 page not found"}),
                "refused",
            ),
            (json!({"code": 403, "reason": "Forbidden", "details": terminating}), "namespace terminating"),
            (json!({"code": 403, "reason": "Forbidden"}), "refused"),
            (json!({"code": 401, "reason": "Unauthorized"}), "refused"),
            (json!({"code": 422, "reason": "Invalid"}), "refused"),
            (json!({"code": 429, "reason": "TooManyRequests"}), "refused"),
            (json!({"code": 408, "reason": "Timeout"}), "lost"),
            (json!({"code": 500, "reason": "InternalError"}), "lost"),
            (json!({"code": 503, "reason": "ServiceUnavailable"}), "lost"),
            (json!({"code": 504, "reason": "Timeout"}), "lost"),
        ];
        for (status, expected) in cases {
            assert_eq!(classified(status.clone()), expected, "{status}");
        }
    }
}
