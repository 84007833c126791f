//! Whether a request that got no whole answer can have had an effect. In doubt, it can.

use std::error::Error;

use super::Outcome;

/// Longer reasons are cut: they stand in conditions.
const MAX_REASON_LEN: usize = 300;

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
        text += &format!(": {}", without_data(&error.to_string()));
        cause = error.source();
    }
    text.chars().take(MAX_REASON_LEN).collect()
}

/// Cuts off what a server of HTTP/2 wrote into the frame that ended the connection. The library appends it in quotes, as in
/// `connection error received: not a result of an error (b"…")`, and it may be any text.
fn without_data(cause: &str) -> &str {
    cause.split(" (b\"").next().unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::without_data;

    #[test]
    fn what_a_server_wrote_when_it_closed_the_connection_is_not_repeated() {
        let cause = "connection error received: not a result of an error (b\"password=hunter2 (b\\\"\")";
        assert_eq!(without_data(cause), "connection error received: not a result of an error");
        assert_eq!(without_data("connection reset by peer (os error 104)"), "connection reset by peer (os error 104)");
    }
}
