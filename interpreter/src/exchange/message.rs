//! Messages about answers. They must not leak secrets: users who read conditions, events and logs may lack
//! access to the Secret.

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::exchange::{Answer, Body};

/// Maximum length of a quoted text: a condition's message is read in a terminal.
const MAX_QUOTE_LEN: usize = 300;
/// Maximum length of a content type; longer ones are omitted.
const MAX_CONTENT_TYPE_LEN: usize = 64;

/// Describes an answer for users: the text that `error_text` selects, otherwise only its status, content type
/// and size.
///
/// Only JSON has fields that the catalog declares free of secrets. Any other text may be a password or a
/// kubeconfig, and so may any text in a confidential answer.
pub(super) fn message(error_text: &[Selector], answer: &Answer) -> String {
    let quoted = match answer.body {
        Body::Json(body) if !answer.confidential => {
            error_text.iter().flat_map(|selector| selector.all(body)).find_map(Value::as_str)
        }
        Body::Json(_) | Body::Empty | Body::Text(_) => None,
    };
    match quoted.map(quotable).filter(|text| !text.is_empty()) {
        Some(text) => format!("{text} (HTTP {})", answer.status),
        None if is_unreadable_success(answer) => format!("the answer cannot be read: {}", outline(answer)),
        None => outline(answer),
    }
}

/// Returns a text of the cloud as a message quotes it: one line, without control characters, at most
/// `MAX_QUOTE_LEN` characters.
pub(crate) fn quotable(text: &str) -> String {
    let words: Vec<_> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_QUOTE_LEN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn is_unreadable_success(answer: &Answer) -> bool {
    (200..300).contains(&answer.status) && answer.body.json().is_none()
}

/// Summarizes an answer: `HTTP 502, text/html, 1234 bytes`.
fn outline(answer: &Answer) -> String {
    let size = match answer.size {
        0 => "no body".to_owned(),
        1 => "1 byte".to_owned(),
        size => format!("{size} bytes"),
    };
    let status = format!("HTTP {}", answer.status);
    [Some(status), answer.content_type.and_then(essence), Some(size)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns `text/html` of `Text/HTML; charset=…`. The header is untrusted, so a value that is no valid type
/// name (RFC 6838 §4.2) is omitted.
fn essence(content_type: &str) -> Option<String> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let is_name = |name: &str| {
        let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        starts && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    let (kind, subtype) = essence.split_once('/')?;
    (essence.len() <= MAX_CONTENT_TYPE_LEN && is_name(kind) && is_name(subtype))
        .then(|| essence.to_ascii_lowercase())
}
