//! Sends one signed request to a cloud and brings back what was answered. Knows no add-on, no catalog, and not what a status means.
//!
//! The contract: ask the account's [`Budget`] for a [`Ticket`], then [`Client::send`] the [`Request`]; what comes back says whether it
//! was answered, certainly never left, or may have had an effect. Nothing is ever sent twice here: whether it is safe to repeat a
//! request is not for the one who sends it to know.

pub mod budget;
pub mod client;
pub mod credentials;
mod failure;
pub mod oauth1;

use std::fmt;
use std::time::Duration;

use serde_json::Value;

pub use budget::{Budget, Budgets, CreationPermit, Lane, Limits, Ticket};
pub use client::{Client, Settings};
pub use credentials::{Credentials, Fingerprint};
pub use reqwest::{Method, StatusCode, Url};

/// One request, complete but for its signature.
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Where to, already percent-encoded: it is signed and sent exactly as it stands. It carries no user and no password.
    pub url: Url,
    /// What to send besides what the client adds itself (credentials, content type, request id, user agent).
    pub headers: Vec<(String, String)>,
    /// Sent as JSON.
    pub body: Option<Value>,
    /// From the first attempt to connect to the last byte of the answer.
    pub timeout: Duration,
}

/// What became of one request.
#[derive(Debug)]
pub struct Reply {
    /// Sent as `X-Request-Id`; stands in the logs, and helps the cloud's support to find the request.
    pub request_id: String,
    /// From the call to the end of the answer.
    pub elapsed: Duration,
    /// What became of it.
    pub outcome: Outcome,
}

/// Whether a request had an effect, as far as the transport can tell.
#[derive(Debug)]
pub enum Outcome {
    /// The whole answer arrived. What its status means is decided elsewhere.
    Answered(Answer),
    /// Not a byte of the request left: it certainly had no effect. The reason is for people.
    NotSent(String),
    /// Some of it may have left, and no whole answer came back: it may have had its effect, now or later. The reason is for people.
    Unknown(String),
}

/// A complete answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status, redirections included: none is followed, since a signature holds for one address only.
    pub status: StatusCode,
    /// The few headers that say something about an answer, by lower-case name: its type, its next page, how long to wait, its
    /// name for support. No cookie.
    pub headers: Vec<(String, String)>,
    /// What was said.
    pub body: Body,
}

/// The body of an answer, at most [`client::LARGEST_BODY`] once decompressed.
///
/// Read as JSON whatever its declared type: clouds label JSON as `text/plain`, and their gateways answer HTML.
pub struct Body {
    /// The value, if the text is JSON.
    pub json: Option<Value>,
    /// The text as it came; what is not UTF-8 in it is replaced.
    pub text: String,
    /// How many bytes came, once decompressed.
    pub size: usize,
}

impl Answer {
    /// The value of one of the kept headers; the name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(kept, _)| kept == name).map(|(_, value)| value.as_str())
    }

    /// How long the cloud asks to be left alone. Only seconds are understood: the other form, a date, needs clocks that agree.
    pub fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        let (json, size) = (serde_json::from_slice(&bytes).ok(), bytes.len());
        let text = String::from_utf8(bytes).unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned());
        Self { json, text, size }
    }
}

/// Shows neither headers nor body nor query: each may hold a secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method, self.url.authority(), self.url.path())
    }
}

/// Shows only the size: passwords arrive in bodies.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = if self.json.is_some() { "JSON" } else { "text" };
        write!(f, "{} bytes of {form}", self.size)
    }
}
