//! Asks a cloud one thing as the catalog says, and tells what was heard in the planner's words.

use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog::{Addon, Meaning, Request};
use interpreter::exchange::{self, Body, Context, Outgoing, Refusal, Verdict};
use interpreter::plan::{Heard, Reason};
use serde_json::Value;

use crate::cloud::{self, Budget, Client, Credentials, Lane, Method, Permit, Response, Url};
use crate::engine::labels;
use crate::telemetry::{Credentials as Seen, Outcome, Telemetry};

/// One API with the credentials that are in force for it.
#[derive(Clone)]
pub(crate) struct Access {
    /// Sends.
    pub(crate) client: Client,
    /// Where it is, as configured.
    pub(crate) endpoint: String,
    /// What to show with each request.
    pub(crate) credentials: Credentials,
    /// What tells these credentials from others.
    pub(crate) fingerprint: String,
    /// How much may be asked with them.
    pub(crate) budget: Budget,
    /// How long one request may take.
    pub(crate) timeout: Duration,
    /// Where it is told how requests end.
    pub(crate) telemetry: Arc<Telemetry>,
    /// The credentials are the operator's own: what becomes of them is part of its health.
    pub(crate) operators: bool,
}

/// What is asked.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    /// The kind it is about.
    pub(crate) addon: &'a Addon,
    /// What the catalog calls it; the error table may speak of it.
    pub(crate) operation: &'a str,
    /// Whether it may have an effect.
    pub(crate) writes: bool,
    /// The request.
    pub(crate) request: &'a Request,
    /// What its expressions see.
    pub(crate) context: &'a Context,
}

/// Whose turn a request takes.
pub(crate) enum Turn {
    /// It waits in this lane.
    Queue(Lane),
    /// It was paid for already.
    Paid(Permit),
}

impl Access {
    /// Where a request would go.
    pub(crate) fn address(&self, addon: &Addon, request: &Request, context: &Context) -> Result<String, Heard> {
        let outgoing = exchange::build(request, &addon.api, context, &self.endpoint).map_err(invalid)?;
        Ok(outgoing.url)
    }

    /// Asks, and gives the body of a success (null where it has none), or what was heard instead.
    pub(crate) async fn ask(&self, question: Question<'_>, turn: Turn) -> Result<Value, Heard> {
        let outgoing = exchange::build(question.request, &question.addon.api, question.context, &self.endpoint).map_err(invalid)?;
        self.send(question, outgoing, turn).await
    }

    /// Asks for every page of a list.
    pub(crate) async fn ask_pages(&self, question: Question<'_>, turn: Turn) -> Result<Vec<Value>, Heard> {
        let pages = question.addon.list.items.as_ref().and_then(|items| items.pages.as_ref());
        let mut outgoing = exchange::build(question.request, &question.addon.api, question.context, &self.endpoint).map_err(invalid)?;
        let mut turn = turn;
        let mut answers = Vec::new();
        loop {
            let answer = self.send(question, outgoing.clone(), turn).await?;
            let next = pages.map(|pages| exchange::next_page(&outgoing, pages, &answer)).transpose().map_err(unreadable)?.flatten();
            answers.push(answer);
            let Some(next) = next.filter(|next| *next != outgoing) else { return Ok(answers) };
            (outgoing, turn) = (next, Turn::Queue(Lane::Background));
        }
    }

    async fn send(&self, question: Question<'_>, outgoing: Outgoing, turn: Turn) -> Result<Value, Heard> {
        let request = ready_to_sign(question, outgoing, self.timeout)?;
        let ticket = match turn {
            Turn::Queue(lane) => self.budget.admit(lane).await,
            Turn::Paid(ticket) => ticket,
        };
        let reply = self.client.send(&request, &self.credentials, ticket).await;
        let heard = self.judge(question, reply.outcome);
        self.tell(question, reply.elapsed, &heard);
        heard
    }

    /// The host, and nothing else of where it is: what stands before or behind it is nobody's business.
    pub(crate) fn host(&self) -> String {
        let url = Url::parse(&self.endpoint).ok();
        let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.port())));
        host.map_or_else(String::new, |(host, port)| port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    }

    fn tell(&self, question: Question<'_>, elapsed: Duration, heard: &Result<Value, Heard>) {
        let outcome = labels::outcome(heard.as_ref().err());
        self.telemetry.metrics.request(&question.addon.api.name, question.operation, outcome, elapsed);
        let credentials = match outcome {
            Outcome::Unauthorized => Seen::Refused,
            // Whoever is told no was recognised.
            Outcome::Done | Outcome::NotFound | Outcome::Refused => Seen::Accepted,
            Outcome::Throttled | Outcome::Unavailable | Outcome::Ambiguous => return,
        };
        // A namespace's own credentials, and what it reaches with them, are its own affair.
        if !self.operators {
            return;
        }
        self.telemetry.health.credentials(&question.addon.api.name, credentials);
        if question.operation == "list" && outcome == Outcome::Done {
            self.telemetry.health.listed(&question.addon.api.name);
        }
    }

    fn judge(&self, question: Question<'_>, outcome: cloud::SendOutcome) -> Result<Value, Heard> {
        let answer = match outcome {
            cloud::SendOutcome::NotSent(why) => return Err(Heard::Unsent(why)),
            cloud::SendOutcome::Unknown(why) if question.writes => return Err(Heard::Ambiguous(why)),
            cloud::SendOutcome::Unknown(why) => return Err(Heard::Unavailable(why)),
            cloud::SendOutcome::Answered(answer) => answer,
        };
        let retry_after = answer.retry_after();
        let (verdict, body) = meaning(question, answer);
        match verdict {
            Verdict::Success => Ok(body.json().cloned().unwrap_or_default()),
            Verdict::Refusal(refusal) => Err(self.heard(refusal, retry_after)),
        }
    }

    fn heard(&self, refusal: Refusal, retry_after: Option<Duration>) -> Heard {
        let told = match &refusal.help {
            Some(help) => format!("{}. {help}", refusal.message),
            None => refusal.message.clone(),
        };
        let reason = refusal.reason.as_deref().and_then(Reason::named);
        match refusal.meaning {
            Meaning::Throttled => {
                self.budget.throttled(retry_after);
                Heard::Throttled { after: retry_after, message: told }
            }
            Meaning::Unavailable => Heard::Unavailable(told),
            Meaning::Ambiguous => Heard::Ambiguous(told),
            Meaning::Rejected => Heard::Rejected { reason: reason.unwrap_or(Reason::Rejected), message: told },
            Meaning::Unauthorized => Heard::Rejected { reason: reason.unwrap_or(Reason::CredentialsInvalid), message: told },
            Meaning::NotFound => Heard::NotFound,
        }
    }
}

/// An answer that is not what the catalog describes: of a read it says nothing, of a write nobody knows what it did.
pub(crate) fn unreadable(why: impl ToString) -> Heard {
    Heard::Unavailable(why.to_string())
}

/// A request that cannot be written: the spec holds a value that has no place in it.
fn invalid(why: impl ToString) -> Heard {
    Heard::Rejected { reason: Reason::InvalidSpec, message: why.to_string() }
}

/// The message names the path as the catalog writes it: what is rendered into the address may come from an answer.
fn ready_to_sign(question: Question<'_>, outgoing: Outgoing, timeout: Duration) -> Result<cloud::Request, Heard> {
    let method = Method::from_bytes(outgoing.method.as_bytes()).map_err(invalid)?;
    let (operation, path) = (question.operation, question.request.url.path.source());
    let refused = |why| invalid(format!("the address of `{operation}` (`{path}`) is not valid: {why}"));
    let url = Url::parse(&outgoing.url).map_err(refused)?;
    Ok(cloud::Request { method, url, headers: Vec::new(), body: outgoing.body, timeout })
}

/// What an answer means, and its body.
fn meaning(question: Question<'_>, answer: Response) -> (Verdict, Body) {
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
mod tests {
    use interpreter::catalog::{Source, load};

    use super::*;
    use crate::cloud::StatusCode;

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

    fn widget() -> Arc<Addon> {
        let sources = [("api.yaml", API), ("widget.yaml", ADDON)].map(|(path, text)| Source { path: path.into(), text: text.into() });
        let mut loaded = load(&sources);
        let problems = interpreter::catalog::show(&loaded.problems, &sources);
        loaded.catalog.addons.remove("widget").unwrap_or_else(|| panic!("{problems}"))
    }

    fn told(operation: &str, request: &Request, status: StatusCode, content_type: &str, body: &str) -> String {
        let (addon, context) = (widget(), Context::default());
        let question = Question { addon: &addon, operation, writes: false, request, context: &context };
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        let answer = Response { status, headers, body: body.as_bytes().to_vec().into() };
        match meaning(question, answer).0 {
            Verdict::Success => "success".to_owned(),
            Verdict::Refusal(refusal) => refusal.message,
        }
    }

    #[test]
    fn an_answer_is_told_by_its_label_and_its_size_unless_the_catalog_says_that_a_text_may_be_read() {
        let addon = widget();
        let (list, outputs) = (&addon.list.request, &addon.outputs.as_ref().unwrap_or(&addon.list).request);
        let json = r#"{"message":"password hunter2"}"#;
        let page = "\u{e9}hunter2";
        let (bad, gateway) = (StatusCode::BAD_REQUEST, StatusCode::BAD_GATEWAY);
        assert_eq!(told("list", list, bad, "application/json", json), "password hunter2 (HTTP 400)");
        assert_eq!(told("outputs", outputs, bad, "application/json", json), "HTTP 400, application/json, 30 bytes");
        assert_eq!(told("outputs", outputs, gateway, "text/plain; charset=hunter2", page), "HTTP 502, text/plain, 9 bytes");
        assert_eq!(told("list", list, gateway, "text/html", page), "HTTP 502, text/html, 9 bytes");
        assert_eq!(told("list", list, StatusCode::OK, "text/html", page), "the answer cannot be read: HTTP 200, text/html, 9 bytes");
    }

    #[test]
    fn an_address_that_is_none_is_told_as_the_catalog_writes_it() {
        let (addon, context) = (widget(), Context::default());
        let question = Question { addon: &addon, operation: "list", writes: false, request: &addon.list.request, context: &context };
        let outgoing = Outgoing { method: "GET".into(), url: "https://hunter2 hunter2/things".into(), body: None };
        let heard = ready_to_sign(question, outgoing, Duration::from_secs(1)).err();
        let message = "the address of `list` (`/things`) is not valid: invalid international domain name".to_owned();
        assert_eq!(heard, Some(Heard::Rejected { reason: Reason::InvalidSpec, message }));
    }
}
