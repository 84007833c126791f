//! Finds in an answer what a read looks for. An answer of another shape is not an empty one.

use serde_json::{Map, Value};

use crate::catalog::expression::Selector;
use crate::catalog::{Items, Read};
use crate::exchange::evaluate::{is_plain, walk};
use crate::exchange::text;

/// What a read found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// The one thing, or the whole answer.
    Item(Value),
    /// Many things; none is an answer, too.
    Items(Vec<Value>),
    /// Many things with a key each.
    Map(Map<String, Value>),
    /// The answer is understood, and what is looked for is not in it.
    Nothing,
}

/// The answer does not have the shape that the catalog describes: it says nothing, least of all that there is nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer to `{operation}` is not what the catalog describes: {why}")]
pub struct Unreadable {
    /// What was asked.
    pub operation: String,
    /// What is not as expected.
    pub why: String,
}

impl Found {
    /// The value under the read's name: what expressions see.
    pub fn into_value(self) -> Option<Value> {
        match self {
            Self::Item(value) => Some(value),
            Self::Items(values) => Some(Value::Array(values)),
            Self::Map(entries) => Some(Value::Object(entries)),
            Self::Nothing => None,
        }
    }
}

/// What a read finds in a successful answer.
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
    let elements = list(&items.each, answer)?;
    let selected = if is_plain(&items.each) { elements.iter().collect() } else { items.each.all(answer) };
    match (&items.key, &items.value) {
        (Some(key), Some(value)) => selected.into_iter().map(|item| pair(key, value, item)).collect::<Result<_, _>>().map(Found::Map),
        (Some(_), None) | (None, Some(_)) | (None, None) => Ok(Found::Items(selected.into_iter().cloned().collect())),
    }
}

/// The list that a selector looks into. Without this check, `$[*]` would find the fields of an error object, or nothing in a page.
fn list<'a>(selector: &Selector, answer: &'a Value) -> Result<&'a [Value], String> {
    let list = walk(answer, &selector.names()).and_then(Value::as_array);
    list.map(Vec::as_slice).ok_or_else(|| format!("`{}` needs a list", selector.source()))
}

fn pair(key: &Selector, value: &Selector, item: &Value) -> Result<(String, Value), String> {
    let one = |selector: &Selector| selector.one(item).map_err(|error| error.to_string());
    let key = one(key)?.and_then(text).ok_or_else(|| format!("an element without `{}`", key.source()))?;
    Ok((key, one(value)?.cloned().unwrap_or(Value::Null)))
}
