//! Shape of a Secret, as `spec.connectionSecret` asks for it: name, keys, labels, annotations and type.
//!
//! The schema of the CRD refuses most of what this module refuses. Both check, because a CRD may be older than the
//! operator.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::catalog::{Addon, is_secret_key};
use crate::exchange::{Context, quotable, text};
use crate::plan::Reason;
use crate::resource::refusal::Refused;
use crate::resource::secret::Secret;
use crate::resource::secret_metadata::{SecretMetadata, is_domain};
use crate::resource::secret_template::{Part, Values, parse, render};
use crate::resource::secret_type::{OPAQUE, check_keys, is_type};

/// The field of the spec.
pub const CONNECTION_SECRET: &str = "connectionSecret";
/// Beginnings of names that no Secret gets: the operator reads its configuration and the credentials of a namespace
/// from objects with such names.
pub const RESERVED_NAMES: [&str; 3] = ["clever-operator", "clever-kubernetes-operator", "clever-secret"];
/// Maximum number of keys that `keys` selects.
pub const MAX_KEYS: usize = 128;
/// Maximum number of templates.
pub const MAX_TEMPLATES: usize = 16;
/// Maximum size of all values of a Secret in Kubernetes, in bytes.
const MAX_SECRET_LEN: usize = 1024 * 1024;

/// Shape of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretShape {
    /// The name of the Secret, instead of the one that the catalog entry gives.
    pub name: Option<String>,
    /// The labels and annotations, with those of the configuration.
    pub metadata: SecretMetadata,
    /// The type of the Secret; `None` for `Opaque`.
    pub type_name: Option<String>,
    prefix: String,
    keys: Option<BTreeMap<String, String>>,
    templates: BTreeMap<String, Vec<Part>>,
    /// Text that differs for shapes that differ in more than the name; empty for a shape that changes nothing.
    fingerprint: String,
}

impl SecretShape {
    /// Reads the shape from the spec of a resource. `defaults` are the labels and annotations that the configuration
    /// gives to every Secret.
    pub fn of(addon: &Addon, spec: &Value, defaults: &SecretMetadata) -> Result<Self, Refused> {
        let written = Written(spec.get(CONNECTION_SECRET).unwrap_or(&Value::Null));
        let sources = written.map("template")?.unwrap_or_default();
        let metadata = SecretMetadata {
            labels: written.map("labels")?.unwrap_or_default(),
            annotations: written.map("annotations")?.unwrap_or_default(),
        };
        if let Some(problem) = metadata.problem() {
            return Err(invalid(&format!("in `spec.connectionSecret`, {problem}.")));
        }
        let mut shape = Self {
            name: written.name()?,
            type_name: written.type_name()?,
            prefix: written.text("keyPrefix")?.unwrap_or_default(),
            keys: written.map("keys")?,
            metadata: metadata.with_defaults(defaults),
            ..Self::default()
        };
        shape.check_keys(&sources)?;
        shape.fingerprint = shape.fingerprint(&sources);
        let connection = connection_names(addon);
        for (key, source) in sources {
            let parts = parse(&source, &connection).map_err(|why| of_key("template", &key, &why))?;
            shape.templates.insert(key, parts);
        }
        Ok(shape)
    }

    /// Checks the names and the number of keys, before anything is rendered.
    fn check_keys(&self, sources: &BTreeMap<String, String>) -> Result<(), Refused> {
        let none = BTreeMap::new();
        let keys = self.keys.as_ref().unwrap_or(&none);
        for (field, count, most) in
            [("keys", keys.len(), MAX_KEYS), ("template", sources.len(), MAX_TEMPLATES)]
        {
            if count > most {
                let why =
                    format!("`spec.connectionSecret.{field}` has {count} keys, and may have at most {most}.");
                return Err(unusable(&why));
            }
        }
        if self.keys.is_some() && !self.prefix.is_empty() {
            return Err(unusable(
                "`spec.connectionSecret` has `keyPrefix` and `keys`: `keys` gives each key its whole name. Remove `keyPrefix`, and write it into `keys`.",
            ));
        }
        if let Some(twice) = keys.keys().find(|key| sources.contains_key(*key)) {
            return Err(of_key("template", twice, "`keys` has this key, too: remove it from one of them"));
        }
        let of_keys = keys.keys().map(|key| ("keys", key));
        let mut all = of_keys.chain(sources.keys().map(|key| ("template", key)));
        match all.find(|(_, key)| !is_secret_key(key)) {
            Some((field, key)) => Err(of_key(field, key, KEY_FORM)),
            None => Ok(()),
        }
    }

    fn fingerprint(&self, sources: &BTreeMap<String, String>) -> String {
        let is_plain = self.prefix.is_empty()
            && self.keys.is_none()
            && sources.is_empty()
            && self.metadata.is_empty()
            && self.type_name.is_none();
        if is_plain {
            return String::new();
        }
        let SecretMetadata { labels, annotations } = &self.metadata;
        json!([self.prefix, self.keys, sources, labels, annotations, self.type_name]).to_string()
    }

    /// Gives the Secret of the catalog entry this shape. Fails if a template cannot be rendered, or the result is not
    /// a valid Secret.
    pub(super) fn applied(&self, own: Secret, addon: &Addon, context: &Context) -> Result<Secret, Refused> {
        let Secret { name, keys, left_out, .. } = own;
        let outline = self.outline(name);
        if self.fingerprint.is_empty() {
            return Ok(Secret { keys, left_out, ..outline });
        }
        let values = values(addon, &keys, context);
        let mut shaped = match &self.keys {
            Some(selected) => selection(selected, &values)?,
            None => keys.into_iter().map(|(key, value)| (format!("{}{key}", self.prefix), value)).collect(),
        };
        for (key, parts) in &self.templates {
            let value = render(parts, &values).map_err(|why| of_key("template", key, &why))?;
            shaped.insert(key.clone(), value);
        }
        if let Some(key) = shaped.keys().find(|key| !is_secret_key(key)) {
            return Err(of_key("keyPrefix", key, KEY_FORM));
        }
        if shaped.values().map(String::len).sum::<usize>() > MAX_SECRET_LEN {
            return Err(unusable(
                "the Secret would have more than 1 MiB, which Kubernetes refuses: select fewer keys with `spec.connectionSecret.keys`.",
            ));
        }
        check_keys(self.type_name.as_deref().unwrap_or(OPAQUE), &shaped).map_err(|why| unusable(&why))?;
        Ok(Secret { keys: shaped, left_out, ..outline })
    }

    /// Returns the Secret without its keys. `name` is the name that the catalog entry gives.
    pub fn outline(&self, name: String) -> Secret {
        Secret {
            name: self.name.clone().unwrap_or(name),
            keys: BTreeMap::new(),
            left_out: Vec::new(),
            metadata: self.metadata.clone(),
            type_name: self.type_name.clone(),
            fingerprint: self.fingerprint.clone(),
        }
    }
}

/// Form of a key, for messages.
const KEY_FORM: &str =
    "a key of a Secret has up to 253 letters, digits, `-`, `_` and `.`, and does not begin with `..`";

/// The object of the spec, as written.
struct Written<'a>(&'a Value);

impl Written<'_> {
    fn text(&self, field: &str) -> Result<Option<String>, Refused> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(invalid(&format!("`spec.connectionSecret.{field}` must be a text.")))
            }
        }
    }

    fn map(&self, field: &str) -> Result<Option<BTreeMap<String, String>>, Refused> {
        let wrong = || invalid(&format!("`spec.connectionSecret.{field}` must be a map of texts."));
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(entries)) => {
                let entry = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
                entries.iter().map(entry).collect::<Option<_>>().map(Some).ok_or_else(wrong)
            }
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::String(_)) => Err(wrong()),
        }
    }

    fn name(&self) -> Result<Option<String>, Refused> {
        let name = self.text("name")?;
        let quoted = name.as_deref().map(quotable).unwrap_or_default();
        match name {
            Some(name) if RESERVED_NAMES.iter().any(|reserved| name.starts_with(reserved)) => {
                Err(invalid(&format!(
                    "`spec.connectionSecret.name` cannot be `{quoted}`: the operator reads credentials and configuration from Secrets whose names begin with {}. Choose another name.",
                    RESERVED_NAMES.map(|name| format!("`{name}`")).join(", ")
                )))
            }
            Some(name) if !is_domain(&name) => Err(invalid(&format!(
                "`spec.connectionSecret.name` is `{quoted}`, which is not a name in Kubernetes: write up to 253 lower-case letters, digits, `-` and `.`."
            ))),
            name => Ok(name),
        }
    }

    fn type_name(&self) -> Result<Option<String>, Refused> {
        match self.text("type")? {
            Some(name) if !is_type(&name) => Err(invalid(&format!(
                "`spec.connectionSecret.type` cannot be `{}`: write `Opaque`, `kubernetes.io/basic-auth`, `kubernetes.io/tls`, `kubernetes.io/dockerconfigjson` or `servicebinding.io/NAME`.",
                quotable(&name)
            ))),
            name => Ok(name.filter(|name| name != OPAQUE)),
        }
    }
}

/// Returns the names that `connection` has in templates.
fn connection_names(addon: &Addon) -> Vec<String> {
    bound(addon).map(|(name, _)| name).collect()
}

/// Returns the entries of the binding, each with its output. The user has the name of `status.connection`, too.
fn bound(addon: &Addon) -> impl Iterator<Item = (String, &String)> {
    let entries = addon.binding.iter().flat_map(|binding| &binding.entries);
    entries.flat_map(|(name, output)| {
        let short = (name == "username").then(|| ("user".to_owned(), output));
        short.into_iter().chain([(name.clone(), output)])
    })
}

fn values(addon: &Addon, keys: &BTreeMap<String, String>, context: &Context) -> Values {
    let given = context.value().get("outputs").and_then(Value::as_object);
    let given = given.into_iter().flatten();
    let mut outputs: BTreeMap<_, _> =
        given.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect();
    outputs.extend(keys.clone());
    let connection = bound(addon)
        .map(|(name, output)| (name, outputs.get(output).filter(|text| !text.is_empty()).cloned()));
    Values { connection: connection.collect(), outputs }
}

fn selection(
    selected: &BTreeMap<String, String>,
    values: &Values,
) -> Result<BTreeMap<String, String>, Refused> {
    let value = |(key, output): (&String, &String)| match values.outputs.get(output) {
        Some(value) => Ok((key.clone(), value.clone())),
        None => {
            let why = format!("there is no output `{}`: {}", quotable(output), values.known());
            Err(of_key("keys", key, &why))
        }
    };
    selected.iter().map(value).collect()
}

fn of_key(field: &str, key: &str, why: &str) -> Refused {
    unusable(&format!("`spec.connectionSecret.{field}`, key `{}`: {why}.", quotable(key)))
}

/// Refuses keys or templates.
fn unusable(message: &str) -> Refused {
    refused(Reason::TemplateInvalid, message)
}

/// Refuses a value that the operator does not write for users.
fn invalid(message: &str) -> Refused {
    refused(Reason::InvalidSpec, message)
}

fn refused(reason: Reason, message: &str) -> Refused {
    Refused {
        reason,
        message: format!("{message} The operator leaves the Secret as it is until the spec changes."),
    }
}
