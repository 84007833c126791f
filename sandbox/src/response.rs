//! The results of operations, and the responses built from them.

use serde_json::{Value, json};

use crate::service::{ApiErrorKind, Dialect, ServiceDescription, SuccessKind, TemplateName};
use crate::template::{TemplateValues, render, render_text};

/// A response of the API.
#[derive(Clone, Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    /// Content type; `None` for the usual one of the body.
    pub(crate) content_type: Option<String>,
    pub(crate) body: ResponseBody,
}

#[derive(Clone, Debug)]
pub(crate) enum ResponseBody {
    Json(Value),
    Text(String),
    Empty,
}

/// The result of a successful operation.
#[derive(Clone, Debug)]
pub(crate) struct OperationOutput {
    pub(crate) response: ApiResponse,
    /// Set when the operation changed the world.
    pub(crate) effect: bool,
}

/// An error of an operation, with the values for its message.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) kind: ApiErrorKind,
    pub(crate) values: TemplateValues,
}

/// The result of an operation.
pub(crate) type OperationResult = Result<OperationOutput, ApiError>;

impl OperationOutput {
    pub(crate) fn unchanged(body: Value) -> Self {
        Self { response: ApiResponse::json(200, body), effect: false }
    }

    pub(crate) fn changed(body: Value) -> Self {
        Self { response: ApiResponse::json(200, body), effect: true }
    }

    /// Builds the response to a write that returns nothing.
    pub(crate) fn done(status: u16) -> Self {
        Self { response: ApiResponse::empty(status), effect: true }
    }

    /// Builds the response to a write that returns no object.
    pub(crate) fn success(service: &ServiceDescription, kind: SuccessKind) -> Self {
        let row = service.successes.get(&kind);
        let values = json!({"id": row.map(|row| row.id), "message": row.map(|row| row.message.clone()), "type": "success"});
        Self::changed(render(
            service.template(TemplateName::Message),
            values.as_object().unwrap_or(&TemplateValues::new()),
        ))
    }
}

impl ApiResponse {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, content_type: None, body: ResponseBody::Json(body) }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content_type: None, body: ResponseBody::Empty }
    }

    /// Renders an error in a dialect.
    pub(crate) fn error(
        service: &ServiceDescription,
        dialect: Dialect,
        error: &ApiError,
        request_id: &str,
    ) -> Self {
        let Some(row) = service.errors.get(&error.kind) else {
            return Self::empty(500);
        };
        let (status, text, template) = match dialect {
            Dialect::Message => (row.status, &row.message, TemplateName::Message),
            Dialect::Ovd => (
                row.ovd_status.unwrap_or(row.status),
                row.ovd_message.as_ref().unwrap_or(&row.message),
                TemplateName::Ovd,
            ),
        };
        let message = render_text(text, &error.values);
        let values = json!({"id": row.id, "code": row.code, "message": message, "type": "error", "requestId": request_id});
        Self::json(
            status,
            render(service.template(template), values.as_object().unwrap_or(&TemplateValues::new())),
        )
    }
}

impl From<ApiErrorKind> for ApiError {
    fn from(kind: ApiErrorKind) -> Self {
        Self { kind, values: TemplateValues::new() }
    }
}

impl ApiError {
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn malformed_body(detail: impl ToString) -> Self {
        Self::from(ApiErrorKind::MalformedBody).with("detail", detail.to_string())
    }
}
