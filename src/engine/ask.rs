//! Asks a cloud one thing as the catalog says, and tells what was heard in the planner's words.

use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog::{Addon, Meaning, Request};
use interpreter::exchange::{self, Body, Context, Outgoing, Refusal, Verdict};
use interpreter::plan::{Heard, Reason};
use serde_json::Value;

use super::words;
use crate::cloud::{self, Answer, Budget, Client, Credentials, Lane, Method, Ticket, Url};
use crate::telemetry::{Credentials as Seen, Outcome, Telemetry};

/// One API with the credentials that are in force for it.
#[derive(Clone)]
pub(super) struct Access {
    /// Sends.
    pub(super) client: Client,
    /// Where it is, as configured.
    pub(super) endpoint: String,
    /// What to show with each request.
    pub(super) credentials: Credentials,
    /// What tells these credentials from others.
    pub(super) fingerprint: String,
    /// How much may be asked with them.
    pub(super) budget: Budget,
    /// How long one request may take.
    pub(super) timeout: Duration,
    /// Where it is told how requests end.
    pub(super) telemetry: Arc<Telemetry>,
    /// The credentials are the operator's own: what becomes of them is part of its health.
    pub(super) operators: bool,
}

/// What is asked.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    /// The kind it is about.
    pub(super) addon: &'a Addon,
    /// What the catalog calls it; the error table may speak of it.
    pub(super) operation: &'a str,
    /// Whether it may have an effect.
    pub(super) writes: bool,
    /// The request.
    pub(super) request: &'a Request,
    /// What its expressions see.
    pub(super) context: &'a Context,
}

/// Whose turn a request takes.
pub(super) enum Turn {
    /// It waits in this lane.
    Queue(Lane),
    /// It was paid for already.
    Paid(Ticket),
}

impl Access {
    /// Where a request would go.
    pub(super) fn address(&self, addon: &Addon, request: &Request, context: &Context) -> Result<String, Heard> {
        let outgoing = exchange::build(request, &addon.api, context, &self.endpoint).map_err(invalid)?;
        Ok(outgoing.url)
    }

    /// Asks, and gives the body of a success (null where it has none), or what was heard instead.
    pub(super) async fn ask(&self, question: Question<'_>, turn: Turn) -> Result<Value, Heard> {
        let outgoing = exchange::build(question.request, &question.addon.api, question.context, &self.endpoint).map_err(invalid)?;
        self.send(question, outgoing, turn).await
    }

    /// Asks for every page of a list.
    pub(super) async fn ask_pages(&self, question: Question<'_>, turn: Turn) -> Result<Vec<Value>, Heard> {
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
        let request = ready_to_sign(outgoing, self.timeout)?;
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
    pub(super) fn host(&self) -> String {
        let url = Url::parse(&self.endpoint).ok();
        let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.port())));
        host.map_or_else(String::new, |(host, port)| port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    }

    fn tell(&self, question: Question<'_>, elapsed: Duration, heard: &Result<Value, Heard>) {
        let outcome = words::outcome(heard.as_ref().err());
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

    fn judge(&self, question: Question<'_>, outcome: cloud::Outcome) -> Result<Value, Heard> {
        let answer = match outcome {
            cloud::Outcome::NotSent(why) => return Err(Heard::Unsent(why)),
            cloud::Outcome::Unknown(why) if question.writes => return Err(Heard::Ambiguous(why)),
            cloud::Outcome::Unknown(why) => return Err(Heard::Unavailable(why)),
            cloud::Outcome::Answered(answer) => answer,
        };
        let retry_after = answer.retry_after();
        let (status, body) = (answer.status.as_u16(), body_of(answer));
        let judged = exchange::Answer { operation: question.operation, writes: question.writes, status, body: &body };
        match exchange::meaning(&question.addon.api.errors, &question.addon.api.error_text, &judged) {
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
pub(super) fn unreadable(why: impl ToString) -> Heard {
    Heard::Unavailable(why.to_string())
}

/// A request that cannot be written: the spec holds a value that has no place in it.
fn invalid(why: impl ToString) -> Heard {
    Heard::Rejected { reason: Reason::InvalidSpec, message: why.to_string() }
}

fn ready_to_sign(outgoing: Outgoing, timeout: Duration) -> Result<cloud::Request, Heard> {
    let method = Method::from_bytes(outgoing.method.as_bytes()).map_err(invalid)?;
    let url = Url::parse(&outgoing.url).map_err(|why| invalid(format!("`{}` is no address: {why}", outgoing.url)))?;
    Ok(cloud::Request { method, url, headers: Vec::new(), body: outgoing.body, timeout })
}

fn body_of(answer: Answer) -> Body {
    match answer.body.json {
        Some(value) => Body::Json(value),
        None if answer.body.text.trim().is_empty() => Body::Empty,
        None => Body::Text(answer.body.text),
    }
}
