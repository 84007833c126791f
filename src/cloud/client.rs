//! The one place where a request leaves. Repeats nothing, follows nothing, waits for nothing without a limit.

use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, redirect, retry};
use tracing::{Instrument, debug, debug_span};
use uuid::Uuid;

use super::{Answer, Body, Credentials, Outcome, Reply, Request, Ticket, failure};

/// The largest body that is read, in bytes after decompression. A list of ten thousand entries is a third of it.
pub const LARGEST_BODY: usize = 8 * 1024 * 1024;

/// The headers of an answer that are kept, besides those that name it for the cloud's support (`…-id`, each cloud has its own).
const KEPT: [&str; 3] = ["content-type", "link", "retry-after"];

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How a [`Client`] behaves towards every cloud.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Sent as `User-Agent`: program and version.
    pub user_agent: String,
    /// For name, connection and TLS together.
    pub connect_timeout: Duration,
}

/// Sends requests over connections that are kept and shared. Cheap to clone; one for the whole process.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
}

impl Client {
    /// A client without a connection yet.
    ///
    /// # Errors
    /// Settings that cannot be (a user agent with a line break).
    ///
    /// # Panics
    /// In the TLS library, where the process has installed no cryptography provider.
    pub fn new(settings: &Settings) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(&settings.user_agent)
            .connect_timeout(settings.connect_timeout)
            .tcp_keepalive(Duration::from_secs(30))
            .pool_idle_timeout(Duration::from_secs(60))
            .redirect(redirect::Policy::none())
            // Repeats carry the same nonce, and a write may have had its effect: who repeats must know what it means. What is left is
            // no repeat: a request not yet begun on a kept connection that turns out closed is begun on another.
            .retry(retry::never())
            .build()?;
        Ok(Self { http })
    }

    /// Sends one request, once, and reads the whole answer. The ticket says that the account's budget allows it now.
    ///
    /// Ends within the request's timeout. Dropped before the end, it may have sent: as [`Outcome::Unknown`].
    pub async fn send(&self, request: &Request, credentials: &Credentials, _ticket: Ticket) -> Reply {
        let request_id = Uuid::new_v4().to_string();
        let span = debug_span!(
            "cloud request",
            id = request_id,
            method = %request.method,
            host = request.url.host_str(),
            path = request.url.path(),
        );
        let started = Instant::now();
        let outcome = self.exchange(request, credentials, &request_id).instrument(span.clone()).await;
        let reply = Reply { request_id, elapsed: started.elapsed(), outcome };
        span.in_scope(|| log(&reply));
        reply
    }

    async fn exchange(&self, request: &Request, credentials: &Credentials, request_id: &str) -> Outcome {
        let headers = match headers(request, credentials, request_id) {
            Ok(headers) => headers,
            Err(reason) => return Outcome::NotSent(reason),
        };
        let mut sending = self.http.request(request.method.clone(), request.url.clone()).timeout(request.timeout);
        if let Some(body) = &request.body {
            sending = sending.json(body);
        }
        match sending.headers(headers).send().await {
            Ok(response) => read(response).await,
            Err(error) => failure::outcome(error),
        }
    }
}

/// All headers of a request, the client's own last: no caller can replace the credentials or the request id.
fn headers(request: &Request, credentials: &Credentials, request_id: &str) -> Result<HeaderMap, String> {
    if !request.url.username().is_empty() || request.url.password().is_some() {
        return Err("the address holds a user or a password; credentials go where they are not logged".to_owned());
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let name = HeaderName::try_from(name).map_err(|_| format!("`{name}` is no name of a header"))?;
        let value = HeaderValue::try_from(value).map_err(|_| format!("the value of header `{name}` cannot be sent"))?;
        headers.insert(name, value);
    }
    if let Some((name, value)) = credentials.header(&request.method, &request.url).map_err(|error| error.to_string())? {
        headers.insert(name, value);
    }
    headers.insert(REQUEST_ID, HeaderValue::try_from(request_id).map_err(|error| error.to_string())?);
    Ok(headers)
}

/// The whole answer, or doubt: a status whose body broke off says too little about what was done.
async fn read(mut response: Response) -> Outcome {
    let status = response.status();
    let headers = kept(response.headers());
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > LARGEST_BODY => {
                return Outcome::Unknown(format!("status {status}, with a body of more than {LARGEST_BODY} bytes"));
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Outcome::Answered(Answer { status, headers, body: Body::from(bytes) }),
            Err(error) => return Outcome::Unknown(format!("status {status}, then {}", failure::reason(&error))),
        }
    }
}

fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let wanted = |name: &str| KEPT.contains(&name) || name.ends_with("-id");
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    headers.iter().filter(|(name, _)| wanted(name.as_str())).filter_map(|(name, value)| Some((name.to_string(), text(value)?))).collect()
}

/// One line per request, inside its span. Never the query, a header or a body.
fn log(reply: &Reply) {
    let elapsed_ms = reply.elapsed.as_millis() as u64;
    match &reply.outcome {
        Outcome::Answered(answer) => debug!(status = answer.status.as_u16(), elapsed_ms, "answered"),
        Outcome::NotSent(reason) => debug!(reason, elapsed_ms, "not sent"),
        Outcome::Unknown(reason) => debug!(reason, elapsed_ms, "sent, perhaps; not answered"),
    }
}
