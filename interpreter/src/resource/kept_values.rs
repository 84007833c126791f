//! Values that a change sends although the spec has none: those that the add-on has.

use crate::catalog::{Addon, Change};
use crate::exchange::Context;
use crate::resource::difference::seen;

/// Returns the context of a change. A shared field that it covers, and for which the spec has no value, has the observed
/// one: the request for another field must not reset it.
pub fn with_kept_values(addon: &Addon, change: &Change, context: Context) -> Context {
    let covered = addon.fields.iter().filter_map(|field| {
        let shared = field.shared.as_ref().filter(|shared| change.covers.contains(shared))?;
        let is_missing = context.value().get(shared).is_none_or(serde_json::Value::is_null);
        let kept = seen(field, context.value()).value().filter(|_| is_missing)?;
        Some((shared.clone(), kept))
    });
    let kept: Vec<_> = covered.collect();
    kept.into_iter().fold(context, |context, (shared, value)| context.with(&shared, value))
}
