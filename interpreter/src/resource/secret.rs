//! The Secret with the outputs of an add-on: its name, its keys, and a digest that detects changes without
//! storing the values.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::catalog::expression::Template;
use crate::catalog::{Addon, is_secret_key};
use crate::exchange::{Context, ValueError, render, text};
use crate::resource::secret_metadata::SecretMetadata;

/// Desired Secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret {
    /// The name of the Secret.
    pub name: String,
    /// The keys, with their values in clear text.
    pub keys: BTreeMap<String, String>,
    /// The keys that no Secret can have, which it leaves out.
    pub left_out: Vec<String>,
    /// The labels and annotations that spec and configuration give it.
    pub metadata: SecretMetadata,
    /// The type of the Secret; `None` for `Opaque`.
    pub type_name: Option<String>,
    /// Text that differs for different shapes; empty for the shape of the catalog entry.
    pub fingerprint: String,
}

impl Secret {
    /// Returns a digest that distinguishes contents without revealing them. The uid salts it, so that equal
    /// passwords of two resources do not show. A shape of the spec is part of it, so that an edit of the shape is
    /// noticed before the outputs are read; without one, the digest is that of name and keys alone.
    pub fn digest(&self, uid: &str) -> String {
        let mut hash = Sha256::new();
        let pairs = self.keys.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]);
        let shape = Some(self.fingerprint.as_str()).filter(|shape| !shape.is_empty());
        for part in [uid, self.name.as_str()].into_iter().chain(pairs).chain(shape) {
            // The length before each part prevents a part from being taken for the end of another.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Shows the keys only: the values of a Secret must not be logged.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("name", &self.name)
            .field("keys", &self.keys.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// Builds the Secret of an add-on from a context with its `outputs` and reads. Fails when a value that it
/// names is missing.
pub fn secret(addon: &Addon, context: &Context) -> Result<Secret, ValueError> {
    let (shape, root) = (&addon.secret, context.value());
    let mut keys = match &shape.keys {
        Some(selector) => texts(selector.one(root)?),
        None => BTreeMap::new(),
    };
    for (key, value) in &shape.rendered {
        keys.extend([pair(key, value, root)?]);
    }
    for (each, key, value) in &shape.each {
        let pairs = each
            .all(root)
            .into_iter()
            .map(|item| pair(key, value, context.clone().with("item", item.clone()).value()));
        keys.extend(pairs.collect::<Result<Vec<_>, _>>()?);
    }
    // One wrong name must not withhold the credentials, and the API server would reject the whole Secret.
    let (keys, left_out): (BTreeMap<_, _>, BTreeMap<_, _>) =
        keys.into_iter().partition(|(key, _)| is_secret_key(key));
    let left_out = left_out.into_keys().collect();
    Ok(Secret { name: render(&shape.name, root)?, keys, left_out, ..Secret::default() })
}

fn texts(entries: Option<&Value>) -> BTreeMap<String, String> {
    let entry = |(key, value): (&String, &Value)| Some((key.clone(), text(value)?));
    entries.and_then(Value::as_object).into_iter().flat_map(Map::iter).filter_map(entry).collect()
}

fn pair(key: &Template, value: &Template, root: &Value) -> Result<(String, String), ValueError> {
    Ok((render(key, root)?, render(value, root)?))
}
