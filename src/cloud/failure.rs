//! Whether a request that got no whole answer can have had an effect. In doubt, it can.

use std::error::Error;

use super::Outcome;

/// What a failed exchange amounts to.
///
/// Only two kinds of failure prove that nothing left: the request could not be built, or there was never a connection (name, refusal, TLS,
/// proxy, or a time limit on these). Everything else is doubt, even a connection found closed: the close may have crossed the request.
pub(super) fn outcome(error: reqwest::Error) -> Outcome {
    let reason = reason(&error);
    if error.is_builder() || error.is_connect() { Outcome::NotSent(reason) } else { Outcome::Unknown(reason) }
}

/// The error and its causes in one line, without the address: a query may hold what is nobody's business.
pub(super) fn reason(error: &reqwest::Error) -> String {
    let mut text = phase(error).to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

fn phase(error: &reqwest::Error) -> &'static str {
    if error.is_builder() {
        "the request cannot be written"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_timeout() {
        "no whole answer in time"
    } else {
        "the connection broke"
    }
}
