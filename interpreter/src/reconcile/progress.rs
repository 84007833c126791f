//! Progress of a change, read from the answers that show it.

use serde_json::Value;

use crate::catalog::expression::Selector;
use crate::catalog::{Change, Read};
use crate::exchange::{self, Found, Unreadable};
use crate::plan::{Ids, Progress};

/// Returns the progress of the change with these ids, from the answer of `follow`.
pub(super) fn followed(follow: &Read, answer: &Value, ids: &Ids) -> Progress {
    let Some(shape) = &follow.follow else { return Progress::Done };
    let state = shape.state.one(answer).ok().flatten().and_then(Value::as_str).unwrap_or_default();
    if shape.done.iter().any(|done| done == state) {
        return Progress::Done;
    }
    // The state in the message is the catalog's own text: a state that the catalog does not name never gets
    // into a message.
    match shape.failed.iter().find(|failed| *failed == state) {
        Some(failed) => Progress::Failed(format!("the cloud reports `{failed}`")),
        None => Progress::Running(ids.clone()),
    }
}

/// Returns the progress of the change, from the answer of `find`; `None` if the change is there without its
/// id.
pub(super) fn found(change: &Change, find: &Read, answer: &Value) -> Result<Option<Progress>, Unreadable> {
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

/// Returns the ids that a change keeps of an answer; `None` if one of them is missing.
pub(super) fn kept(change: &Change, answer: &Value) -> Option<Ids> {
    let one = |(name, selector): (&String, &Selector)| {
        let id = selector.one(answer).ok().flatten().and_then(exchange::text)?;
        Some((name.clone(), id))
    };
    change.keep.iter().map(one).collect()
}
