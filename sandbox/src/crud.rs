//! A second, plain service below `/crud/`, for catalogs of another kind: `widgets` whose numbers the service gives (POST), `gadgets` whose
//! ids the client chooses (PUT). A key in a header. Forgets everything at a restart.

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Body};
use crate::call::Call;

const PREFIX: &str = "/crud/";
const KEY: &str = "demo-key";

/// Both collections.
#[derive(Debug, Default)]
pub(crate) struct Crud {
    last_number: u64,
    widgets: Map<String, Value>,
    gadgets: Map<String, Value>,
}

impl Crud {
    /// The answer, and whether anything changed; none for what is not its own.
    pub(crate) fn answer(&mut self, call: &Call) -> Option<(Answer, bool)> {
        let path = call.path.strip_prefix(PREFIX)?;
        if call.api_key.as_deref() != Some(KEY) {
            return Some(said(401, "a good X-Api-Key is wanted"));
        }
        let (collection, id) = path.split_once('/').map_or((path, None), |(collection, id)| (collection, Some(id)));
        Some(match (collection, id, call.method.as_str()) {
            ("widgets", None, "GET") => listed(&self.widgets, call),
            ("gadgets", None, "GET") => listed(&self.gadgets, call),
            ("widgets", None, "POST") => self.post(call),
            ("widgets", Some(id), "PUT") => replaced(&mut self.widgets, id, call),
            ("gadgets", Some(id), "PUT") => put(&mut self.gadgets, id, call),
            ("widgets", Some(id), "GET") => found(self.widgets.get(id)),
            ("gadgets", Some(id), "GET") => found(self.gadgets.get(id)),
            ("widgets", Some(id), "DELETE") => removed(&mut self.widgets, id),
            ("gadgets", Some(id), "DELETE") => removed(&mut self.gadgets, id),
            _ => said(404, "nothing lives at this address"),
        })
    }

    fn post(&mut self, call: &Call) -> (Answer, bool) {
        let Some(fields) = fields(call) else { return said(400, "an object is wanted") };
        self.last_number += 1;
        let widget = with_id(fields, json!(self.last_number));
        self.widgets.insert(self.last_number.to_string(), widget.clone());
        (Answer::json(201, widget), true)
    }
}

/// A collection, or the page of it that the query asks for, from 1.
fn listed(items: &Map<String, Value>, call: &Call) -> (Answer, bool) {
    let query = call.query_pairs();
    let number = |name: &str| query.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.parse::<usize>().ok());
    let size = number("perPage").unwrap_or(usize::MAX);
    let skipped = number("page").unwrap_or(1).saturating_sub(1).saturating_mul(size);
    let page: Vec<&Value> = items.values().skip(skipped).take(size).collect();
    (Answer::json(200, json!(page)), false)
}

fn found(item: Option<&Value>) -> (Answer, bool) {
    item.map_or_else(|| said(404, "nothing has this id"), |item| (Answer::json(200, item.clone()), false))
}

fn replaced(items: &mut Map<String, Value>, id: &str, call: &Call) -> (Answer, bool) {
    let Some(old) = items.get(id) else { return said(404, "nothing has this id") };
    let Some(fields) = fields(call) else { return said(400, "an object is wanted") };
    let item = with_id(fields, old.get("id").cloned().unwrap_or_default());
    items.insert(id.to_owned(), item.clone());
    (Answer::json(200, item), true)
}

/// Creates or replaces: the same request twice makes one.
fn put(items: &mut Map<String, Value>, id: &str, call: &Call) -> (Answer, bool) {
    let Some(fields) = fields(call) else { return said(400, "an object is wanted") };
    let item = with_id(fields, id.into());
    let status = if items.insert(id.to_owned(), item.clone()).is_some() { 200 } else { 201 };
    (Answer::json(status, item), true)
}

fn removed(items: &mut Map<String, Value>, id: &str) -> (Answer, bool) {
    match items.shift_remove(id) {
        Some(_) => (Answer { status: 204, content_type: None, body: Body::Empty }, true),
        None => said(404, "nothing has this id"),
    }
}

fn fields(call: &Call) -> Option<Map<String, Value>> {
    call.body.as_ref().ok()?.as_object().cloned()
}

fn with_id(fields: Map<String, Value>, id: Value) -> Value {
    let own = fields.into_iter().filter(|(name, _)| name != "id");
    Value::Object([("id".to_owned(), id)].into_iter().chain(own).collect())
}

fn said(status: u16, error: &str) -> (Answer, bool) {
    (Answer::json(status, json!({"error": error})), false)
}
