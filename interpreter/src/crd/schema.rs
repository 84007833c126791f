//! Schema of one value: its type and its bounds. Everything is bounded, because the cost of rules depends on
//! the size.

use serde_json::{Map, Value, json};

use crate::catalog::{Bounds, Expression, Field, FieldType, OneOf};

/// Maximum length of a text without a bound of its own.
const MAX_TEXT_LEN: u64 = 1024;

/// Returns the schema of a field, as its catalog entry defines it.
pub(super) fn field(field: &Field) -> Value {
    let mut schema = json!({ "description": field.description });
    match &field.one_of {
        Some(OneOf::Values(values)) => {
            merge(&mut schema, json!({ "type": of_type(&field.kind)["type"], "enum": values }))
        }
        Some(OneOf::Regions | OneOf::Plans | OneOf::Versions) | None => {
            merge(&mut schema, of_type(&field.kind))
        }
    }
    if let Some(Expression::Literal(value)) = &field.default {
        schema["default"] = value.clone();
    }
    schema
}

/// Returns the schema of an object with these properties; those in `required` must be present.
pub(super) fn object(description: &str, properties: Map<String, Value>, required: &[&str]) -> Value {
    let mut schema = json!({ "description": description, "type": "object" });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["properties"] = Value::Object(properties);
    schema
}

/// Adds an empty default to an object, because an API server fills in defaults only inside of objects that
/// are present.
pub(super) fn with_default(mut object: Value) -> Value {
    if let Some(properties) = object.as_object_mut().and_then(|object| object.shift_remove("properties")) {
        object["default"] = json!({});
        object["properties"] = properties;
    }
    object
}

/// Returns true when a field must be written.
pub(super) fn is_required(field: &Field) -> bool {
    !field.optional && field.default.is_none()
}

fn of_type(kind: &FieldType) -> Value {
    match kind {
        FieldType::Text(bounds) => text(bounds),
        FieldType::Integer(bounds) => number("integer", "int64", bounds),
        FieldType::Number(bounds) => number("number", "double", bounds),
        FieldType::Boolean => json!({ "type": "boolean" }),
        FieldType::Map { of, max_items } => {
            json!({ "type": "object", "maxProperties": max_items, "additionalProperties": of_type(of) })
        }
        FieldType::List { of, max_items, keys } => list(of, *max_items, keys),
        FieldType::Object(fields) => inner(fields),
    }
}

fn text(bounds: &Bounds) -> Value {
    let mut schema = json!({ "type": "string" });
    let limits = [("minLength", bounds.min_length), ("maxLength", bounds.max_length.or(Some(MAX_TEXT_LEN)))];
    for (name, limit) in limits {
        if let Some(limit) = limit {
            schema[name] = limit.into();
        }
    }
    if let Some(pattern) = &bounds.pattern {
        schema["pattern"] = pattern.as_str().into();
    }
    schema
}

fn number(kind: &str, format: &str, bounds: &Bounds) -> Value {
    let mut schema = json!({ "type": kind, "format": format });
    for (name, limit) in [("minimum", bounds.minimum), ("maximum", bounds.maximum)] {
        if let Some(limit) = limit {
            schema[name] = plain(limit);
        }
    }
    schema
}

/// Returns a number as `5`, not `5.0`: an API server stores it in this form, and the definition would
/// otherwise differ forever.
fn plain(number: f64) -> Value {
    let whole = number.fract() == 0.0 && number.abs() < 9e15;
    if whole { Value::from(number as i64) } else { Value::from(number) }
}

fn list(of: &FieldType, max_items: u64, keys: &[String]) -> Value {
    let mut items = of_type(of);
    if keys.is_empty() {
        return json!({ "type": "array", "maxItems": max_items, "x-kubernetes-list-type": "atomic", "items": items });
    }
    // The keys that identify an element must be present in each.
    let mut required: Vec<String> = keys.to_vec();
    let others =
        items.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    required.extend(others.filter(|name| !keys.iter().any(|key| key == name)).map(str::to_owned));
    items["required"] = json!(required);
    json!({ "type": "array", "maxItems": max_items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys, "items": items })
}

fn inner(fields: &[Field]) -> Value {
    let name = |one: &Field| one.path.last().cloned().unwrap_or_default();
    let properties: Map<_, _> = fields.iter().map(|one| (name(one), field(one))).collect();
    let required: Vec<_> = fields.iter().filter(|one| is_required(one)).map(name).collect();
    let mut schema = json!({ "type": "object" });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    // An API server drops an empty map, so every apply of the definition would write it again.
    if !properties.is_empty() {
        schema["properties"] = Value::Object(properties);
    }
    schema
}

fn merge(schema: &mut Value, other: Value) {
    if let (Value::Object(schema), Value::Object(other)) = (schema, other) {
        schema.extend(other);
    }
}
