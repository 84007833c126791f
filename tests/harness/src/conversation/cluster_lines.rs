//! What was written into the cluster, from the API server's audit log.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Remark, Said};
use crate::placeholders::Placeholders;

const RECORD: &str = "operator.clever-cloud.com/record";

/// What was written last: only what a write changes is worth a line.
#[derive(Default)]
pub(crate) struct Written(BTreeMap<String, Map<String, Value>>);

pub(crate) fn remark(write: Value) -> Remark {
    // An event is sent besides, while other things go on; when it happened stands in it.
    let happened =
        write["requestObject"]["eventTime"].as_str().or(write["requestReceivedTimestamp"].as_str());
    let at: Timestamp = happened.unwrap().parse().unwrap();
    let micros = u64::try_from(at.as_microsecond()).unwrap();
    Remark { at: Duration::from_micros(micros), said: Said::Cluster(write) }
}

/// Learns what a write says of itself that differs from run to run.
pub(crate) fn learn(placeholders: &mut Placeholders, write: &Value) {
    let object = &write["responseObject"];
    if write["objectRef"]["resource"] == "secrets" {
        for (key, value) in object["data"].as_object().into_iter().flatten() {
            let value = String::from_utf8(BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()).unwrap();
            placeholders.learn(&value, key);
        }
    } else if let Some(record) = object["metadata"]["annotations"][RECORD].as_str() {
        let record: Value = serde_json::from_str(record).unwrap();
        placeholders.learn(record["uid"].as_str().unwrap_or_default(), "uid");
        placeholders.learn(record["attempt"]["nonce"].as_str().unwrap_or_default(), "nonce");
    }
}

impl Written {
    pub(crate) fn line(&mut self, write: &Value) -> String {
        let text = |pointer: &str| write.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let name = [text("/objectRef/name"), text("/responseObject/metadata/name")]
            .into_iter()
            .find(|name| !name.is_empty());
        let object = format!("{}/{}", text("/objectRef/resource"), name.unwrap_or_default());
        let asked = &write["requestObject"];
        let (what, details) = match (text("/objectRef/resource"), text("/objectRef/subresource")) {
            ("events", _) => ("events".to_owned(), event(asked)),
            ("secrets", _) => (object, secret(asked)),
            (_, "status") => (format!("{object}/status"), self.status(&object, asked)),
            (_, _) => (object.clone(), self.metadata(&object, &asked["metadata"])),
        };
        let code = write["responseStatus"]["code"].as_u64().unwrap_or_default();
        let refused =
            if code < 300 { String::new() } else { format!(" {}", text("/responseStatus/message")) };
        let details: String = details.iter().map(|detail| format!("         {detail}\n")).collect();
        format!("kube   {:6} {what} -> {code}{refused}\n{details}", method(text("/verb")))
    }

    fn status(&mut self, object: &str, patch: &Value) -> Vec<String> {
        let after =
            patch.as_array().and_then(|operations| operations.iter().find(|one| one["path"] == "/status"));
        let mut after = after.and_then(|one| one["value"].as_object()).cloned().unwrap_or_default();
        let conditions = after.shift_remove("conditions").unwrap_or_default();
        for condition in conditions.as_array().into_iter().flatten() {
            let text = |field: &str| condition[field].as_str().unwrap_or_default();
            let told = format!("{} {} {}", text("status"), text("reason"), text("message"));
            after.insert(text("type").to_owned(), told.trim_end().into());
        }
        self.changes(object, "", after)
    }

    fn metadata(&mut self, object: &str, metadata: &Value) -> Vec<String> {
        let finalizers = Some(&metadata["finalizers"]).filter(|finalizers| !finalizers.is_null());
        let finalizers = finalizers.map(|finalizers| format!("finalizers: {finalizers}"));
        let record =
            metadata["annotations"][RECORD].as_str().and_then(|record| serde_json::from_str(record).ok());
        let record = record.map(|record| self.changes(object, "record.", record)).unwrap_or_default();
        finalizers.into_iter().chain(record).collect()
    }

    fn changes(&mut self, object: &str, prefix: &str, after: Map<String, Value>) -> Vec<String> {
        let before = self.0.insert(format!("{object} {prefix}"), after.clone()).unwrap_or_default();
        let gone =
            before.keys().filter(|key| !after.contains_key(*key)).map(|key| format!("{prefix}{key}: -"));
        let changed = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
        changed.map(|(key, value)| format!("{prefix}{key}: {}", plain(value))).chain(gone).collect()
    }
}

fn method(verb: &str) -> &str {
    match verb {
        "create" => "POST",
        "update" => "PUT",
        "patch" => "PATCH",
        other => other,
    }
}

fn event(event: &Value) -> Vec<String> {
    let text = |field: &str| event[field].as_str().unwrap_or_default();
    vec![format!("{} {} ({}) {}", text("type"), text("reason"), text("action"), text("note"))]
}

/// Which keys, and never their values.
fn secret(secret: &Value) -> Vec<String> {
    let keys = ["data", "stringData"].iter().flat_map(|part| secret[*part].as_object().into_iter().flatten());
    let keys: Vec<_> = keys.map(|(key, _)| key.as_str()).collect();
    vec![format!("keys: {}", keys.join(" "))]
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
