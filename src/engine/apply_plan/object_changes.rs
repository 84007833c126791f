//! Differences between the stored object and the one that an apply would store.

use interpreter::catalog::Addon;
use kube::api::DynamicObject;
use serde_json::{Map, Value, json};

use crate::cluster::dry_run::LAST_APPLIED;
use crate::engine::apply_plan::confidential;
use crate::engine::apply_plan::types::FieldChange;

/// Metadata that the API server writes.
const OF_API_SERVER: [&str; 8] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "uid",
    "creationTimestamp",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// Returns the fields that differ. A value that may be secret is left out.
pub(super) fn field_changes(addon: &Addon, live: &DynamicObject, new: &DynamicObject) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    collect(&mut changes, &[], &user_parts(live), &user_parts(new));
    changes
        .into_iter()
        .map(|(path, from, to)| {
            let parts: Vec<_> = path.iter().map(String::as_str).collect();
            let confidential = confidential::touches(addon, &parts);
            let (from, to) = if confidential { (Value::Null, Value::Null) } else { (from, to) };
            FieldChange { field: path.join("."), from, to, confidential }
        })
        .collect()
}

/// Returns the parts of an object that its clients write.
fn user_parts(object: &DynamicObject) -> Value {
    let mut metadata = serde_json::to_value(&object.metadata).unwrap_or_default();
    if let Some(members) = metadata.as_object_mut() {
        members.retain(|key, _| !OF_API_SERVER.contains(&key.as_str()));
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.retain(|key, _| key != LAST_APPLIED);
    }
    let spec = object.data.get("spec").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    json!({ "spec": spec, "metadata": metadata })
}

type Change = (Vec<String>, Value, Value);

fn collect(changes: &mut Vec<Change>, path: &[String], from: &Value, to: &Value) {
    let empty = Map::new();
    let (Some(before), Some(after)) = (members(from, &empty), members(to, &empty)) else {
        if from != to {
            changes.push((path.to_vec(), from.clone(), to.clone()));
        }
        return;
    };
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    for key in keys {
        let path: Vec<_> = path.iter().chain([key]).cloned().collect();
        let value = |of: &Map<String, Value>| of.get(key).cloned().unwrap_or_default();
        collect(changes, &path, &value(before), &value(after));
    }
}

/// Returns the members of an object; those of a missing one are none.
fn members<'a>(value: &'a Value, empty: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members),
        Value::Null => Some(empty),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}
