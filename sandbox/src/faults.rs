//! Injected faults: the requests that they match, and their effect. `handler` applies them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::service::ApiOperation;
use crate::time::Millis;

/// An injected fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<ApiOperation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    /// Pattern for the path; `*` matches any text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// Name of an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<String>,
    /// Number of requests to affect; `null` for all.
    #[serde(default = "one_request")]
    pub(crate) times: Option<u32>,
    /// Number of matching requests to let through first.
    #[serde(default)]
    pub(crate) skip: u32,
    pub(crate) kind: FaultKind,
    pub(crate) answer: FaultEffect,
}

/// The phase in which a fault applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FaultKind {
    /// Before the operation.
    Before,
    /// After the operation.
    After,
    /// After a creation: the children stay, the add-on itself is removed.
    Partial,
}

/// The effect of a fault on the response.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum FaultEffect {
    Transport(TransportFault),
    Canned(CannedResponse),
}

/// A fault in the delivery of a response.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransportFault {
    /// Send half of the body, then close the connection.
    Truncated,
    /// Never respond.
    Hang,
    /// Reset the connection before the first byte.
    Reset,
    /// Hold the request until it is released, then continue normally.
    Hold,
    /// Delay the request, then continue normally.
    Delay(Millis),
}

/// A response that replaces the real one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CannedResponse {
    pub(crate) status: u16,
    /// Content type, if not the usual one of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) html: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
}

/// The properties of a request that faults match on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestInfo<'a> {
    pub(crate) operation: Option<ApiOperation>,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) credential: Option<&'a str>,
}

/// The active faults, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the oldest fault that matches a request, and counts it. A fault that skips the request leaves
    /// it to newer ones.
    pub(crate) fn take_matching(&mut self, request: RequestInfo<'_>) -> Option<(FaultKind, FaultEffect)> {
        for fault in self.0.iter_mut().filter(|fault| fault.matches_request(request)) {
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            fault.times = fault.times.map(|times| times.saturating_sub(1));
            let matched = (fault.kind, fault.answer.clone());
            self.0.retain(|fault| fault.times != Some(0));
            return Some(matched);
        }
        None
    }
}

impl Fault {
    fn matches_request(&self, request: RequestInfo<'_>) -> bool {
        self.operation.is_none_or(|operation| Some(operation) == request.operation)
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(request.method))
            && self.path.as_ref().is_none_or(|pattern| glob_matches(pattern, request.path))
            && self.credential.as_ref().is_none_or(|name| Some(name.as_str()) == request.credential)
    }
}

fn glob_matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => {
            let Some(rest) = text.strip_prefix(head) else {
                return false;
            };
            (0..=rest.len()).any(|from| rest.get(from..).is_some_and(|rest| glob_matches(tail, rest)))
        }
    }
}

fn one_request() -> Option<u32> {
    Some(1)
}
