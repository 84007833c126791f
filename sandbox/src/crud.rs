//! A plain service under `/crud/`, for catalogs of other APIs: `widgets` with numbers given by the service
//! (POST), and `gadgets` with ids chosen by the client (PUT). Authenticates by a key in a header. Keeps no
//! state across restarts.

use serde_json::{Map, Value, json};

use crate::request::ApiRequest;
use crate::response::{ApiResponse, ResponseBody};

const PREFIX: &str = "/crud/";
const KEY: &str = "demo-key";

/// The widgets and the gadgets.
#[derive(Debug, Default)]
pub(crate) struct Crud {
    last_number: u64,
    widgets: Map<String, Value>,
    gadgets: Map<String, Value>,
}

impl Crud {
    /// Returns the response and whether anything changed, or `None` for a path outside `/crud/`.
    pub(crate) fn handle(&mut self, request: &ApiRequest) -> Option<(ApiResponse, bool)> {
        let path = request.path.strip_prefix(PREFIX)?;
        if request.api_key.as_deref() != Some(KEY) {
            return Some(error_response(401, "missing or wrong X-Api-Key"));
        }
        let (collection, id) =
            path.split_once('/').map_or((path, None), |(collection, id)| (collection, Some(id)));
        Some(match (collection, id, request.method.as_str()) {
            ("widgets", None, "GET") => list(&self.widgets, request),
            ("gadgets", None, "GET") => list(&self.gadgets, request),
            ("widgets", None, "POST") => self.post(request),
            ("widgets", Some(id), "PUT") => replace(&mut self.widgets, id, request),
            ("gadgets", Some(id), "PUT") => put(&mut self.gadgets, id, request),
            ("widgets", Some(id), "GET") => get(self.widgets.get(id)),
            ("gadgets", Some(id), "GET") => get(self.gadgets.get(id)),
            ("widgets", Some(id), "DELETE") => remove(&mut self.widgets, id),
            ("gadgets", Some(id), "DELETE") => remove(&mut self.gadgets, id),
            _ => error_response(404, "unknown path"),
        })
    }

    fn post(&mut self, request: &ApiRequest) -> (ApiResponse, bool) {
        let Some(fields) = fields(request) else { return error_response(400, "the body must be an object") };
        self.last_number += 1;
        let widget = with_id(fields, json!(self.last_number));
        self.widgets.insert(self.last_number.to_string(), widget.clone());
        (ApiResponse::json(201, widget), true)
    }
}

/// Lists a collection, or the requested page of it. Pages start at 1.
fn list(items: &Map<String, Value>, request: &ApiRequest) -> (ApiResponse, bool) {
    let query = request.query_pairs();
    let number = |name: &str| {
        query.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let size = number("perPage").unwrap_or(usize::MAX);
    let skipped = number("page").unwrap_or(1).saturating_sub(1).saturating_mul(size);
    let page: Vec<&Value> = items.values().skip(skipped).take(size).collect();
    (ApiResponse::json(200, json!(page)), false)
}

fn get(item: Option<&Value>) -> (ApiResponse, bool) {
    item.map_or_else(
        || error_response(404, "unknown id"),
        |item| (ApiResponse::json(200, item.clone()), false),
    )
}

fn replace(items: &mut Map<String, Value>, id: &str, request: &ApiRequest) -> (ApiResponse, bool) {
    let Some(old) = items.get(id) else { return error_response(404, "unknown id") };
    let Some(fields) = fields(request) else { return error_response(400, "the body must be an object") };
    let item = with_id(fields, old.get("id").cloned().unwrap_or_default());
    items.insert(id.to_owned(), item.clone());
    (ApiResponse::json(200, item), true)
}

/// Creates or replaces an item.
fn put(items: &mut Map<String, Value>, id: &str, request: &ApiRequest) -> (ApiResponse, bool) {
    let Some(fields) = fields(request) else { return error_response(400, "the body must be an object") };
    let item = with_id(fields, id.into());
    let status = if items.insert(id.to_owned(), item.clone()).is_some() { 200 } else { 201 };
    (ApiResponse::json(status, item), true)
}

fn remove(items: &mut Map<String, Value>, id: &str) -> (ApiResponse, bool) {
    match items.shift_remove(id) {
        Some(_) => (ApiResponse { status: 204, content_type: None, body: ResponseBody::Empty }, true),
        None => error_response(404, "unknown id"),
    }
}

fn fields(request: &ApiRequest) -> Option<Map<String, Value>> {
    request.body.as_ref().ok()?.as_object().cloned()
}

fn with_id(fields: Map<String, Value>, id: Value) -> Value {
    let own = fields.into_iter().filter(|(name, _)| name != "id");
    Value::Object([("id".to_owned(), id)].into_iter().chain(own).collect())
}

fn error_response(status: u16, error: &str) -> (ApiResponse, bool) {
    (ApiResponse::json(status, json!({"error": error})), false)
}
