//! Messages about fields that are written and ignored, because their value is decided elsewhere: by a shared
//! plan, for example.

use serde_json::Value;

use crate::catalog::{Addon, Field};
use crate::exchange::quotable;
use crate::resource::desire::{Desired, Overruled};
use crate::resource::difference::{is_same, seen};
use crate::resource::refusal::{place, shown};

/// Explanation where the catalog has none.
const SOMETHING_ELSE: &str = "with the rest of this spec there is no choice";

/// Returns a sentence for each ignored field, in the catalog's order. A field whose observed value is the
/// written one needs none, and neither does one that `root`, a context with the reads, does not show yet.
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
