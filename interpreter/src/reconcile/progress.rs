//! How far a change is, read from the answers that tell.

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::catalog::{Change, Read};
use crate::exchange::{self, Found, Unreadable};
use crate::plan::{Ids, Progress};

/// What the answer of `follow` says of the change with these ids.
pub fn followed(follow: &Read, answer: &Value, ids: &Ids) -> Progress {
    let Some(shape) = &follow.follow else { return Progress::Done };
    let state = shape.state.one(answer).ok().flatten().and_then(Value::as_str).unwrap_or_default();
    if shape.done.iter().any(|done| done == state) {
        return Progress::Done;
    }
    // The word is the catalog's: a state that the catalog does not name is repeated nowhere.
    match shape.failed.iter().find(|failed| *failed == state) {
        Some(failed) => Progress::Failed(format!("the cloud says `{failed}`")),
        None => Progress::Running(ids.clone()),
    }
}

/// Whether the answer of `find` shows the change; none: it is there, but not its id.
pub fn found(change: &Change, find: &Read, answer: &Value) -> Result<Option<Progress>, Unreadable> {
    let item = match exchange::read(find, answer)? {
        Found::Item(item) => Some(item),
        Found::Items(items) => items.into_iter().next(),
        Found::Nothing | Found::Map(_) => None,
    };
    Ok(match item.map(|item| kept(change, &item)) {
        None => Some(Progress::Absent),
        Some(ids) => ids.map(Progress::Running),
    })
}

/// The ids that a change keeps of an answer; none if one of them is missing.
pub fn kept(change: &Change, answer: &Value) -> Option<Ids> {
    let one = |(name, selector): (&String, &Selector)| {
        let id = selector.one(answer).ok().flatten().and_then(exchange::text)?;
        Some((name.clone(), id))
    };
    change.keep.iter().map(one).collect()
}
