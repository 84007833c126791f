//! Messages about answers. They must not leak secrets: users who read conditions, events and logs may lack
//! access to the Secret.

use std::fmt;

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::exchange::redact::Redactor;
use crate::exchange::{Answer, Body};

/// Maximum length of a quoted text: a condition's message is read in a terminal.
const MAX_QUOTE_LEN: usize = 300;
/// Maximum length of a content type; longer ones are omitted.
const MAX_CONTENT_TYPE_LEN: usize = 64;

/// Message about an answer, before its secrets are redacted: [`CloudMessage::text`] is the only way to its words.
#[derive(Clone, PartialEq, Eq)]
pub struct CloudMessage {
    /// The cloud's own words, if they may be quoted.
    quoted: Option<String>,
    status: u16,
    content_type: Option<String>,
    size: usize,
    is_unreadable_success: bool,
}

/// Describes an answer for users: the text that `error_text` selects, otherwise only its status, content type
/// and size.
///
/// Only JSON has fields that the catalog declares free of secrets. Any other text may be a password or a
/// kubeconfig, and so may any text in a confidential answer.
pub(super) fn message(error_text: &[Selector], answer: &Answer) -> CloudMessage {
    let quoted = match answer.body {
        Body::Json(body) if !answer.confidential => {
            error_text.iter().flat_map(|selector| selector.all(body)).find_map(Value::as_str)
        }
        Body::Json(_) | Body::Empty | Body::Text(_) => None,
    };
    CloudMessage {
        quoted: quoted.map(str::to_owned),
        status: answer.status,
        content_type: answer.content_type.map(str::to_owned),
        size: answer.size,
        is_unreadable_success: (200..300).contains(&answer.status) && answer.body.json().is_none(),
    }
}

impl CloudMessage {
    /// Returns true when the message has words of the cloud.
    pub fn is_quoted(&self) -> bool {
        self.quoted.is_some()
    }

    /// Returns the message without the secrets of `redactor`. Without one, the secrets are unknown, so that nothing of
    /// the answer is quoted.
    pub fn text(&self, redactor: Option<&Redactor>) -> String {
        let quoted = self.quoted.as_deref().zip(redactor);
        let quoted = quoted.map(|(text, redactor)| redactor.quote(text)).filter(|text| !text.is_empty());
        match quoted {
            Some(text) => format!("{text} (HTTP {})", self.status),
            None if self.is_unreadable_success => {
                format!("the answer cannot be read: {}", self.outline(redactor))
            }
            None => self.outline(redactor),
        }
    }

    /// Summarizes the answer: `HTTP 502, text/html, 1234 bytes`.
    fn outline(&self, redactor: Option<&Redactor>) -> String {
        let size = match self.size {
            0 => "no body".to_owned(),
            1 => "1 byte".to_owned(),
            size => format!("{size} bytes"),
        };
        let status = format!("HTTP {}", self.status);
        let content_type = self.content_type.as_deref().zip(redactor);
        let essence = content_type.and_then(|(text, redactor)| essence(&redactor.redact(text)));
        [Some(status), essence, Some(size)].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Redactor {
    /// Returns a text of a cloud as a message quotes it: without secrets, and then cut to its length.
    pub fn quote(&self, text: &str) -> String {
        quotable(&self.redact(text))
    }
}

/// Shows no word of the cloud.
impl fmt::Debug for CloudMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(None))
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
