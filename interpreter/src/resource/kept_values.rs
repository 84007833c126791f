//! Values that a change sends although the spec has none: those that the add-on has.

use serde_json::Value;

use crate::catalog::{Addon, Change, Field, OneOf};
use crate::exchange::Context;
use crate::resource::difference::{is_same, seen};

/// Returns the context of a change. A shared field that it covers, and for which the spec has no value, has the observed
/// one: the request for another field must not reset it.
pub fn with_kept_values(addon: &Addon, change: &Change, context: Context) -> Context {
    let applies = |field: &&Field| !field.unless.as_ref().is_some_and(|test| test.holds(context.value()));
    let covered = addon.fields.iter().filter(applies).filter_map(|field| {
        let shared = field.shared.as_ref().filter(|shared| change.covers.contains(shared))?;
        let is_missing = context.value().get(shared).is_none_or(Value::is_null);
        let kept = seen(field, context.value()).value().filter(|_| is_missing)?;
        Some((shared.clone(), offered(field, kept, context.value())))
    });
    let kept: Vec<_> = covered.collect();
    kept.into_iter().fold(context, |context, (shared, value)| context.with(&shared, value))
}

/// Returns a version as the offers have it: "18" for "18.4".
fn offered(field: &Field, value: Value, root: &Value) -> Value {
    let versions =
        root["offers"]["versions"].as_array().filter(|_| matches!(field.one_of, Some(OneOf::Versions)));
    let offered = versions.into_iter().flatten().find(|version| is_same(field.compare, version, &value));
    offered.cloned().unwrap_or(value)
}
