//! Where an add-on differs from its spec, as far as the cloud shows it, and what can be done about it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::catalog::{Addon, Changes, Compare, Direction, Field, FieldType};
use crate::exchange::text;
use crate::resource::desire::{Desired, Wanted};
use crate::resource::refusal::{place, shown};

/// One difference between spec and add-on.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The field, below `spec`.
    pub path: Vec<String>,
    /// What the spec wants, as it is sent.
    pub wanted: Value,
    /// What the add-on has.
    pub observed: Value,
    /// The answer that shows what the add-on has may hold outputs or credentials: no message repeats either value.
    pub confidential: bool,
    /// What can be done about it.
    pub remedy: Remedy,
}

/// What can be done about a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing; says why, and what may be written instead.
    None(String),
    /// Nothing, ever: the catalog has no change for it. Says so.
    Immutable(String),
    /// This change of the catalog.
    Change {
        /// Its name.
        name: String,
        /// Sending it twice is as good as once.
        repeatable: bool,
    },
}

/// Every difference that can be seen in `root`: a context with what has been `listed` and read. What is not there is not compared.
pub fn differences(addon: &Addon, desired: &Desired, root: &Value) -> Vec<Difference> {
    let compare = |wanted: &Wanted| {
        let field = addon.fields.iter().find(|field| field.path == wanted.path)?;
        let observed = seen(field, root)??;
        let same = std::iter::once(&wanted.wire).chain(&wanted.aliases).any(|value| is_same(field.compare, value, &observed));
        (!same).then(|| Difference {
            path: wanted.path.clone(),
            wanted: wanted.wire.clone(),
            confidential: addon.is_field_confidential(field),
            remedy: remedy(addon, field, wanted, &observed),
            observed,
        })
    };
    desired.wanted.iter().filter_map(compare).collect()
}

/// The reads, by name, without which not every field can be compared.
pub fn reads_needed(addon: &Addon) -> BTreeSet<String> {
    let read = |field: &Field| field.observed.as_ref()?.names().into_iter().next();
    addon.fields.iter().filter(|field| !field.path.is_empty()).filter_map(read).filter(|name| addon.reads.contains_key(name)).collect()
}

/// What is seen of a field: none at all before the read that shows it was made, and `Some(None)` where nothing shows it.
pub(super) fn seen(field: &Field, root: &Value) -> Option<Option<Value>> {
    let Some(selector) = &field.observed else { return Some(None) };
    // Only a read that was made can show that something is absent.
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

/// Whether the add-on has what is wanted, by the way in which the field is compared.
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

/// Equal, where numbers and booleans may also be written as text: many clouds take and show everything as text.
fn alike(wanted: &Value, observed: &Value) -> bool {
    match (wanted, observed) {
        (Value::Object(wanted), Value::Object(observed)) => {
            wanted.len() == observed.len() && wanted.iter().all(|(name, value)| observed.get(name).is_some_and(|other| alike(value, other)))
        }
        (Value::Array(wanted), Value::Array(observed)) => {
            wanted.len() == observed.len() && wanted.iter().zip(observed).all(|(one, other)| alike(one, other))
        }
        (wanted, observed) => text(wanted) == text(observed),
    }
}

/// The order of two versions, by the numbers that both have: "18.4" is 18. None where they are no versions.
fn order(wanted: &Value, observed: &Value) -> Option<Ordering> {
    let (wanted, observed) = (numbers(wanted)?, numbers(observed)?);
    let shared = wanted.len().min(observed.len());
    Some(wanted.iter().take(shared).cmp(observed.iter().take(shared)))
}

fn numbers(value: &Value) -> Option<Vec<u64>> {
    let text = text(value)?;
    text.split('.').map(|part| part.parse().ok()).collect()
}

fn remedy(addon: &Addon, field: &Field, wanted: &Wanted, observed: &Value) -> Remedy {
    let now = match addon.is_field_confidential(field) {
        true => "what it has".to_owned(),
        false => format!("`{}`", written(field, observed)),
    };
    if let Some(refused) = &wanted.refused {
        return Remedy::None(format!("{} The add-on keeps {now}.", refused.message));
    }
    let place = place(field);
    let Some(changes) = &field.changes else {
        return Remedy::Immutable(format!("`{place}` cannot be changed after creation: write {now} again, or make a new resource."));
    };
    match (forbidden(changes, &wanted.wire, observed), addon.changes.get(&changes.by)) {
        (Some(direction), _) => Remedy::None(format!("`{place}` can only go {direction}: write {now} again, or a value beyond it.")),
        (None, Some(change)) => Remedy::Change { name: change.name.clone(), repeatable: change.repeatable },
        (None, None) => Remedy::None(format!("`{place}` has no change called `{}` in the catalog.", changes.by)),
    }
}

/// What a user would write for what is observed: the code of a version, or the only number that a whole number can be.
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

/// The direction that is allowed, where the wanted value lies in another.
fn forbidden(changes: &Changes, wanted: &Value, observed: &Value) -> Option<&'static str> {
    let order = order(wanted, observed);
    match changes.only {
        Some(Direction::Up) if order != Some(Ordering::Greater) => Some("up"),
        Some(Direction::Down) if order != Some(Ordering::Less) => Some("down"),
        Some(Direction::Up | Direction::Down) | None => None,
    }
}
