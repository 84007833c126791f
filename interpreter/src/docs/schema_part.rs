//! Named parts of the schema, and the references between them.

use serde_json::Value;

/// Named part of the format, with its rule.
pub(super) struct Part {
    /// Name of its definition in the schema.
    pub(super) name: String,
    /// Definition in the schema.
    pub(super) schema: Value,
}

/// Target of a reference in the schema.
pub(super) struct Target {
    /// Name of the definition, if the target is one.
    pub(super) name: Option<String>,
    /// Rule of the target, with the description beside the reference.
    pub(super) rule: Value,
}

/// Follows references up to a definition.
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
