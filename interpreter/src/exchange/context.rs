//! Values that expressions can name: one JSON object, which grows from step to step. The names allowed at
//! each position were checked on loading.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::Addon;
use crate::exchange::evaluate::walk;

/// Object in which the expressions of a catalog are evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Context(Value);

/// Parts of a custom resource that expressions can name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manifest<'a> {
    /// `metadata.name`.
    pub name: Option<&'a str>,
    /// `metadata.namespace`.
    pub namespace: Option<&'a str>,
    /// `metadata.uid`.
    pub uid: Option<&'a str>,
    /// `spec`.
    pub spec: Option<&'a Value>,
}

impl<'a> From<&'a Value> for Manifest<'a> {
    fn from(object: &'a Value) -> Self {
        let metadata = |name: &str| object["metadata"][name].as_str();
        Self {
            name: metadata("name"),
            namespace: metadata("namespace"),
            uid: metadata("uid"),
            spec: object.get("spec"),
        }
    }
}

impl Context {
    /// Returns the initial context: `kind`, `provider`, `metadata`, `spec` and `config`.
    pub fn of(addon: &Addon, manifest: Manifest<'_>, config: &Value) -> Self {
        let Manifest { name, namespace, uid, spec } = manifest;
        let given = [("name", name), ("namespace", namespace), ("uid", uid)].into_iter();
        let entry = |(key, value): (&str, Option<&str>)| Some((key.to_owned(), Value::from(value?)));
        Self(json!({
            "kind": addon.resource.kind,
            "provider": addon.provider,
            "metadata": given.filter_map(entry).collect::<Map<_, _>>(),
            "spec": spec.filter(|spec| spec.is_object()).cloned().unwrap_or_else(|| json!({})),
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
    pub(crate) fn without(mut self, name: &str) -> Self {
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
    pub(crate) fn with_spec(mut self, path: &[String], value: Value) -> Self {
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
