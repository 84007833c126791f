//! Checks what a spec says about the Secret: `connectionSecret`, which every kind with a Secret has, and names that become
//! keys of the Secret.

use serde_json::Value;

use crate::catalog::check::fit::{Misfit, inside, misfits_type};
use crate::catalog::secret_key::is_secret_key;
use crate::catalog::{Addon, Bounds, FieldType, Scope};

/// The field of the spec that every kind with a Secret has.
pub(super) const CONNECTION_SECRET: &str = "connectionSecret";

/// Fields of it with one text …
const TEXTS: [&str; 3] = ["name", "keyPrefix", "type"];
/// … and those with texts by name.
const MAPS: [&str; 4] = ["keys", "template", "labels", "annotations"];

/// Returns true when the CRD of the kind has the field.
pub(super) fn has_connection_secret(addon: &Addon) -> bool {
    addon.has_secret() && addon.resource.scope != Scope::Cluster
}

/// Returns the violations of the types in `connectionSecret`. Its rules are not evaluated.
pub(super) fn connection_secret_misfits(spec: &Value) -> Vec<Misfit> {
    let text = || FieldType::Text(Bounds::default());
    let Some(shape) = spec.get(CONNECTION_SECRET).filter(|shape| !shape.is_null()) else { return Vec::new() };
    let Some(members) = shape.as_object() else {
        return inside(CONNECTION_SECRET, misfits_type(shape, &FieldType::Object(Vec::new())));
    };
    let found = members.iter().filter(|(_, value)| !value.is_null()).flat_map(|(name, value)| {
        let found = match name.as_str() {
            name if TEXTS.contains(&name) => misfits_type(value, &text()),
            name if MAPS.contains(&name) => {
                misfits_type(value, &FieldType::Map { of: Box::new(text()), max_items: u64::MAX })
            }
            _ => vec![Misfit { at: Vec::new(), why: format!("there is no field `{name}`") }],
        };
        inside(name, found)
    });
    inside(CONNECTION_SECRET, found.collect())
}

/// Returns the names in the spec that become keys of the Secret, and that no Secret can have.
pub(super) fn secret_key_misfits(addon: &Addon, spec: &Value) -> Vec<Misfit> {
    let path = addon.secret.keys.as_ref().map(|keys| keys.names()).unwrap_or_default();
    let Some((_, path)) = path.split_first().filter(|(first, _)| *first == "spec") else { return Vec::new() };
    let map = path.iter().try_fold(spec, |spec, name| spec.get(name)).and_then(Value::as_object);
    let wrong = map.into_iter().flatten().filter(|(_, value)| !value.is_null()).map(|(key, _)| key);
    let why = |key: &String| Misfit {
        at: path.to_vec(),
        why: format!(
            "`{key}` is no valid key of a Secret: at most 253 letters, digits, `-`, `_` and `.`, neither `.` nor one that begins with `..`"
        ),
    };
    wrong.filter(|key| !is_secret_key(key)).map(why).collect()
}
