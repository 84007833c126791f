//! The Secret: its name, its content, its shape, and what happens when the API server refuses it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod current;
mod defaults;
mod left_behind;
mod names;
mod privileges;
mod refused;
mod shapes;

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// The keys of a Secret with their values in clear text.
fn decoded(secret: &Value) -> BTreeMap<String, String> {
    let plain =
        |value: &Value| String::from_utf8(BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()).unwrap();
    secret["data"].as_object().into_iter().flatten().map(|(key, value)| (key.clone(), plain(value))).collect()
}
