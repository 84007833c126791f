//! The spec: fields put where their paths say, and the rules of those that cannot change.

use serde_json::{Map, Value, json};

use super::rules::immutability;
use super::schema::{field, is_required, object};
use crate::catalog::{Addon, Field};

/// The schema of `spec`.
pub(super) fn spec(addon: &Addon) -> Value {
    let fields: Vec<_> = addon.fields.iter().filter(|field| !field.path.is_empty()).collect();
    let mut spec = level(&format!("What is wanted of {}.", addon.title), &fields, 0);
    let rules: Vec<_> = fields.iter().filter(|field| field.changes.is_none()).map(|field| immutability(&field.path)).collect();
    if !rules.is_empty() {
        spec["x-kubernetes-validations"] = json!(rules);
    }
    spec
}

/// One level of the spec, of the fields whose paths pass through it.
fn level(description: &str, fields: &[&Field], depth: usize) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in names(fields, depth) {
        let inside: Vec<_> = fields.iter().copied().filter(|field| field.path.get(depth) == Some(name)).collect();
        if inside.iter().any(|field| is_required(field)) {
            required.push(name.as_str());
        }
        let schema = match inside.as_slice() {
            [one] if one.path.len() == depth + 1 => field(one),
            several => group(several, depth + 1),
        };
        properties.insert(name.clone(), schema);
    }
    object(description, properties, &required)
}

/// An object that no field describes: it only holds others.
fn group(fields: &[&Field], depth: usize) -> Value {
    let quoted: Vec<_> = names(fields, depth).into_iter().map(|name| format!("`{name}`")).collect();
    let mut group = level(&format!("Holds {}.", quoted.join(", ")), fields, depth);
    let has_default = fields.iter().any(|one| field(one).get("default").is_some());
    if has_default && !fields.iter().any(|field| is_required(field)) {
        // An API server fills in defaults only in what is there.
        group["default"] = json!({});
    }
    group
}

/// The names at this depth, each once, in the order of the catalog.
fn names<'a>(fields: &[&'a Field], depth: usize) -> Vec<&'a String> {
    let mut names: Vec<&String> = Vec::new();
    for name in fields.iter().filter_map(|field| field.path.get(depth)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
