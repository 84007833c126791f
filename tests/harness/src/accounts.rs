//! The two accounts of the sandbox, `demo` and `other`: their credentials as a namespace holds them, their
//! organisations, and the requests about an organisation.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::cloud::organisation;
use super::{Scene, World};

/// The first organisation of the account `other` alone.
pub const THEIRS: u32 = 1000;
/// The first organisation of both accounts.
pub const SHARED: u32 = 2000;

/// What a Secret says to be an account of the sandbox.
pub fn credentials(account: &str) -> String {
    let line = |key: &str, value: &str| format!("{key} = \"{account}-{value}\"\n");
    let lines = [
        ("token", "token"),
        ("secret", "secret"),
        ("consumerKey", "consumer"),
        ("consumerSecret", "consumer-secret"),
    ];
    format!("[api]\n{}", lines.map(|(key, value)| line(key, value)).concat())
}

pub async fn apply(scene: &Scene, name: &str, text: &str) {
    let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "data": { "config": BASE64_STANDARD.encode(text) } });
    scene.world.cluster.apply(&scene.secret(name), &secret).await.unwrap();
}

pub async fn share(world: &World) {
    let mut accounts = world.cloud.accounts().await;
    let shared: Vec<_> = (SHARED..SHARED + 10).map(organisation).collect();
    let theirs = (THEIRS..THEIRS + 10).map(organisation).chain(shared.clone());
    accounts["accounts"][1]["organisations"].as_array_mut().unwrap().extend(theirs.map(Value::from));
    accounts["accounts"][0]["organisations"]
        .as_array_mut()
        .unwrap()
        .extend(shared.into_iter().map(Value::from));
    world.cloud.set_accounts(accounts).await;
}

pub async fn scene(world: &Arc<World>, number: u32) -> Scene {
    Scene { organisation: organisation(number), ..world.scene().await }
}

/// The requests about this organisation, or about an add-on of it.
pub async fn requests_about(scene: &Scene, since: u64) -> Vec<Value> {
    let addons = scene.world.cloud.addons(&scene.organisation).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut words: Vec<String> =
        addons.iter().flat_map(|addon| [text(&addon["id"]), text(&addon["realId"])]).collect();
    words.retain(|word| !word.is_empty());
    words.push(scene.organisation.clone());
    let mut log = scene.world.cloud.log(since).await;
    log.retain(|entry| words.iter().any(|word| entry.to_string().contains(word.as_str())));
    log
}

pub fn record(object: &Value) -> Value {
    let text =
        object["metadata"]["annotations"]["operator.clever-cloud.com/record"].as_str().unwrap_or("null");
    serde_json::from_str(text).unwrap()
}
