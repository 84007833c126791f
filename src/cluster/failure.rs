//! What became of a call that did not succeed: a closed list, so that every caller answers every case.

use kube::core::{Status, response::reason};

use super::Right;

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// Somebody else wrote first: read live and decide anew. Nothing was written.
    #[error("somebody else wrote first")]
    Conflict,
    /// The object, or the namespace it would live in, does not exist. Nothing was written.
    #[error("it does not exist any more")]
    Gone,
    /// The namespace is being deleted and takes nothing new. Nothing was written.
    #[error("its namespace is being deleted")]
    NamespaceTerminating,
    /// The API server refused: the same call will be refused again until something changes. Nothing was written.
    #[error("refused by the API server: {}", said(.0))]
    Refused(Box<Status>),
    /// No answer, or none that settles it: a write may have taken effect, now or later.
    #[error("no clear answer: {0}")]
    Lost(String),
}

impl Failure {
    /// The right for want of which it was refused, if that is why.
    pub fn missing_right(&self) -> Option<Right> {
        match self {
            Self::Refused(status) => Right::missing(status),
            Self::Conflict | Self::Gone | Self::NamespaceTerminating | Self::Lost(_) => None,
        }
    }
}

/// The API server's words, and the rule that would help where a right is missing.
fn said(status: &Status) -> String {
    let message = &status.message;
    Right::missing(status).map_or_else(|| message.clone(), |right| format!("{message}; to be granted: {right}"))
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        // Everything but an answer of the API server is unclear, even what was surely never sent: nobody needs to know better.
        if let kube::Error::Api(status) = error { judge(status) } else { Self::Lost(error.to_string()) }
    }
}

fn judge(status: Box<Status>) -> Failure {
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
        // Answered by whoever stood in between, or after the store had already been asked.
        408 | 500.. => Failure::Lost(format!("{} {}", status.code, status.message)),
        _ => Failure::Refused(status),
    }
}

/// Whether this 404 is about an object. One that names none says that the kind, or the path, is not served:
/// no proof that the object is gone.
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

    fn judged(status: serde_json::Value) -> &'static str {
        match judge(serde_json::from_value(status).unwrap()) {
            Failure::Conflict => "conflict",
            Failure::Gone => "gone",
            Failure::NamespaceTerminating => "namespace terminating",
            Failure::Refused(_) => "refused",
            Failure::Lost(_) => "lost",
        }
    }

    #[test]
    fn every_answer_has_one_meaning() {
        let named = json!({"name": "a", "kind": "widgets"});
        let terminating = json!({"causes": [{"reason": "NamespaceTerminating", "message": ""}]});
        let cases = [
            (json!({"code": 409, "reason": "Conflict"}), "conflict"),
            (json!({"code": 409, "reason": "AlreadyExists"}), "conflict"),
            (json!({"code": 404, "reason": "NotFound", "details": named}), "gone"),
            (json!({"code": 404, "reason": "NotFound", "details": {}}), "refused"),
            (json!({"code": 404, "reason": "Failed to parse error data", "message": "404 page not found"}), "refused"),
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
            assert_eq!(judged(status.clone()), expected, "{status}");
        }
    }
}
