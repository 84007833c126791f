//! Reads the values of an answer. An answer of unexpected shape is an error, not an empty result.

use serde_json::{Map, Value};

use crate::catalog::expression::Selector;
use crate::catalog::{Items, Read};
use crate::exchange::evaluate::{is_plain, walk};
use crate::exchange::text;

/// Result of a read.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A single value, or the whole answer.
    Item(Value),
    /// Several values; an empty list is a valid result.
    Items(Vec<Value>),
    /// Several values, each with a key.
    Map(Map<String, Value>),
    /// The answer has the expected shape, but the value is absent.
    Nothing,
}

/// The answer does not have the shape that the catalog describes. It proves nothing, least of all that the
/// value is absent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer to `{operation}` is not what the catalog describes: {why}")]
pub struct Unreadable {
    /// Operation that was answered.
    pub(crate) operation: String,
    /// Deviation from the expected shape.
    pub(crate) why: String,
}

impl Found {
    /// Returns the value that expressions see under the read's name.
    pub fn into_value(self) -> Option<Value> {
        match self {
            Self::Item(value) => Some(value),
            Self::Items(values) => Some(Value::Array(values)),
            Self::Map(entries) => Some(Value::Object(entries)),
            Self::Nothing => None,
        }
    }
}

/// Reads the values of a successful answer.
pub fn read(read: &Read, answer: &Value) -> Result<Found, Unreadable> {
    let found = match (&read.items, &read.item) {
        (Some(items), _) => many(items, answer),
        (None, Some(item)) => one(item, answer),
        (None, None) => Ok(Found::Item(answer.clone())),
    };
    found.map_err(|why| Unreadable { operation: read.name.clone(), why })
}

fn one(item: &Selector, answer: &Value) -> Result<Found, String> {
    if !is_plain(item) {
        list(item, answer)?;
    } else if !item.names().is_empty() && !answer.is_object() {
        return Err(format!("`{}` needs an object", item.source()));
    }
    let found = item.one(answer).map_err(|error| error.to_string())?;
    Ok(found.map_or(Found::Nothing, |value| Found::Item(value.clone())))
}

fn many(items: &Items, answer: &Value) -> Result<Found, String> {
    let selected = match items.each.above_at_any_depth() {
        Some(above) => {
            lists(&above, answer)?;
            items.each.all(answer)
        }
        None => {
            let elements = list(&items.each, answer)?;
            if is_plain(&items.each) { elements.iter().collect() } else { items.each.all(answer) }
        }
    };
    match (&items.key, &items.value) {
        (Some(key), Some(value)) => {
            selected.into_iter().map(|item| pair(key, value, item)).collect::<Result<_, _>>().map(Found::Map)
        }
        (Some(_), None) | (None, Some(_)) | (None, None) => {
            Ok(Found::Items(selected.into_iter().cloned().collect()))
        }
    }
}

/// Returns the list that a selector addresses. Without this check, `$[*]` would select the fields of an error
/// object, or nothing in a page.
fn list<'a>(selector: &Selector, answer: &'a Value) -> Result<&'a [Value], String> {
    let list = walk(answer, &selector.names()).and_then(Value::as_array);
    list.map(Vec::as_slice).ok_or_else(|| format!("`{}` needs a list", selector.source()))
}

/// Checks that a selector finds lists at any depth, at least one.
fn lists(above: &Selector, answer: &Value) -> Result<(), String> {
    let found = above.all(answer);
    let are_lists = !found.is_empty() && found.iter().all(|one| one.is_array());
    are_lists.then_some(()).ok_or_else(|| format!("`{}` needs a list", above.source()))
}

fn pair(key: &Selector, value: &Selector, item: &Value) -> Result<(String, Value), String> {
    let one = |selector: &Selector| selector.one(item).map_err(|error| error.to_string());
    let key = one(key)?.and_then(text).ok_or_else(|| format!("an element without `{}`", key.source()))?;
    Ok((key, one(value)?.cloned().unwrap_or(Value::Null)))
}
