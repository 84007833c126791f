//! The only place that sends requests. Repeats nothing, follows no redirect, and limits every wait.

use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{redirect, retry};
use secrecy::SecretString;
use tracing::{Instrument, debug, debug_span};
use uuid::Uuid;

use crate::cloud::budget::Permit;
use crate::cloud::credentials::Credentials;
use crate::cloud::failure;
use crate::cloud::types::{Body, Request, Response, SendOutcome, SendReport};

/// Maximum size of a body, in bytes after decompression. A list of ten thousand entries takes a third of it.
pub const MAX_BODY_LEN: usize = 8 * 1024 * 1024;

/// The response headers that are kept, in addition to ids for the cloud's support (`…-id`; each cloud has its
/// own).
const KEPT_HEADERS: [&str; 3] = ["content-type", "link", "retry-after"];

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Settings of a [`Client`], for all clouds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Sent as `User-Agent`: program and version.
    pub user_agent: String,
    /// Time limit for name resolution, connection and TLS together.
    pub connect_timeout: Duration,
}

/// Sends requests over pooled connections. Cheap to clone; one for the whole process.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
}

impl Client {
    /// Creates a client; it connects on demand.
    ///
    /// # Errors
    /// The settings are invalid, such as a user agent with a line break.
    ///
    /// # Panics
    /// In the TLS library, if the process has installed no cryptography provider.
    pub fn new(settings: &Settings) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(&settings.user_agent)
            .connect_timeout(settings.connect_timeout)
            .tcp_keepalive(Duration::from_secs(30))
            .pool_idle_timeout(Duration::from_secs(60))
            .redirect(redirect::Policy::none())
            // Retries would carry the same nonce, and a write may have had its effect: only the caller knows
            // whether repeating is safe. What remains is no retry: a request not yet begun on a pooled
            // connection that turns out closed is begun on another.
            .retry(retry::never())
            .build()?;
        Ok(Self { http })
    }

    /// Sends one request, once, and reads the whole response. The permit proves that the account's budget
    /// allows it now.
    ///
    /// Ends within the request's timeout. If dropped before the end, the request may have been sent, as for
    /// [`SendOutcome::Unknown`].
    pub async fn send(&self, request: &Request, credentials: &Credentials, _ticket: Permit) -> SendReport {
        let request_id = Uuid::new_v4().to_string();
        let span = debug_span!(
            "cloud request",
            id = request_id,
            method = %request.method,
            host = request.url.host_str(),
            path = request.url.path(),
        );
        let started = Instant::now();
        let (outcome, authorization) =
            self.exchange(request, credentials, &request_id).instrument(span.clone()).await;
        let report = SendReport { request_id, elapsed: started.elapsed(), outcome, authorization };
        span.in_scope(|| log(&report));
        report
    }

    /// Sends the request. Returns the outcome, and the header that authenticated the request.
    async fn exchange(
        &self,
        request: &Request,
        credentials: &Credentials,
        request_id: &str,
    ) -> (SendOutcome, Option<SecretString>) {
        let headers = match headers(request, credentials, request_id) {
            Ok(headers) => headers,
            Err(reason) => return (SendOutcome::NotSent(reason), None),
        };
        let sensitive = headers.values().find(|value| value.is_sensitive());
        let authorization = sensitive.and_then(|value| value.to_str().ok()).map(SecretString::from);
        let mut sending =
            self.http.request(request.method.clone(), request.url.clone()).timeout(request.timeout);
        if let Some(body) = &request.body {
            sending = sending.json(body);
        }
        let outcome = match sending.headers(headers).send().await {
            Ok(response) => read(response).await,
            Err(error) => failure::outcome(error),
        };
        (outcome, authorization)
    }
}

/// Returns all headers of a request, the client's own last: no caller can replace the credentials or the
/// request id.
fn headers(request: &Request, credentials: &Credentials, request_id: &str) -> Result<HeaderMap, String> {
    if !request.url.username().is_empty() || request.url.password().is_some() {
        return Err("the URL has a user or a password; configure credentials instead, which are not logged"
            .to_owned());
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let name = HeaderName::try_from(name).map_err(|_| format!("`{name}` is not a valid header name"))?;
        let value = HeaderValue::try_from(value)
            .map_err(|_| format!("the value of the header `{name}` is not valid"))?;
        headers.insert(name, value);
    }
    if let Some((name, value)) =
        credentials.header(&request.method, &request.url).map_err(|error| error.to_string())?
    {
        headers.insert(name, value);
    }
    headers.insert(REQUEST_ID, HeaderValue::try_from(request_id).map_err(|error| error.to_string())?);
    Ok(headers)
}

/// Reads the whole response. A body that breaks off makes the outcome ambiguous: its status alone says too
/// little.
async fn read(mut response: reqwest::Response) -> SendOutcome {
    let status = response.status();
    let headers = kept(response.headers());
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MAX_BODY_LEN => {
                return SendOutcome::Unknown(format!(
                    "status {status}, with a body larger than {MAX_BODY_LEN} bytes"
                ));
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return SendOutcome::Answered(Response { status, headers, body: Body::from(bytes) }),
            Err(error) => {
                return SendOutcome::Unknown(format!("status {status}, then {}", failure::reason(&error)));
            }
        }
    }
}

fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let wanted = |name: &str| KEPT_HEADERS.contains(&name) || name.ends_with("-id");
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    headers
        .iter()
        .filter(|(name, _)| wanted(name.as_str()))
        .filter_map(|(name, value)| Some((name.to_string(), text(value)?)))
        .collect()
}

/// Logs one line per request, inside its span. Never the query, a header, a body, or a reason, whose secrets only the
/// caller can redact.
fn log(report: &SendReport) {
    let elapsed_ms = report.elapsed.as_millis() as u64;
    match &report.outcome {
        SendOutcome::Answered(answer) => debug!(status = answer.status.as_u16(), elapsed_ms, "answered"),
        SendOutcome::NotSent(_) => debug!(elapsed_ms, "not sent"),
        SendOutcome::Unknown(_) => debug!(elapsed_ms, "outcome unknown"),
    }
}
