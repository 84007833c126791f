//! Values that expressions can name: one JSON object, which grows from step to step. The names allowed at
//! each position were checked on loading.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::Addon;
use crate::exchange::evaluate::walk;

/// Object in which the expressions of a catalog are evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Context(Value);

impl Context {
    /// Returns the initial context: `kind`, `provider`, `metadata`, `spec` and `config`.
    pub fn of(addon: &Addon, object: &Value, config: &Value) -> Self {
        let part = |name: &str| {
            object.get(name).filter(|part| part.is_object()).cloned().unwrap_or_else(|| json!({}))
        };
        let metadata = part("metadata");
        let entry = |name: &str| metadata.get(name).cloned().map(|value| (name.to_owned(), value));
        Self(json!({
            "kind": addon.resource.kind,
            "provider": addon.provider,
            "metadata": Map::from_iter(["name", "namespace", "uid"].into_iter().filter_map(entry)),
            "spec": part("spec"),
            "config": config,
        }))
    }

    /// Adds a name: a read's answer, `listed`, `outputs`, `options`, a shared field …
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        put(&mut self.0, &[name.to_owned()], value);
        self
    }

    /// Removes a name, so that an ignored field cannot be sent.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        if let Value::Object(names) = &mut self.0 {
            names.shift_remove(name);
        }
        self
    }

    /// Adds the cloud's ids of the add-on, as `id`.
    #[must_use]
    pub fn with_ids(self, ids: &BTreeMap<String, String>) -> Self {
        let ids = ids.iter().map(|(name, id)| (name.clone(), Value::from(id.as_str()))).collect();
        self.with("id", Value::Object(ids))
    }

    /// Adds all of these names.
    #[must_use]
    pub fn with_all(self, values: &Map<String, Value>) -> Self {
        values.iter().fold(self, |context, (name, value)| context.with(name, value.clone()))
    }

    /// Adds a value to the spec: the default of an omitted field.
    #[must_use]
    pub fn with_spec(mut self, path: &[String], value: Value) -> Self {
        put(&mut self.0, &[&["spec".to_owned()], path].concat(), value);
        self
    }

    /// Returns the value at a path of names.
    pub fn get(&self, path: &[String]) -> Option<&Value> {
        walk(&self.0, path)
    }

    /// Returns the whole object.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

/// Empty context, without any names.
impl Default for Context {
    fn default() -> Self {
        Self(json!({}))
    }
}

/// Puts a value at a path; creates missing objects.
fn put(target: &mut Value, path: &[String], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    if let Value::Object(fields) = target {
        put(fields.entry(name.clone()).or_insert(Value::Null), rest, value);
    }
}
