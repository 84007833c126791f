//! Parts of the schema that have a name, and the references between them.

use serde_json::Value;

/// A part of the format that has a name, and its rule.
pub(super) struct Part {
    /// Its name; the schema's definition is called so.
    pub(super) name: String,
    /// What the schema says of it.
    pub(super) schema: Value,
}

/// Where a reference of the schema leads.
pub(super) struct Target {
    /// The definition, if it is one.
    pub(super) name: Option<String>,
    /// Its rule, with what stands beside the reference.
    pub(super) rule: Value,
}

/// Follows a reference, and what that refers to, up to a definition.
pub(super) fn resolve(schema: &Value, rule: &Value) -> Target {
    let Some(reference) = rule["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) else {
        return Target { name: None, rule: rule.clone() };
    };
    let mut target = schema.pointer(reference).cloned().unwrap_or_default();
    if let (Value::Object(target), Some(description)) = (&mut target, rule.get("description")) {
        target.insert("description".into(), description.clone());
    }
    match reference.strip_prefix("/$defs/").filter(|name| !name.contains('/')) {
        Some(name) => Target { name: Some(name.to_owned()), rule: target },
        None => resolve(schema, &target),
    }
}
