//! Drift of an add-on from its spec, as far as the cloud shows it, and the fix for it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::catalog::{Addon, Changes, Compare, Direction, Field, FieldDrift, FieldType, OneOf};
use crate::exchange::{quotable, text};
use crate::plan::{Difference, DriftPolicy, Remedy};
use crate::resource::desire::Wanted;
use crate::resource::refusal::{place, shown};
use crate::resource::sent::is_public;

pub(super) fn is_wanted(field: &Field, wanted: &Wanted, observed: &Value) -> bool {
    is_same(field.compare, &wanted.wire, observed)
        || wanted.aliases.iter().any(|alias| is_same(alias_compare(field), alias, observed))
}

/// Returns the rule for other spellings of a value: a number of digits is no version.
fn alias_compare(field: &Field) -> Compare {
    match field.compare {
        Compare::Major => Compare::Exact,
        compare @ (Compare::Exact | Compare::IgnoreCase | Compare::Unordered) => compare,
    }
}

pub(super) fn difference(
    addon: &Addon,
    field: &Field,
    wanted: &Wanted,
    (observed, root): (&Value, &Value),
) -> Difference {
    let remedy = remedy(addon, field, wanted, Some(observed));
    Difference {
        field: place(field),
        what: what(addon, field, wanted, (observed, root)),
        observed: is_public(addon, field).then(|| said(field, observed, root)),
        edited: true,
        drift: drift(field, &remedy),
        remedy,
    }
}

/// Returns the policy for a drift of the field. What must not be sent twice may interrupt the add-on or cost money, so
/// the user decides about it.
pub(super) fn drift(field: &Field, remedy: &Remedy) -> DriftPolicy {
    match (field.drift, remedy) {
        (Some(FieldDrift::Report), _) | (None, Remedy::Once(_)) => DriftPolicy::Report,
        (Some(FieldDrift::Ignore), _) => DriftPolicy::Ignore,
        (Some(FieldDrift::Correct), _)
        | (None, Remedy::None(_) | Remedy::Immutable(_) | Remedy::Repeatable(_)) => DriftPolicy::Correct,
    }
}

/// Returns both values for messages.
fn what(addon: &Addon, field: &Field, wanted: &Wanted, (observed, root): (&Value, &Value)) -> String {
    match addon.is_field_confidential(field) {
        true => "the add-on has another value".to_owned(),
        false => format!(
            "the add-on has {}, the spec asks for {}",
            said(field, observed, root),
            said(field, &wanted.wire, root)
        ),
    }
}

/// Returns a value for messages: a plan by its slug, if it is on offer.
fn said(field: &Field, value: &Value, root: &Value) -> String {
    let text = text(value);
    let plans = root["offers"]["plans"].as_array().into_iter().flatten();
    let slug = match field.one_of {
        Some(OneOf::Plans) => plans
            .filter(|plan| plan["id"].as_str() == text.as_deref())
            .find_map(|plan| plan["slug"].as_str().map(str::to_owned)),
        Some(OneOf::Values(_) | OneOf::Regions | OneOf::Versions) | None => None,
    };
    slug.or(text).map_or_else(|| "nothing".into(), |text| quotable(&text))
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

/// Observed value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// The read that shows it was not made.
    Unread,
    /// Nothing shows it.
    Unknown,
    /// The value: shown, or assumed by the catalog where its absence is shown.
    Value(Value),
}

impl Seen {
    /// Returns the value, if there is one.
    pub(super) fn value(self) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Unread | Self::Unknown => None,
        }
    }

    /// Returns true when the value is the one of an add-on for which the field was never set.
    pub(super) fn is_absent(&self, field: &Field) -> bool {
        match (self, &field.absent) {
            (Self::Value(observed), Some(absent)) => is_same(field.compare, absent, observed),
            (Self::Value(_) | Self::Unread | Self::Unknown, _) => false,
        }
    }
}

/// Returns the observed value of a field.
pub(super) fn seen(field: &Field, root: &Value) -> Seen {
    let Some(selector) = &field.observed else { return Seen::Unknown };
    if selector.names().first().is_none_or(|read| root.get(read).is_none()) {
        return Seen::Unread;
    }
    let absent = || field.absent.clone().filter(|_| selector.shows_absence(root));
    let value = selected(selector, root).filter(|value| !value.is_null()).or_else(absent);
    value.map_or(Seen::Unknown, Seen::Value)
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

/// Returns the fix. `observed` is the value that the add-on has, if it is known.
pub(super) fn remedy(addon: &Addon, field: &Field, wanted: &Wanted, observed: Option<&Value>) -> Remedy {
    let now = match observed.filter(|_| !addon.is_field_confidential(field)) {
        None => "the value that it has".to_owned(),
        Some(observed) => format!("`{}`", written(field, observed)),
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
    let forbidden = observed.and_then(|observed| forbidden(changes, &wanted.wire, observed));
    match (forbidden, addon.changes.get(&changes.by)) {
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
pub(super) fn written(field: &Field, observed: &Value) -> String {
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
