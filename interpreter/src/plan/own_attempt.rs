//! Attempts of this process, and when it first saw what it remembers.

use std::time::Duration;

use crate::plan::timing::Now;

/// Something, and when this process first saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen<T> {
    pub(crate) what: T,
    pub(crate) at: Duration,
}

/// An attempt that this process wrote itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) nonce: String,
    /// When the write of the attempt was *started*: the fence counts from here.
    pub(crate) started: Now,
    /// When this process first saw it in the resource: a list counts from here.
    pub(crate) seen: Option<Duration>,
    /// The one request was started.
    pub(crate) spent: bool,
    /// The one request may have an effect.
    pub(crate) in_flight: bool,
    /// What `unsure` was before the request.
    pub(crate) unsure_before: Option<Duration>,
}

impl Own {
    pub(crate) fn new(nonce: &str, started: Now) -> Self {
        let nonce = nonce.to_owned();
        Self { nonce, started, seen: None, spent: false, in_flight: false, unsure_before: None }
    }
}
