//! Messages about fields that are written and ignored, because their value is decided elsewhere: by a shared
//! plan, for example.

use serde_json::Value;

use crate::catalog::{Addon, Field};
use crate::exchange::quotable;
use crate::resource::desire::{Desired, IgnoredField};
use crate::resource::difference::{Seen, is_same, seen};
use crate::resource::refusal::{place, shown};

/// Explanation where the catalog has none.
const SOMETHING_ELSE: &str = "the rest of this spec decides";

/// Returns a message for each ignored field, in the catalog's order. A field whose observed value is the
/// written one needs none, and neither does one that `root`, a context with the reads, does not show yet.
pub fn ignored_messages(addon: &Addon, desired: &Desired, root: &Value) -> Vec<String> {
    let of = |field: &Field| desired.ignored.iter().find(|ignored| ignored.path == field.path);
    addon.fields.iter().filter_map(|field| message(addon, field, of(field)?, root)).collect()
}

fn message(addon: &Addon, field: &Field, ignored: &IgnoredField, root: &Value) -> Option<String> {
    let observed = match seen(field, root) {
        Seen::Unread => return None,
        Seen::Unknown => None,
        Seen::Value(observed) => Some(observed),
    };
    if observed.as_ref().is_some_and(|observed| is_same(field.compare, &ignored.wire, observed)) {
        return None;
    }
    let (place, written) = (place(field), shown(&ignored.written));
    let decides = ignored.decides.as_deref().map_or_else(|| SOMETHING_ELSE.to_owned(), quotable);
    let outcome = match observed {
        None => "the operator ignores it".to_owned(),
        Some(_) if addon.is_field_confidential(field) => "the add-on has another value".to_owned(),
        Some(observed) => format!("the add-on has `{}`", shown(&observed)),
    };
    Some(format!("`{place}` asks for `{written}`, but {decides}: {outcome}."))
}
