//! Shapes: JSON with `${name}` in its texts, filled from named values. A text that is one name alone takes the value with its type; inside
//! a longer text it is written out. Knows no add-on and no endpoint.

use serde_json::{Map, Value};

/// Named values a shape is filled from.
pub(crate) type TemplateValues = Map<String, Value>;

/// The shape with every name replaced. An unknown name becomes `null`, or nothing inside a longer text.
pub(crate) fn render(template: &Value, values: &TemplateValues) -> Value {
    match template {
        Value::String(text) => render_text(text, values),
        Value::Array(items) => items.iter().map(|item| render(item, values)).collect(),
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, field)| (name.clone(), render(field, values))).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) => template.clone(),
    }
}

/// Like [`render`] for one text.
pub(crate) fn render_text(text: &str, values: &TemplateValues) -> Value {
    render_text_with(text, |name| values.get(name).cloned())
}

/// Like [`render_text`], asking for each name as it is met: two mentions may get two values.
pub(crate) fn render_text_with(text: &str, mut value_of: impl FnMut(&str) -> Option<Value>) -> Value {
    if let Some(name) = sole_placeholder(text) {
        return value_of(name).unwrap_or(Value::Null);
    }
    let mut rendered = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_placeholder(rest) {
        rendered.push_str(before);
        rendered.push_str(&to_text(&value_of(name).unwrap_or(Value::Null)));
        rest = after;
    }
    rendered.push_str(rest);
    Value::String(rendered)
}

/// A value as it reads inside a text.
pub(crate) fn to_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn sole_placeholder(text: &str) -> Option<&str> {
    next_placeholder(text).filter(|(before, _, after)| before.is_empty() && after.is_empty()).map(|(_, name, _)| name)
}

fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
