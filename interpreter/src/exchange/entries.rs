//! Add-ons as a list shows them: recognised by name, identified by ids.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::catalog::{Identity, Mark};
use crate::exchange::{Found, Unreadable, text};

/// Add-on, as the list or the answer to a creation shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Ids, by name; all that the catalog keeps.
    pub ids: BTreeMap<String, String>,
    /// Name at the cloud.
    pub name: String,
    /// Type of the add-on, where the list mixes several.
    pub provider: Option<String>,
    /// Creation time, in milliseconds since 1970.
    pub created: Option<i64>,
    /// Complete entry of the list.
    pub raw: Value,
}

/// Add-on with its marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedItem {
    /// Ids, by name: one or more.
    pub ids: BTreeMap<String, String>,
    /// Texts of the marks.
    pub texts: Vec<String>,
}

/// Contents of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entries {
    /// Add-ons in the list.
    pub listed: Vec<Listed>,
    /// Names of add-ons whose ids cannot be read. They count as neither known nor absent.
    pub unreadable: Vec<String>,
}

/// Returns the add-ons in the result of `list`. Skips entries without a name, which are not the operator's.
/// Fails when an entry is no object.
pub fn entries(identity: &Identity, found: &Found) -> Result<Entries, Unreadable> {
    let mut entries = Entries::default();
    for item in items(found)? {
        let Some(name) = one(&identity.named, item) else { continue };
        match listed(identity, item, name.clone()) {
            Some(listed) => entries.listed.push(listed),
            None => entries.unreadable.push(name),
        }
    }
    Ok(entries)
}

/// Returns the add-on in the answer to its creation. Fails without its ids, because the created add-on could
/// not be identified.
pub fn created(identity: &Identity, item: Option<&Selector>, answer: &Value) -> Result<Listed, Unreadable> {
    let unreadable = || Unreadable {
        operation: "create".into(),
        why: "the name or an id of the add-on is missing".into(),
    };
    let item = match item {
        Some(selector) => selector.one(answer).ok().flatten().ok_or_else(unreadable)?,
        None => answer,
    };
    let name = one(&identity.named, item).ok_or_else(unreadable)?;
    listed(identity, item, name).ok_or_else(unreadable)
}

/// Returns the add-ons with marks in the result of a read. Skips those without an id.
pub fn marked(identity: &Identity, mark: &Mark, found: &Found) -> Result<Vec<MarkedItem>, Unreadable> {
    let id = |item: &Value, (key, selector): (&String, &Selector)| Some((key.clone(), one(selector, item)?));
    let marked = |item: &Value| MarkedItem {
        ids: identity.ids.iter().filter_map(|entry| id(item, entry)).collect(),
        texts: mark.texts.all(item).into_iter().filter_map(text).collect(),
    };
    Ok(items(found)?.iter().map(marked).filter(|one| !one.ids.is_empty() && !one.texts.is_empty()).collect())
}

fn items(found: &Found) -> Result<&[Value], Unreadable> {
    let unreadable = |why: &str| Unreadable { operation: "list".into(), why: why.into() };
    let items = match found {
        Found::Item(item) => std::slice::from_ref(item),
        Found::Items(items) => items,
        Found::Nothing => &[],
        Found::Map(_) => return Err(unreadable("a map is not a list of add-ons")),
    };
    if items.iter().all(Value::is_object) {
        Ok(items)
    } else {
        Err(unreadable("an element of the list is not an object"))
    }
}

fn listed(identity: &Identity, item: &Value, name: String) -> Option<Listed> {
    let id = |(key, selector): (&String, &Selector)| Some((key.clone(), one(selector, item)?));
    Some(Listed {
        ids: identity.ids.iter().map(id).collect::<Option<_>>()?,
        name,
        provider: identity.provider.as_ref().and_then(|selector| one(selector, item)),
        created: identity
            .created
            .as_ref()
            .and_then(|selector| selector.one(item).ok()?)
            .and_then(milliseconds),
        raw: item.clone(),
    })
}

/// Returns the single text that a selector finds; an empty text counts as absent.
fn one(selector: &Selector, item: &Value) -> Option<String> {
    selector.one(item).ok()?.and_then(text).filter(|text| !text.is_empty())
}

fn milliseconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
