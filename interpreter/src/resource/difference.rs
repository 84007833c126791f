//! Drift of an add-on from its spec, as far as the cloud shows it, and the fix for it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::catalog::{Addon, Changes, Compare, Direction, Field, FieldType};
use crate::exchange::{quotable, text};
use crate::plan::{Difference, Remedy};
use crate::resource::desire::{Desired, Wanted};
use crate::resource::refusal::{place, shown};

/// Returns the drift of every field that `root` shows, a context with `listed` and the reads. A field that it
/// does not show is not compared, and a confidential value is not shown in messages.
pub fn differences(addon: &Addon, desired: &Desired, root: &Value) -> Vec<Difference> {
    let compare = |wanted: &Wanted| {
        let field = addon.fields.iter().find(|field| field.path == wanted.path)?;
        let observed = seen(field, root)??;
        let same = std::iter::once(&wanted.wire)
            .chain(&wanted.aliases)
            .any(|value| is_same(field.compare, value, &observed));
        (!same).then(|| Difference {
            field: place(field),
            what: what(addon, field, wanted, &observed),
            remedy: remedy(addon, field, wanted, &observed),
        })
    };
    desired.wanted.iter().filter_map(compare).collect()
}

/// Returns both values for messages.
fn what(addon: &Addon, field: &Field, wanted: &Wanted, observed: &Value) -> String {
    let said = |value: &Value| text(value).map_or_else(|| "nothing".into(), |text| quotable(&text));
    match addon.is_field_confidential(field) {
        true => "the add-on has another value".to_owned(),
        false => format!("the add-on has {}, the spec asks for {}", said(observed), said(&wanted.wire)),
    }
}

/// Returns the names of the reads without which some field cannot be compared.
pub fn reads_needed(addon: &Addon) -> BTreeSet<String> {
    let read = |field: &Field| field.observed.as_ref()?.names().into_iter().next();
    addon
        .fields
        .iter()
        .filter(|field| !field.path.is_empty())
        .filter_map(read)
        .filter(|name| addon.reads.contains_key(name))
        .collect()
}

/// Returns the observed value of a field: `None` before the read that shows it was made, and `Some(None)` if
/// nothing shows it.
pub(super) fn seen(field: &Field, root: &Value) -> Option<Option<Value>> {
    let Some(selector) = &field.observed else { return Some(None) };
    // Only a read that was made can show that a value is absent.
    root.get(selector.names().first()?).filter(|read| !read.is_null())?;
    Some(selected(selector, root).filter(|value| !value.is_null()).or_else(|| field.absent.clone()))
}

fn selected(selector: &Selector, root: &Value) -> Option<Value> {
    match selector.all(root).as_slice() {
        [] => None,
        [value] => Some((*value).clone()),
        several => Some(several.iter().map(|value| (*value).clone()).collect()),
    }
}

/// Returns true when the observed value is the desired one, by the field's way of comparing.
pub(super) fn is_same(compare: Compare, wanted: &Value, observed: &Value) -> bool {
    match compare {
        Compare::Exact => alike(wanted, observed),
        Compare::Major => order(wanted, observed) == Some(Ordering::Equal),
        Compare::Unordered => match (wanted, observed) {
            (Value::Array(wanted), Value::Array(observed)) => sorted(wanted) == sorted(observed),
            (wanted, observed) => alike(wanted, observed),
        },
        Compare::IgnoreCase => match (text(wanted), text(observed)) {
            (Some(wanted), Some(observed)) => wanted.to_lowercase() == observed.to_lowercase(),
            (None, _) | (_, None) => false,
        },
    }
}

fn sorted(elements: &[Value]) -> Vec<Option<String>> {
    let mut texts: Vec<_> = elements.iter().map(text).collect();
    texts.sort();
    texts
}

/// Compares values. Numbers and booleans may also be written as text, because many clouds take and show
/// everything as text.
fn alike(wanted: &Value, observed: &Value) -> bool {
    match (wanted, observed) {
        (Value::Object(wanted), Value::Object(observed)) => {
            wanted.len() == observed.len()
                && wanted
                    .iter()
                    .all(|(name, value)| observed.get(name).is_some_and(|other| alike(value, other)))
        }
        (Value::Array(wanted), Value::Array(observed)) => {
            wanted.len() == observed.len()
                && wanted.iter().zip(observed).all(|(one, other)| alike(one, other))
        }
        (wanted, observed) => text(wanted) == text(observed),
    }
}

/// Returns the order of two versions, by the numbers that both have: "18.4" is 18. `None` if they are no
/// versions.
fn order(wanted: &Value, observed: &Value) -> Option<Ordering> {
    let (wanted, observed) = (numbers(wanted)?, numbers(observed)?);
    let shared = wanted.len().min(observed.len());
    Some(wanted.iter().take(shared).cmp(observed.iter().take(shared)))
}

pub(super) fn numbers(value: &Value) -> Option<Vec<u64>> {
    let text = text(value)?;
    text.split('.').map(|part| part.parse().ok()).collect()
}

fn remedy(addon: &Addon, field: &Field, wanted: &Wanted, observed: &Value) -> Remedy {
    let now = match addon.is_field_confidential(field) {
        true => "the value that it has".to_owned(),
        false => format!("`{}`", written(field, observed)),
    };
    if let Some(refused) = &wanted.refused {
        return Remedy::None(format!("{} The add-on keeps {now}.", refused.message));
    }
    let place = place(field);
    let Some(changes) = &field.changes else {
        return Remedy::Immutable(format!(
            "`{place}` cannot be changed after creation: restore {now}, or create a new resource."
        ));
    };
    match (forbidden(changes, &wanted.wire, observed), addon.changes.get(&changes.by)) {
        (Some((direction, further)), _) => {
            Remedy::None(format!("`{place}` can only go {direction}: write {now}, or a {further} value."))
        }
        (None, Some(change)) if change.repeatable => Remedy::Repeatable(change.name.clone()),
        (None, Some(change)) => Remedy::Once(change.name.clone()),
        (None, None) => {
            Remedy::None(format!("`{place}` cannot be changed: the catalog has no change `{}`.", changes.by))
        }
    }
}

/// Returns the observed value as a user would write it: the code of a version, or the major number for a
/// field of whole numbers.
fn written(field: &Field, observed: &Value) -> String {
    if let Some((written, _)) = field.values.iter().find(|(_, sent)| is_same(field.compare, sent, observed)) {
        return written.clone();
    }
    match (&field.kind, field.compare) {
        (FieldType::Integer(_), Compare::Major) => {
            let major = numbers(observed).and_then(|numbers| numbers.first().copied());
            major.map_or_else(|| shown(observed), |major| major.to_string())
        }
        _ => shown(observed),
    }
}

/// Returns the only allowed direction, and the word for a value in it, if the desired value is not in it.
fn forbidden(changes: &Changes, wanted: &Value, observed: &Value) -> Option<(&'static str, &'static str)> {
    let order = order(wanted, observed);
    match changes.only {
        Some(Direction::Up) if order != Some(Ordering::Greater) => Some(("up", "higher")),
        Some(Direction::Down) if order != Some(Ordering::Less) => Some(("down", "lower")),
        Some(Direction::Up | Direction::Down) | None => None,
    }
}
