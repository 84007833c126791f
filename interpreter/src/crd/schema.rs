//! The schema of one value: what may be written, and at most how much of it. Everything is bounded, for rules are paid by size.

use serde_json::{Map, Value, json};

use crate::catalog::{Bounds, Expression, Field, FieldType, OneOf};

/// A text without a bound of its own.
const LONGEST_TEXT: u64 = 1024;

/// The schema of a field, with all that its catalog entry says of it.
pub(super) fn field(field: &Field) -> Value {
    let mut schema = json!({ "description": field.description });
    match &field.one_of {
        Some(OneOf::Values(values)) => merge(&mut schema, json!({ "type": of_type(&field.kind)["type"], "enum": values })),
        Some(OneOf::Regions | OneOf::Plans | OneOf::Versions) | None => merge(&mut schema, of_type(&field.kind)),
    }
    if let Some(Expression::Literal(value)) = &field.default {
        schema["default"] = value.clone();
    }
    schema
}

/// An object of named schemas; those named in `required` must be there.
pub(super) fn object(description: &str, properties: Map<String, Value>, required: &[&str]) -> Value {
    let mut schema = json!({ "description": description, "type": "object" });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["properties"] = Value::Object(properties);
    schema
}

/// An object that is there even where nobody writes it, for an API server fills in defaults only in what is there.
pub(super) fn with_default(mut object: Value) -> Value {
    if let Some(properties) = object.as_object_mut().and_then(|object| object.shift_remove("properties")) {
        object["default"] = json!({});
        object["properties"] = properties;
    }
    object
}

/// Whether a field must be written.
pub(super) fn is_required(field: &Field) -> bool {
    !field.optional && field.default.is_none()
}

fn of_type(kind: &FieldType) -> Value {
    match kind {
        FieldType::Text(bounds) => text(bounds),
        FieldType::Integer(bounds) => number("integer", "int64", bounds),
        FieldType::Number(bounds) => number("number", "double", bounds),
        FieldType::Boolean => json!({ "type": "boolean" }),
        FieldType::Map { of, max_items } => json!({ "type": "object", "maxProperties": max_items, "additionalProperties": of_type(of) }),
        FieldType::List { of, max_items, keys } => list(of, *max_items, keys),
        FieldType::Object(fields) => inner(fields),
    }
}

fn text(bounds: &Bounds) -> Value {
    let mut schema = json!({ "type": "string" });
    let limits = [("minLength", bounds.min_length), ("maxLength", bounds.max_length.or(Some(LONGEST_TEXT)))];
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

/// `5`, not `5.0`: an API server writes it back like this, and a difference would never end.
fn plain(number: f64) -> Value {
    let whole = number.fract() == 0.0 && number.abs() < 9e15;
    if whole { Value::from(number as i64) } else { Value::from(number) }
}

fn list(of: &FieldType, max_items: u64, keys: &[String]) -> Value {
    let mut items = of_type(of);
    if keys.is_empty() {
        return json!({ "type": "array", "maxItems": max_items, "x-kubernetes-list-type": "atomic", "items": items });
    }
    // What tells elements apart must be in each of them.
    let mut required: Vec<String> = keys.to_vec();
    let others = items.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
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
    // An API server drops an empty map, and whoever applies the definition again would write it anew each time.
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
