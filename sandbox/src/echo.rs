//! Echoes: canned responses that repeat the `Authorization` header of their request, as some gateways do.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::faults::CannedResponse;

/// Returns the response with the header in place of `{authorization}` in its texts, and with the encoded header in
/// place of `{authorization.base64}`, `{authorization.base64url}` and `{authorization.percent}`.
pub(crate) fn filled(canned: CannedResponse, authorization: Option<&str>) -> CannedResponse {
    let header = authorization.unwrap_or_default();
    let words = [
        ("{authorization}", header.to_owned()),
        ("{authorization.base64}", STANDARD.encode(header)),
        ("{authorization.base64url}", URL_SAFE_NO_PAD.encode(header)),
        ("{authorization.percent}", utf8_percent_encode(header, NON_ALPHANUMERIC).to_string()),
    ];
    let fill = |text: String| words.iter().fold(text, |text, (word, value)| text.replace(word, value));
    CannedResponse {
        content_type: canned.content_type.map(fill),
        body: canned.body.map(|body| in_texts(body, &fill)),
        html: canned.html.map(fill),
        text: canned.text.map(fill),
        ..canned
    }
}

fn in_texts(value: Value, fill: &dyn Fn(String) -> String) -> Value {
    match value {
        Value::String(text) => fill(text).into(),
        Value::Array(items) => items.into_iter().map(|item| in_texts(item, fill)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, field)| (name, in_texts(field, fill))).collect()
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}
