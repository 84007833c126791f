//! Checks a value against the type and bounds of a field.

use regex::Regex;
use serde_json::Value;

use crate::catalog::{Bounds, Field, FieldType, OneOf};

/// Violation in a value, with its position: a path below the value, empty for the value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Keys and indices below the value.
    pub(super) at: Vec<String>,
    /// Violated rule.
    pub(super) why: String,
}

/// Returns all violations of a value for a field.
pub(super) fn misfits(value: &Value, field: &Field) -> Vec<Misfit> {
    let listed = match &field.one_of {
        Some(OneOf::Values(values)) if !values.contains(value) => {
            vec![here(format!("`{}` is not one of the allowed values", shown(value)))]
        }
        Some(OneOf::Values(_) | OneOf::Regions | OneOf::Plans | OneOf::Versions) | None => Vec::new(),
    };
    let typed = misfits_type(value, &field.kind);
    if typed.is_empty() { listed } else { typed }
}

/// Returns all violations of a value for a type.
pub(super) fn misfits_type(value: &Value, kind: &FieldType) -> Vec<Misfit> {
    match (kind, value) {
        (FieldType::Text(bounds), Value::String(text)) => text_misfits(text, bounds),
        // The format of the CRD is `int64`.
        (FieldType::Integer(bounds), Value::Number(number)) if number.is_i64() => {
            number_misfits(value, bounds)
        }
        (FieldType::Number(bounds), Value::Number(_)) => number_misfits(value, bounds),
        (FieldType::Boolean, Value::Bool(_)) => Vec::new(),
        (FieldType::Map { of, max_items }, Value::Object(entries)) => {
            let present = entries.iter().filter(|(_, value)| !value.is_null());
            let below = present.flat_map(|(key, value)| inside(key, misfits_type(value, of)));
            below.chain(too_many(entries.len(), *max_items)).collect()
        }
        (FieldType::List { of, max_items, .. }, Value::Array(elements)) => {
            let below = elements
                .iter()
                .enumerate()
                .flat_map(|(index, value)| inside(&index.to_string(), misfits_type(value, of)));
            below.chain(too_many(elements.len(), *max_items)).collect()
        }
        (FieldType::Object(fields), Value::Object(_)) => {
            object_misfits(value, &fields.iter().collect::<Vec<_>>(), 0)
        }
        _ => vec![here(format!("`{}` is not {}", shown(value), type_name(kind)))],
    }
}

/// Returns all violations of an object with fields at these paths; the first `depth` names of each path lead
/// to the object. A member that is null is missing: the API server removes it, because no field takes null.
pub(super) fn object_misfits(value: &Value, fields: &[&Field], depth: usize) -> Vec<Misfit> {
    let mut found = Vec::new();
    let keys = value.as_object().into_iter().flat_map(|object| object.keys());
    for key in keys.filter(|key| !fields.iter().any(|field| field.path.get(depth) == Some(*key))) {
        found.push(Misfit { at: vec![key.clone()], why: format!("there is no field `{key}`") });
    }
    let mut names: Vec<&String> = fields.iter().filter_map(|field| field.path.get(depth)).collect();
    names.dedup();
    for name in names {
        let below: Vec<&Field> =
            fields.iter().copied().filter(|field| field.path.get(depth) == Some(name)).collect();
        let member = value.get(name).filter(|member| !member.is_null());
        found.extend(member_misfits(member, name, &below, depth));
    }
    found
}

/// Returns a value without the members that are null, as the API server stores it. Elements of lists stay.
pub(super) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let present = members.iter().filter(|(_, member)| !member.is_null());
            present.map(|(name, member)| (name.clone(), without_nulls(member))).collect()
        }
        Value::Array(elements) => elements.iter().map(without_nulls).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Returns the name of a type for messages.
pub(super) fn type_name(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Text(_) => "a text",
        FieldType::Integer(_) => "a whole number",
        FieldType::Number(_) => "a number",
        FieldType::Boolean => "`true` or `false`",
        FieldType::Map { .. } => "a map",
        FieldType::List { .. } => "a list",
        FieldType::Object(_) => "an object",
    }
}

fn member_misfits(value: Option<&Value>, name: &str, fields: &[&Field], depth: usize) -> Vec<Misfit> {
    let required = |field: &&&Field| !field.optional && field.default.is_none();
    match (value, fields) {
        (Some(value), [field]) if field.path.len() == depth + 1 => inside(name, misfits(value, field)),
        (Some(value), fields) if value.is_object() => inside(name, object_misfits(value, fields, depth + 1)),
        (Some(value), _) => inside(name, vec![here(format!("`{}` is not an object", shown(value)))]),
        (None, fields) => {
            let missing =
                fields.iter().find(required).map(|field| format!("`{}` is missing", field.path.join(".")));
            missing.map(here).into_iter().collect()
        }
    }
}

fn text_misfits(text: &str, bounds: &Bounds) -> Vec<Misfit> {
    let length = text.chars().count() as u64;
    let too_short = bounds
        .min_length
        .filter(|min| length < *min)
        .map(|min| format!("the text has less than {min} characters"));
    let too_long = bounds
        .max_length
        .filter(|max| length > *max)
        .map(|max| format!("the text has more than {max} characters"));
    let pattern = bounds
        .pattern
        .as_ref()
        .filter(|source| Regex::new(source).is_ok_and(|pattern| !pattern.is_match(text)));
    let unlike = pattern.map(|pattern| format!("`{text}` does not match `{pattern}`"));
    [too_short, too_long, unlike].into_iter().flatten().map(here).collect()
}

fn number_misfits(value: &Value, bounds: &Bounds) -> Vec<Misfit> {
    let number = value.as_f64().unwrap_or_default();
    let too_small =
        bounds.minimum.filter(|min| number < *min).map(|min| format!("{value} is less than {min}"));
    let too_large =
        bounds.maximum.filter(|max| number > *max).map(|max| format!("{value} is more than {max}"));
    [too_small, too_large].into_iter().flatten().map(here).collect()
}

fn too_many(count: usize, max_items: u64) -> Option<Misfit> {
    (max_items > 0 && count as u64 > max_items)
        .then(|| here(format!("the value has more than {max_items} entries")))
}

fn here(why: String) -> Misfit {
    Misfit { at: Vec::new(), why }
}

pub(super) fn inside(key: &str, misfits: Vec<Misfit>) -> Vec<Misfit> {
    let below =
        |misfit: Misfit| Misfit { at: [key.to_owned()].into_iter().chain(misfit.at).collect(), ..misfit };
    misfits.into_iter().map(below).collect()
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
