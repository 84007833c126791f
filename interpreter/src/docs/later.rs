//! Section about changes after creation: mutable fields with their changes, and immutable fields.

use crate::catalog::{Addon, Change, Direction, Field, OneOf};
use crate::docs::field::path;
use crate::docs::markdown::{code, listed, table};

/// Returns the section.
pub(super) fn later(addon: &Addon) -> String {
    let fields: Vec<&Field> = addon.fields.iter().filter(|field| !field.path.is_empty()).collect();
    let rows = fields.iter().filter_map(|field| row(addon, field));
    let changing = table(&["field", "how"], rows);
    let (held, judged): (Vec<&Field>, Vec<&Field>) =
        fields.iter().filter(|field| is_immutable(field)).partition(|field| is_held(field));
    let intro = "Every field can be corrected until the add-on exists. Afterwards:\n\n";
    let scale = addon
        .resource
        .scale
        .as_ref()
        .map(|(wanted, _)| format!("`kubectl scale` changes {}.\n\n", code(&wanted.join("."))));
    let nothing = if changing.is_empty() { "No field can be changed.\n\n" } else { "" };
    let refused = never(&held, "the API server rejects the edit");
    let failing =
        never(&judged, "an edit to another value changes nothing, and `Stalled` has the reason `Immutable`");
    format!(
        "## Changes after creation\n\n{intro}{changing}{nothing}{}{refused}{failing}",
        scale.unwrap_or_default()
    )
}

fn is_immutable(field: &Field) -> bool {
    field.changes.is_none() && !field.free
}

/// Returns true when the definition's rules enforce immutability. They cannot when one value has several
/// names, or when the field is sometimes ignored.
fn is_held(field: &Field) -> bool {
    field.unless.is_none() && !matches!(field.one_of, Some(OneOf::Plans))
}

fn row(addon: &Addon, field: &Field) -> Option<Vec<String>> {
    if field.free {
        return Some(vec![code(&path(field)), "at any time, without effect at the cloud".into()]);
    }
    let changes = field.changes.as_ref()?;
    let direction = match changes.only {
        None => "",
        Some(Direction::Up) => "; only up",
        Some(Direction::Down) => "; only down",
    };
    let how = match (addon.changes.get(&changes.by), addon.collections.get(&changes.by)) {
        (Some(change), _) => request(change),
        (None, Some(_)) => "element by element: new elements are added, missing ones are removed".to_owned(),
        (None, None) => String::new(),
    };
    Some(vec![code(&path(field)), format!("by {}: {how}{direction}", code(&changes.by))])
}

fn request(change: &Change) -> String {
    let together = if change.covers.len() > 1 {
        format!(" for {} together", listed(&change.covers, "and"))
    } else {
        String::new()
    };
    let repeated =
        if change.repeatable { "may be repeated" } else { "sent once, looked up after a lost answer" };
    let followed = if change.follow.is_some() { ", followed until it is done" } else { "" };
    format!("one request{together}; {repeated}{followed}")
}

fn never(fields: &[&Field], how: &str) -> String {
    let names: Vec<_> = fields.iter().map(|field| code(&path(field))).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(
            "Immutable: {}; {how}. To use another value, create a new resource.\n\n",
            listed(&names, "and")
        )
    }
}
