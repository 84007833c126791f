//! Client of a cloud API: sends requests as the catalog describes them and classifies the responses as
//! outcomes of the planner.

use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog::{Addon, Meaning, Read, Request};
use interpreter::exchange::{self, Body, Context, HttpRequest, Redactor, Verdict};
use interpreter::plan::{Reason, StepOutcome};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::timeout;

use crate::cloud::{self, Budget, Client, Credentials, Method, Permit, Response, SendReport, Url};
use crate::engine::cloud_api::failure::CloudFailure;
use crate::engine::labels;
use crate::priority::Priority;
use crate::telemetry::{Credentials as Seen, Outcome, Telemetry};

/// Longest wait for a permit that is only worth a moment.
const BRIEF_WAIT: Duration = Duration::from_secs(2);

/// Minimum length of a signature in a header, in bytes.
const MIN_SIGNATURE_LEN: usize = 20;

/// An API, with the resolved credentials to call it.
#[derive(Clone)]
pub(crate) struct Access {
    /// The HTTP client.
    pub(crate) client: Client,
    /// The endpoint, as configured.
    pub(crate) endpoint: String,
    /// The credentials to sign each request with.
    pub(crate) credentials: Credentials,
    /// A fingerprint that distinguishes these credentials from others.
    pub(crate) fingerprint: String,
    /// The credentials, as texts of the cloud must not show them.
    pub(crate) redactors: Arc<Redactors>,
    /// The request budget of these credentials.
    pub(crate) budget: Budget,
    /// The timeout of one request.
    pub(crate) timeout: Duration,
    /// Receives the result of each request.
    pub(crate) telemetry: Arc<Telemetry>,
    /// True for the operator's own credentials: whether the cloud accepts them is part of the operator's
    /// health.
    pub(crate) operators: bool,
}

/// Credentials of an access, ready to be searched for in texts.
#[derive(Debug, Default)]
pub(crate) struct Redactors {
    /// For texts of the cloud: every credential; `None` if they cannot be searched for.
    pub(crate) quotes: Option<Redactor>,
    /// For sentences of the operator, which may contain values of the cloud: only credentials that are no ordinary
    /// words.
    pub(crate) own_words: Redactor,
}

/// A request to the cloud, as the catalog describes it and as it is sent.
pub(crate) struct Question<'a> {
    addon: &'a Addon,
    /// The operation's name in the catalog; the error table may refer to it.
    operation: &'a str,
    /// True when the request may have an effect.
    writes: bool,
    request: &'a Request,
    http_request: HttpRequest,
}

/// The permit of a request, or the queue to wait in for one.
pub(crate) enum PermitSource {
    /// Wait for a permit with this priority.
    Queue(Priority),
    /// Wait for a permit of the background for a moment only: no user waits for the request, and one may for the
    /// resource.
    Brief,
    /// Use this permit, which was acquired before.
    Prepaid(Permit),
}

impl Question<'_> {
    /// Returns the URL.
    pub(crate) fn url(&self) -> &str {
        &self.http_request.url
    }
}

impl Access {
    /// Builds a request of an operation; `context` has the values that its expressions can use.
    pub(crate) fn question<'a>(
        &self,
        addon: &'a Addon,
        (operation, request): (&'a str, &'a Request),
        writes: bool,
        context: &Context,
    ) -> Result<Question<'a>, StepOutcome> {
        let http_request = exchange::build(request, &addon.api, context, &self.endpoint).map_err(invalid)?;
        Ok(Question { addon, operation, writes, request, http_request })
    }

    /// Sends a request. Returns the body of a success (null when it is empty).
    pub(crate) async fn ask(
        &self,
        question: &Question<'_>,
        permit_source: PermitSource,
    ) -> Result<Value, CloudFailure> {
        let request = ready_to_sign(question, self.timeout)?;
        let permit = match permit_source {
            PermitSource::Queue(priority) => self.budget.admit(priority).await,
            PermitSource::Brief => {
                let admitted = timeout(BRIEF_WAIT, self.budget.admit(Priority::Background)).await;
                admitted.map_err(|_| StepOutcome::Unsent("the request budget has no room now".into()))?
            }
            PermitSource::Prepaid(permit) => permit,
        };
        let report = self.client.send(&request, &self.credentials, permit).await;
        let elapsed = report.elapsed;
        let result = self.judge(question, report);
        self.record(question, elapsed, result.as_ref().err());
        result
    }

    /// Sends the request of a read and those for its further pages.
    pub(crate) async fn ask_pages(
        &self,
        read: &Read,
        mut question: Question<'_>,
        mut permit_source: PermitSource,
    ) -> Result<Vec<Value>, CloudFailure> {
        let pages = read.items.as_ref().and_then(|items| items.pages.as_ref());
        let mut answers = Vec::new();
        loop {
            let answer = self.ask(&question, permit_source).await?;
            let next = pages
                .map(|pages| exchange::next_page(&question.http_request, pages, &answer))
                .transpose()
                .map_err(|why| StepOutcome::Unavailable(why.to_string()))?
                .flatten();
            answers.push(answer);
            let Some(next) = next.filter(|next| *next != question.http_request) else { return Ok(answers) };
            (question.http_request, permit_source) = (next, PermitSource::Queue(Priority::Background));
        }
    }

    /// Returns host and port of the endpoint without user, path and query, which may be confidential.
    pub(crate) fn host(&self) -> String {
        let url = Url::parse(&self.endpoint).ok();
        let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.port())));
        host.map_or_else(String::new, |(host, port)| {
            port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
        })
    }

    fn record(&self, question: &Question<'_>, elapsed: Duration, failure: Option<&CloudFailure>) {
        let outcome = labels::outcome(failure.map(CloudFailure::class).as_ref());
        self.telemetry.metrics.request(&question.addon.api.name, question.operation, outcome, elapsed);
        let credentials = match outcome {
            Outcome::Unauthorized => Seen::Refused,
            // An API that refuses a request has authenticated the caller.
            Outcome::Done | Outcome::NotFound | Outcome::Refused => Seen::Accepted,
            Outcome::Throttled | Outcome::Unavailable | Outcome::Ambiguous => return,
        };
        // Health covers the operator's own credentials only, not those of a namespace.
        if !self.operators {
            return;
        }
        self.telemetry.health.credentials(&question.addon.api.name, credentials);
        if question.operation == "list" && outcome == Outcome::Done {
            self.telemetry.health.listed(&question.addon.api.name);
        }
    }

    fn judge(&self, question: &Question<'_>, report: SendReport) -> Result<Value, CloudFailure> {
        let SendReport { outcome, authorization, .. } = report;
        let credentials = || self.redactors.quotes.clone()?.with_credentials(header_secrets(&authorization));
        let unanswered = |outcome| Err(CloudFailure::unanswered(outcome, credentials()));
        let answer = match outcome {
            cloud::SendOutcome::NotSent(why) => return unanswered(StepOutcome::Unsent(why)),
            cloud::SendOutcome::Unknown(why) if question.writes => {
                return unanswered(StepOutcome::Ambiguous(why));
            }
            cloud::SendOutcome::Unknown(why) => return unanswered(StepOutcome::Unavailable(why)),
            cloud::SendOutcome::Answered(answer) => answer,
        };
        let retry_after = answer.retry_after();
        let (verdict, body) = meaning(question, answer);
        match verdict {
            Verdict::Success => Ok(body.json().cloned().unwrap_or_default()),
            Verdict::Refusal(refusal) => {
                if refusal.meaning == Meaning::Throttled {
                    self.budget.throttled(retry_after);
                }
                Err(CloudFailure::refused(refusal, retry_after, credentials()))
            }
        }
    }
}

/// Returns the texts in the header of a request that its answer must not show: the whole value, and each quoted part
/// that is long enough for a signature.
fn header_secrets(authorization: &Option<SecretString>) -> Vec<&str> {
    let header = authorization.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
    let parts = header.split("\"").skip(1).step_by(2).filter(|part| part.len() >= MIN_SIGNATURE_LEN);
    parts.chain([header]).collect()
}

/// The outcome of a request that cannot be built: the spec holds a value that is invalid there.
fn invalid(why: impl ToString) -> StepOutcome {
    StepOutcome::Rejected { reason: Reason::InvalidSpec, message: why.to_string() }
}

/// Builds the request to sign. An error names the path as the catalog writes it: the rendered URL may contain
/// values from a response.
fn ready_to_sign(question: &Question<'_>, timeout: Duration) -> Result<cloud::Request, StepOutcome> {
    let HttpRequest { method, url, body } = &question.http_request;
    let method = Method::from_bytes(method.as_bytes()).map_err(invalid)?;
    let (operation, path) = (question.operation, question.request.url.path.source());
    let refused = |why| invalid(format!("the address of `{operation}` (`{path}`) is not valid: {why}"));
    let url = Url::parse(url).map_err(refused)?;
    Ok(cloud::Request { method, url, headers: Vec::new(), body: body.clone(), timeout })
}

/// Classifies a response and returns its body.
fn meaning(question: &Question<'_>, answer: Response) -> (Verdict, Body) {
    let content_type = answer.header("content-type").map(str::to_owned);
    let (status, size, body) = (answer.status.as_u16(), answer.body.size, body_of(answer));
    let judged = exchange::Answer {
        operation: question.operation,
        writes: question.writes,
        confidential: question.addon.is_confidential(question.request),
        status,
        content_type: content_type.as_deref(),
        size,
        body: &body,
    };
    (exchange::meaning(&question.addon.api.errors, &question.addon.api.error_text, &judged), body)
}

fn body_of(answer: Response) -> Body {
    match answer.body.json {
        Some(value) => Body::Json(value),
        None if answer.body.text.trim().is_empty() => Body::Empty,
        None => Body::Text(answer.body.text),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use interpreter::catalog::{Source, load};

    use super::*;
    use http::StatusCode;

    const API: &str = "
api: cloud
title: A cloud
endpoint: 'https://{{region}}.example.test'
auth: [{ scheme: none }]
fields: { region: { description: Where it runs., type: string, maxLength: 63 } }
identity: { name: '{{metadata.uid}}', chosenBy: cloud, ids: { addon: $.id }, named: $.name }
operations:
  list: { request: GET /things, items: '$[*]' }
  create: { request: POST /things, body: { name: '{{name}}' } }
  delete: { request: 'DELETE /things/{{id.addon}}' }
  outputs: { request: 'GET /things/{{id.addon}}/env', items: '$[*]', key: $.name, value: $.value }
errorText: [$.message]
";
    const ADDON: &str = "
addon: widget
api: cloud
provider: widget
title: Widget
description: A thing.
stateful: false
resource: { group: example.test, version: v1, kind: Widget, finalizer: example.test/widget }
spec: { region: region }
binding: { type: widget, password: PASSWORD }
";

    pub(in crate::engine::cloud_api) fn widget() -> Arc<Addon> {
        widget_of(API)
    }

    /// Returns the same kind with a list of another shape.
    pub(in crate::engine::cloud_api) fn widget_with_other_list() -> Arc<Addon> {
        widget_of(&API.replace("items: '$[*]' }", "items: '$.all[*]' }"))
    }

    fn widget_of(api: &str) -> Arc<Addon> {
        let sources = [("api.yaml", api), ("widget.yaml", ADDON)]
            .map(|(path, text)| Source { path: path.into(), text: text.into() });
        let mut loaded = load(&sources);
        let problems = interpreter::catalog::show(&loaded.problems, &sources);
        loaded.catalog.addons.remove("widget").unwrap_or_else(|| panic!("{problems}"))
    }

    fn question<'a>(addon: &'a Addon, operation: &'a str, request: &'a Request, url: &str) -> Question<'a> {
        let http_request = HttpRequest { method: "GET".into(), url: url.into(), body: None };
        Question { addon, operation, writes: false, request, http_request }
    }

    fn message_of(
        operation: &str,
        request: &Request,
        status: StatusCode,
        content_type: &str,
        body: &str,
    ) -> String {
        let addon = widget();
        let question = question(&addon, operation, request, "https://a.test");
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        let answer = Response { status, headers, body: body.as_bytes().to_vec().into() };
        match meaning(&question, answer).0 {
            Verdict::Success => "success".to_owned(),
            Verdict::Refusal(refusal) => refusal.message.text(Some(&Redactor::default())),
        }
    }

    #[test]
    fn an_answer_is_told_by_its_label_and_its_size_unless_the_catalog_says_that_a_text_may_be_read() {
        let addon = widget();
        let (list, outputs) = (&addon.list.request, &addon.outputs.as_ref().unwrap_or(&addon.list).request);
        let json = r#"{"message":"password hunter2"}"#;
        let page = "\u{e9}hunter2";
        let (bad, gateway) = (StatusCode::BAD_REQUEST, StatusCode::BAD_GATEWAY);
        assert_eq!(message_of("list", list, bad, "application/json", json), "password hunter2 (HTTP 400)");
        assert_eq!(
            message_of("outputs", outputs, bad, "application/json", json),
            "HTTP 400, application/json, 30 bytes"
        );
        assert_eq!(
            message_of("outputs", outputs, gateway, "text/plain; charset=hunter2", page),
            "HTTP 502, text/plain, 9 bytes"
        );
        assert_eq!(message_of("list", list, gateway, "text/html", page), "HTTP 502, text/html, 9 bytes");
        assert_eq!(
            message_of("list", list, StatusCode::OK, "text/html", page),
            "the answer cannot be read: HTTP 200, text/html, 9 bytes"
        );
    }

    #[test]
    fn an_address_that_is_none_is_told_as_the_catalog_writes_it() {
        let addon = widget();
        let question = question(&addon, "list", &addon.list.request, "https://hunter2 hunter2/things");
        let outcome = ready_to_sign(&question, Duration::from_secs(1)).err();
        let message =
            "the address of `list` (`/things`) is not valid: invalid international domain name".to_owned();
        assert_eq!(outcome, Some(StepOutcome::Rejected { reason: Reason::InvalidSpec, message }));
    }
}
