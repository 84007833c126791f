//! The data of ConfigMaps and Secrets that are watched whole. Knows neither keys nor meaning.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::json;

use crate::cluster::client::Cluster;
use crate::cluster::failure::Failure;
use crate::cluster::kind::{Key, Kind};

/// Returns the text under a key, or `None` if there is no such key. Invalid UTF-8 is replaced.
pub(crate) fn text(kind: &Kind, object: &DynamicObject, key: &str) -> Option<String> {
    let value = object.data.get("data")?.get(key)?.as_str()?;
    if *kind != Kind::secrets() {
        return Some(value.to_owned());
    }
    let bytes = BASE64.decode(value).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the keys, in their order.
pub(crate) fn keys(object: &DynamicObject) -> Vec<String> {
    let data = object.data.get("data").and_then(serde_json::Value::as_object);
    data.into_iter().flat_map(|data| data.keys().cloned()).collect()
}

/// Applies an object that holds text, so that it has exactly these keys of ours.
///
/// # Errors
/// The write failed.
pub(crate) async fn write(
    cluster: &Cluster,
    kind: &Kind,
    key: &Key,
    texts: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let metadata = json!({ "name": key.name, "namespace": key.namespace });
    let manifest =
        json!({ "apiVersion": kind.api_version(), "kind": kind.kind, "metadata": metadata, "data": texts });
    let params = PatchParams::apply(cluster.field_manager()).force();
    let api = kind.api(cluster.client(), key.namespace.as_deref());
    cluster.ask(api.patch(&key.name, &params, &Patch::Apply(&manifest))).await.map(drop)
}

/// Returns whether both hold the same data.
pub(crate) fn same(one: &DynamicObject, other: &DynamicObject) -> bool {
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
    fn an_absent_key_has_no_text() {
        assert_eq!(text(&Kind::secrets(), &object(json!({})), "config"), None);
        assert_eq!(text(&Kind::secrets(), &object(Value::Null), "config"), None);
    }
}
