//! Schema of the spec: places fields at their paths, and determines which of them are immutable.

use serde_json::{Map, Value, json};

use crate::catalog::{Addon, Field, OneOf};
use crate::crd::connection_secret::connection_secret;
use crate::crd::rules::{immutability, secret_keys};
use crate::crd::schema::{field, is_required, object, with_default};
use crate::resource::CONNECTION_SECRET;

/// Returns the schema of `spec`.
pub(super) fn spec(addon: &Addon) -> Value {
    let fields: Vec<_> = addon.fields.iter().filter(|field| !field.path.is_empty()).collect();
    let mut spec = level(&format!("Desired state of {}.", addon.title), &fields, 0);
    let keys = addon.secret.keys.as_ref().map(|keys| keys.names());
    let path = keys.as_ref().and_then(|keys| keys.split_first()).filter(|(first, _)| *first == "spec");
    let path = path.map(|(_, path)| path);
    if let Some(map) = path.and_then(|path| property(&mut spec, path)) {
        map["x-kubernetes-validations"] = json!([secret_keys()]);
    }
    if let Some(schema) = connection_secret(addon) {
        spec["properties"][CONNECTION_SECRET] = schema;
    }
    spec
}

/// Returns the schema of the map at this path.
fn property<'a>(schema: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    let found = path.iter().try_fold(schema, |schema, name| schema.get_mut("properties")?.get_mut(name))?;
    found.get("additionalProperties").is_some().then_some(found)
}

/// Returns the rules for immutable fields. They apply once the status names an add-on; until then, a user who
/// asks for an unavailable value corrects the spec and keeps the resource. An edit during the creation
/// passes, and the operator reports it as impossible; afterwards the rule does not allow restoring the old
/// value either, and a new resource is needed.
pub(super) fn frozen(addon: &Addon) -> Vec<Value> {
    addon
        .fields
        .iter()
        .filter(|field| !field.path.is_empty() && is_frozen(field))
        .map(|field| immutability(&field.path))
        .collect()
}

/// Returns true when a rule can enforce that a field is immutable. A plan has several names: writing another
/// of them changes nothing, and only the operator, which knows the offers, can tell whether it is another
/// plan. A field that is sometimes ignored may need a correction when it applies.
pub(super) fn is_frozen(field: &Field) -> bool {
    field.changes.is_none()
        && !field.free
        && field.unless.is_none()
        && !matches!(field.one_of, Some(OneOf::Plans))
}

/// Returns the schema of one level of the spec, from the fields whose paths pass through it.
fn level(description: &str, fields: &[&Field], depth: usize) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in names(fields, depth) {
        let inside: Vec<_> =
            fields.iter().copied().filter(|field| field.path.get(depth) == Some(name)).collect();
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

/// Returns the schema of a field. Its description mentions immutability, because `kubectl explain` shows no
/// rules.
fn leaf(one: &Field) -> Value {
    let mut schema = field(one);
    if one.changes.is_none() {
        schema["description"] = format!("{} It cannot be changed after creation.", one.description).into();
    }
    schema
}

/// Returns the schema of an object that only groups fields, and is not a field itself.
fn group(fields: &[&Field], depth: usize) -> Value {
    let quoted: Vec<_> = names(fields, depth).into_iter().map(|name| format!("`{name}`")).collect();
    let group = level(&format!("Holds {}.", quoted.join(", ")), fields, depth);
    let has_default = fields.iter().any(|one| field(one).get("default").is_some());
    let may_be_absent = !fields.iter().any(|field| is_required(field));
    if has_default && may_be_absent { with_default(group) } else { group }
}

/// Returns the distinct names at this depth, in the order of the catalog.
fn names<'a>(fields: &[&'a Field], depth: usize) -> Vec<&'a String> {
    let mut names: Vec<&String> = Vec::new();
    for name in fields.iter().filter_map(|field| field.path.get(depth)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
