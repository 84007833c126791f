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
    let intro = "Until there is an add-on, everything can still be corrected. Afterwards:\n\n";
    let scale = addon
        .resource
        .scale
        .as_ref()
        .map(|(wanted, _)| format!("`kubectl scale` changes {}.\n\n", code(&wanted.join("."))));
    let nothing = if changing.is_empty() { "No field can be changed.\n\n" } else { "" };
    let refused = never(&held, "the API server refuses the edit");
    let told =
        never(&judged, "an edit that means another value is answered with `Immutable`, and nothing is done");
    format!(
        "## What can change later\n\n{intro}{changing}{nothing}{}{refused}{told}",
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
        return Some(vec![code(&path(field)), "at any time; nothing at the cloud follows from it".into()]);
    }
    let changes = field.changes.as_ref()?;
    let direction = match changes.only {
        None => "",
        Some(Direction::Up) => "; only up",
        Some(Direction::Down) => "; only down",
    };
    let how = match (addon.changes.get(&changes.by), addon.collections.get(&changes.by)) {
        (Some(change), _) => request(change),
        (None, Some(_)) => "element by element: what is new is added, what is gone is removed".to_owned(),
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
    let repeated = if change.repeatable {
        "may be repeated"
    } else {
        "is sent once, and looked for after a lost answer"
    };
    let followed = if change.follow.is_some() { ", and is followed to its end" } else { "" };
    format!("one request{together}, which {repeated}{followed}")
}

fn never(fields: &[&Field], how: &str) -> String {
    let names: Vec<_> = fields.iter().map(|field| code(&path(field))).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("Never: {}; {how}. A new resource is the way out.\n\n", listed(&names, "and"))
    }
}
