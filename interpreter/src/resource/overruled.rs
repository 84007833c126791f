//! What people are told of fields that they wrote and that do not count, because something else decides: a plan that is shared, say.

use serde_json::Value;

use crate::catalog::{Addon, Field};
use crate::exchange::quotable;
use crate::resource::desire::{Desired, Overruled};
use crate::resource::difference::{is_same, seen};
use crate::resource::refusal::{place, shown};

/// Who decides, where the catalog does not say.
const SOMETHING_ELSE: &str = "with the rest of this spec there is no choice";

/// A sentence for each field that is overruled, in the catalog's order. One that has what was asked for anyway needs none, and neither
/// has one that `root`, a context with what has been read, does not show yet.
pub fn overrulings(addon: &Addon, desired: &Desired, root: &Value) -> Vec<String> {
    let of = |field: &Field| desired.overruled.iter().find(|overruled| overruled.path == field.path);
    addon.fields.iter().filter_map(|field| told(addon, field, of(field)?, root)).collect()
}

fn told(addon: &Addon, field: &Field, overruled: &Overruled, root: &Value) -> Option<String> {
    let observed = seen(field, root)?;
    if observed.as_ref().is_some_and(|observed| is_same(field.compare, &overruled.wire, observed)) {
        return None;
    }
    let (place, written) = (place(field), shown(&overruled.written));
    let decides = overruled.decides.as_deref().map_or_else(|| SOMETHING_ELSE.to_owned(), quotable);
    let outcome = match observed {
        None => "it is passed over".to_owned(),
        Some(_) if addon.is_field_confidential(field) => "it is another".to_owned(),
        Some(observed) => format!("it is `{}`", shown(&observed)),
    };
    Some(format!("`{place}` asks for `{written}`, but {decides}: {outcome}."))
}
