//! What stands under the keys of a ConfigMap or of a Secret that is followed whole. Knows neither key nor meaning.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::json;

use super::{Cluster, Failure, Key, Kind};

/// The text under this key; none: there is no such key. What is not UTF-8 in it is replaced.
pub fn text(kind: &Kind, object: &DynamicObject, key: &str) -> Option<String> {
    let value = object.data.get("data")?.get(key)?.as_str()?;
    if *kind != Kind::secrets() {
        return Some(value.to_owned());
    }
    let bytes = BASE64.decode(value).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The keys, in their order.
pub fn keys(object: &DynamicObject) -> Vec<String> {
    let data = object.data.get("data").and_then(serde_json::Value::as_object);
    data.into_iter().flat_map(|data| data.keys().cloned()).collect()
}

/// Makes an object of a kind with text in it hold these keys of ours, and no other ones of ours.
///
/// # Errors
/// Whatever came back.
pub async fn write(cluster: &Cluster, kind: &Kind, key: &Key, texts: &BTreeMap<String, String>) -> Result<(), Failure> {
    let metadata = json!({ "name": key.name, "namespace": key.namespace });
    let manifest = json!({ "apiVersion": kind.api_version(), "kind": kind.kind, "metadata": metadata, "data": texts });
    let params = PatchParams::apply(cluster.field_manager()).force();
    let api = kind.api(cluster.client(), key.namespace.as_deref());
    cluster.ask(api.patch(&key.name, &params, &Patch::Apply(&manifest))).await.map(drop)
}

/// Whether both hold the same under every key.
pub fn same(one: &DynamicObject, other: &DynamicObject) -> bool {
    one.data.get("data") == other.data.get("data")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn object(data: Value) -> DynamicObject {
        serde_json::from_value(json!({ "metadata": { "name": "a" }, "data": data })).unwrap()
    }

    #[test]
    fn a_secret_is_decoded_and_a_config_map_is_not() {
        let held = object(json!({ "config": "W2FwaV0=" }));
        assert_eq!(text(&Kind::secrets(), &held, "config").as_deref(), Some("[api]"));
        assert_eq!(text(&Kind::config_maps(), &held, "config").as_deref(), Some("W2FwaV0="));
    }

    #[test]
    fn a_key_that_is_not_there_has_no_text() {
        assert_eq!(text(&Kind::secrets(), &object(json!({})), "config"), None);
        assert_eq!(text(&Kind::secrets(), &object(Value::Null), "config"), None);
    }
}
