//! The spec: fields put where their paths say, and which of them cannot change.

use serde_json::{Map, Value};

use crate::catalog::{Addon, Field, OneOf};
use crate::crd::rules::immutability;
use crate::crd::schema::{field, is_required, object, with_default};

/// The schema of `spec`.
pub(super) fn spec(addon: &Addon) -> Value {
    let fields: Vec<_> = addon.fields.iter().filter(|field| !field.path.is_empty()).collect();
    level(&format!("What is wanted of {}.", addon.title), &fields, 0)
}

/// The rules that hold what cannot change, once the status names an add-on: until then, whoever asks for what cannot be had corrects the
/// spec, and need not begin anew. An edit while the add-on is being made passes, and the operator says that it cannot be; the rule then takes
/// the old value for no edit either, and a new resource is the way out.
pub(super) fn frozen(addon: &Addon) -> Vec<Value> {
    addon.fields.iter().filter(|field| !field.path.is_empty() && is_frozen(field)).map(|field| immutability(&field.path)).collect()
}

/// Whether a rule can hold a field to what it is. A plan has several names: writing another of them changes nothing, and whether it is
/// another one only the operator can tell, who knows the offers. A field that does not always count may have to be corrected once it does.
pub(super) fn is_frozen(field: &Field) -> bool {
    field.changes.is_none() && !field.free && field.unless.is_none() && !matches!(field.one_of, Some(OneOf::Plans))
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
            [one] if one.path.len() == depth + 1 => leaf(one),
            several => group(several, depth + 1),
        };
        properties.insert(name.clone(), schema);
    }
    object(description, properties, &required)
}

/// A field, with its fate in the description: `kubectl explain` shows no rules.
fn leaf(one: &Field) -> Value {
    let mut schema = field(one);
    if one.changes.is_none() {
        schema["description"] = format!("{} It cannot be changed after creation.", one.description).into();
    }
    schema
}

/// An object that no field describes: it only holds others.
fn group(fields: &[&Field], depth: usize) -> Value {
    let quoted: Vec<_> = names(fields, depth).into_iter().map(|name| format!("`{name}`")).collect();
    let group = level(&format!("Holds {}.", quoted.join(", ")), fields, depth);
    let has_default = fields.iter().any(|one| field(one).get("default").is_some());
    let may_be_absent = !fields.iter().any(|field| is_required(field));
    if has_default && may_be_absent { with_default(group) } else { group }
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
