//! What a request comes to, before it becomes HTTP.

use serde_json::{Value, json};

use crate::service::{Accepted, Dialect, Refusal, Service, ShapeName};
use crate::shape::{Values, fill, fill_text};

/// An answer to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// None: as the body is usually labelled.
    pub(crate) content_type: Option<String>,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Json(Value),
    Text(String),
    Empty,
}

/// What an operation did.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) body: Value,
    /// The world has changed.
    pub(crate) effect: bool,
}

/// Why an operation did nothing, and what its message mentions.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    pub(crate) values: Values,
}

/// The end of an operation.
pub(crate) type Outcome = Result<Done, Refused>;

impl Done {
    pub(crate) fn read(body: Value) -> Self {
        Self { body, effect: false }
    }

    pub(crate) fn written(body: Value) -> Self {
        Self { body, effect: true }
    }

    /// The answer to a write that has nothing to show.
    pub(crate) fn accepted(service: &Service, accepted: Accepted) -> Self {
        let row = service.accepted.get(&accepted);
        let values = json!({"id": row.map(|row| row.id), "message": row.map(|row| row.message.clone()), "type": "success"});
        Self::written(fill(service.shape(ShapeName::Message), values.as_object().unwrap_or(&Values::new())))
    }
}

impl Answer {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, content_type: None, body: Body::Json(body) }
    }

    /// A refusal, as it reads in this dialect.
    pub(crate) fn refusal(service: &Service, dialect: Dialect, refused: &Refused, request_id: &str) -> Self {
        let Some(row) = service.refusals.get(&refused.refusal) else {
            return Self { status: 500, content_type: None, body: Body::Empty };
        };
        let (status, text, shape) = match dialect {
            Dialect::Message => (row.status, &row.message, ShapeName::Message),
            Dialect::Ovd => (row.ovd_status.unwrap_or(row.status), row.ovd_message.as_ref().unwrap_or(&row.message), ShapeName::Ovd),
        };
        let message = fill_text(text, &refused.values);
        let values = json!({"id": row.id, "code": row.code, "message": message, "type": "error", "requestId": request_id});
        Self::json(status, fill(service.shape(shape), values.as_object().unwrap_or(&Values::new())))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, values: Values::new() }
    }
}

impl Refused {
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn malformed(detail: impl ToString) -> Self {
        Self::from(Refusal::MalformedBody).with("detail", detail.to_string())
    }
}
