//! A simulated cloud that gives the recorded answers. It only remembers the writes that were sent.

use serde_json::{Map, Value, json};

use crate::catalog::{Addon, Expression, RecordedAnswer};
use crate::exchange::{Context, evaluate};
use crate::reconcile::{AnswerCache, CloudRequest};

/// The recorded answers, and the writes sent so far.
#[derive(Clone)]
pub struct RecordedCloud<'a> {
    addon: &'a Addon,
    recorded: Value,
    /// The names of the writes sent, in order.
    sent: Vec<String>,
    /// The context at the time of the last write: an edit of the spec shows in no answer before its write is
    /// sent.
    known: Option<Context>,
}

/// Recorded answer to a request.
pub struct RecordedReply {
    /// The name of the answer: `create`, `outputs`, `resize follow`.
    pub asked: String,
    /// The answer; `None` if the object does not exist. An error names the missing answer or value.
    pub answer: Result<Option<Value>, String>,
}

impl RecordedReply {
    /// Returns the body; `None` if the object does not exist. A write without a recorded answer has an empty one,
    /// which is enough where nothing is read from it; a creation needs one.
    pub fn body(self, is_write: bool) -> Result<Option<Value>, String> {
        match self.answer {
            Err(_) if is_write && self.asked != "create" => Ok(Some(Value::Null)),
            Ok(None) if is_write => Ok(Some(Value::Null)),
            answer => answer,
        }
    }
}

impl<'a> RecordedCloud<'a> {
    /// Makes a cloud in which `recorded` overrides the values that the add-on itself records.
    pub fn new(addon: &'a Addon, recorded: &Map<String, Value>) -> Self {
        let mut all = addon.recorded.clone();
        all.extend(recorded.clone());
        Self { addon, recorded: Value::Object(all), sent: Vec::new(), known: None }
    }

    /// The defaults of the configuration at the time of the recording.
    pub(super) fn config(&self) -> Value {
        self.recorded.get("config").cloned().unwrap_or_else(|| json!({}))
    }

    /// Answers a request, and remembers a write.
    pub fn reply(&mut self, request: &CloudRequest<'_>, context: &Context) -> RecordedReply {
        let asked = match (request.change, request.cache) {
            (Some(change), _) => format!("{change} {}", request.operation),
            (None, AnswerCache::Offer { .. }) => "offers".to_owned(),
            (
                None,
                AnswerCache::None
                | AnswerCache::List { .. }
                | AnswerCache::Marks { .. }
                | AnswerCache::Accounts { .. },
            ) => request.operation.to_owned(),
        };
        if request.writes {
            self.take(&asked, context);
        }
        let answer = match request.cache {
            AnswerCache::Offer { index, .. } => self.offer(index, context),
            AnswerCache::None
            | AnswerCache::List { .. }
            | AnswerCache::Marks { .. }
            | AnswerCache::Accounts { .. } => self.answer(&asked, context),
        };
        RecordedReply { asked, answer }
    }

    /// Remembers a write.
    fn take(&mut self, name: &str, context: &Context) {
        self.sent.push(name.to_owned());
        self.known = Some(context.clone());
    }

    /// Returns the answer; `None` if the object does not exist. An error names the missing answer or value.
    fn answer(&self, asked: &str, context: &Context) -> Result<Option<Value>, String> {
        self.evaluated(&self.find(asked)?.body, asked, context)
    }

    /// Returns the answer to one of the reads of offers.
    fn offer(&self, index: usize, context: &Context) -> Result<Option<Value>, String> {
        let body = &self.find("offers")?.body;
        let one = match body {
            Expression::List(elements) => elements.get(index),
            Expression::Literal(_)
            | Expression::Select(_)
            | Expression::Render(_)
            | Expression::Object(_)
            | Expression::Each { .. } => Some(body).filter(|_| index == 0),
        };
        let name = format!("offers[{index}]");
        one.map_or(Ok(None), |body| self.evaluated(body, &name, context))
    }

    fn evaluated(&self, body: &Expression, asked: &str, context: &Context) -> Result<Option<Value>, String> {
        let known = self.known.as_ref().unwrap_or(context);
        let ids = context.value().get("id").cloned();
        let known = ids.into_iter().fold(known.clone(), |known, ids| known.with("id", ids));
        let root = known.with("recorded", self.recorded.clone());
        evaluate(body, root.value()).map_err(|error| format!("the answer to `{asked}` has no value: {error}"))
    }

    /// Finds the answer recorded for the time after the newest write, else after the one before it, and so
    /// on, else for any time.
    fn find(&self, asked: &str) -> Result<&'a RecordedAnswer, String> {
        let after = |after: Option<&str>| {
            self.addon.answers.iter().find(|one| one.asked == asked && one.after.as_deref() == after)
        };
        let newest = self.sent.iter().rev().find_map(|sent| after(Some(sent)));
        newest.or_else(|| after(None)).ok_or_else(|| format!("no answer to `{asked}` is recorded"))
    }
}
