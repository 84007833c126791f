//! What expressions can name: one JSON object, which grows from step to step. Which names a place may use was checked on loading.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::Addon;

/// The object in which the expressions of a catalog are evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Context(Value);

impl Context {
    /// What is known before anything is decided: `kind`, `provider`, `metadata`, `spec` and `config`.
    pub fn of(addon: &Addon, object: &Value, config: &Value) -> Self {
        let part = |name: &str| object.get(name).cloned().unwrap_or_else(|| json!({}));
        let metadata = part("metadata");
        let told = |name: &str| metadata.get(name).cloned().map(|value| (name.to_owned(), value));
        Self(json!({
            "kind": addon.resource.kind,
            "provider": addon.provider,
            "metadata": Map::from_iter(["name", "namespace", "uid"].into_iter().filter_map(told)),
            "spec": part("spec"),
            "config": config,
        }))
    }

    /// Nothing can be named yet.
    pub fn empty() -> Self {
        Self(Value::Object(Map::new()))
    }

    /// With one more name: a read's answer, `listed`, `outputs`, `options`, a shared field …
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.set(name, value);
        self
    }

    /// With the ids under which the cloud knows it, as `id`.
    #[must_use]
    pub fn with_ids(self, ids: &BTreeMap<String, String>) -> Self {
        let ids = ids.iter().map(|(name, id)| (name.clone(), Value::from(id.as_str()))).collect();
        self.with("id", Value::Object(ids))
    }

    /// With all of these names.
    #[must_use]
    pub fn with_all(mut self, values: &Map<String, Value>) -> Self {
        for (name, value) in values {
            self.set(name, value.clone());
        }
        self
    }

    /// The object itself.
    pub fn value(&self) -> &Value {
        &self.0
    }

    fn set(&mut self, name: &str, value: Value) {
        if let Value::Object(values) = &mut self.0 {
            values.insert(name.to_owned(), value);
        }
    }
}
