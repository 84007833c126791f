//! Classifies requests without a whole response: whether they can have had an effect. In doubt, they can.

use std::error::Error;

use crate::cloud::types::SendOutcome;

/// Maximum length of a reason, because reasons appear in conditions.
const MAX_REASON_LEN: usize = 300;

/// Returns the outcome of a failed request.
///
/// Only two kinds of error prove that nothing left: the request could not be built, or there never was a
/// connection (name, refusal, TLS, proxy, or a time limit on these). Every other error is ambiguous, even a
/// connection found closed: the close may have crossed the request.
pub(super) fn outcome(error: reqwest::Error) -> SendOutcome {
    let reason = reason(&error);
    if error.is_builder() || error.is_connect() {
        SendOutcome::NotSent(reason)
    } else {
        SendOutcome::Unknown(reason)
    }
}

/// Returns the error and its causes in one line, without the URL, whose query may hold private data.
pub(super) fn reason(error: &reqwest::Error) -> String {
    let mut text = phase(error).to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {}", without_data(&error.to_string()));
        cause = error.source();
    }
    match text.char_indices().nth(MAX_REASON_LEN) {
        // The sign tells the reader, and redaction, that a word may be incomplete.
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Removes the text that an HTTP/2 server wrote into the frame that ended the connection. The library appends
/// it in quotes, as in `connection error received: not a result of an error (b"…")`, and it may be any text.
fn without_data(cause: &str) -> &str {
    cause.split(" (b\"").next().unwrap_or_default()
}

fn phase(error: &reqwest::Error) -> &'static str {
    if error.is_builder() {
        "cannot build the request"
    } else if error.is_connect() {
        "cannot connect"
    } else if error.is_timeout() {
        "no complete response in time"
    } else {
        "connection broken"
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::failure::without_data;

    #[test]
    fn the_text_of_a_closing_server_is_not_repeated() {
        let cause = "connection error received: not a result of an error (b\"password=hunter2 (b\\\"\")";
        assert_eq!(without_data(cause), "connection error received: not a result of an error");
        assert_eq!(
            without_data("connection reset by peer (os error 104)"),
            "connection reset by peer (os error 104)"
        );
    }
}
