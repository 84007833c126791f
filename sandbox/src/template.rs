//! JSON templates with `${name}` placeholders in strings. A string that consists of one placeholder becomes
//! the value with its type; inside a longer string the value is converted to text.

use serde_json::{Map, Value};

/// Values of placeholders, by name.
pub(crate) type TemplateValues = Map<String, Value>;

/// Renders a template. An unknown name becomes `null`, or an empty string inside a longer string.
pub(crate) fn render(template: &Value, values: &TemplateValues) -> Value {
    match template {
        Value::String(text) => render_text(text, values),
        Value::Array(items) => items.iter().map(|item| render(item, values)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), render(field, values))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => template.clone(),
    }
}

/// Like [`render`], for one string.
pub(crate) fn render_text(text: &str, values: &TemplateValues) -> Value {
    render_text_with(text, |name| values.get(name).cloned())
}

/// Like [`render_text`], but calls `value_of` for each placeholder, so that repeated names can get different
/// values.
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

/// Converts a value to text. `null` becomes an empty string.
pub(crate) fn to_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn sole_placeholder(text: &str) -> Option<&str> {
    next_placeholder(text)
        .filter(|(before, _, after)| before.is_empty() && after.is_empty())
        .map(|(_, name, _)| name)
}

fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
