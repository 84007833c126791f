//! The request to a cloud, its response, and the outcome of sending it.

use std::fmt;
use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use secrecy::SecretString;
use serde_json::Value;

/// A request, complete except for its signature.
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The URL, already percent-encoded: it is signed and sent exactly as it is. It has no user and no
    /// password.
    pub url: Url,
    /// Headers in addition to those of the client (credentials, content type, request id, user agent).
    pub headers: Vec<(String, String)>,
    /// The body, sent as JSON.
    pub body: Option<Value>,
    /// Time limit from the first attempt to connect to the last byte of the response.
    pub timeout: Duration,
}

/// Report on one request.
#[derive(Debug)]
pub struct SendReport {
    /// Sent as `X-Request-Id`, and logged: helps the cloud's support to find the request.
    pub request_id: String,
    /// Time from the call to the end of the response.
    pub(crate) elapsed: Duration,
    /// The outcome.
    pub outcome: SendOutcome,
    /// The value of the header that authenticated the request, which the response may repeat.
    pub(crate) authorization: Option<SecretString>,
}

/// Outcome of sending a request: tells, as far as the transport can, if it had an effect.
#[derive(Debug)]
pub enum SendOutcome {
    /// The whole response arrived. The caller interprets its status.
    Answered(Response),
    /// No byte of the request left, so it certainly had no effect. The reason is for people.
    NotSent(String),
    /// Some of the request may have left, and no whole response arrived: it may have an effect, now or later.
    /// The reason is for people.
    Unknown(String),
}

/// A complete response.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status, redirects included: none is followed, because a signature is valid for one URL only.
    pub status: StatusCode,
    /// The headers that describe a response, by lower-case name: content type, next page, retry delay, ids
    /// for support. No cookies.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// The body of a response, at most [`client::MAX_BODY_LEN`](crate::cloud::client::MAX_BODY_LEN) bytes once
/// decompressed.
///
/// Parsed as JSON whatever its content type: clouds label JSON as `text/plain`, and their gateways answer
/// with HTML.
pub struct Body {
    /// The JSON value, if the text is JSON.
    pub json: Option<Value>,
    /// The text as received; invalid UTF-8 is replaced.
    pub text: String,
    /// Size in bytes, once decompressed.
    pub(crate) size: usize,
}

impl Response {
    /// Returns the value of one of the kept headers; the name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(kept, _)| kept == name).map(|(_, value)| value.as_str())
    }

    /// Returns the cloud's `Retry-After`. Only seconds are understood: the other format, a date, needs clocks
    /// that agree.
    pub fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        let (json, size) = (serde_json::from_slice(&bytes).ok(), bytes.len());
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned());
        Self { json, text, size }
    }
}

/// Shows neither headers nor body nor query, because each may hold a secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method, self.url.authority(), self.url.path())
    }
}

/// Shows only the size, because bodies carry passwords.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = if self.json.is_some() { "JSON" } else { "text" };
        write!(f, "{} bytes of {format}", self.size)
    }
}
