//! What the status tells of an add-on: how to reach it, and the fields of its kind. Never a password.

use serde_json::{Map, Value, json};

use crate::catalog::{Addon, Binding, Identity};
use crate::exchange::{evaluate, text};

/// `status.connection`: where the add-on is, and in which Secret the rest stands.
pub fn connection(binding: Option<&Binding>, outputs: &Value, secret: &str) -> Value {
    let output = |entry: &str| outputs.get(binding?.entries.get(entry)?).and_then(text).filter(|text| !text.is_empty());
    let mut connection = Map::new();
    for (field, entry) in [("host", "host"), ("port", "port"), ("database", "database"), ("user", "username")] {
        let value =
            output(entry).and_then(|text| if field == "port" { text.parse::<u16>().ok().map(Value::from) } else { Some(text.into()) });
        connection.extend(value.map(|value| (field.to_owned(), value)));
    }
    connection.insert("secretName".into(), secret.into());
    Value::Object(connection)
}

/// The fields of the status that are this kind's own; what has no value yet is left out.
pub fn status(addon: &Addon, root: &Value) -> Map<String, Value> {
    let mut status = Map::new();
    let counted = addon.resource.scale.as_ref().map(|(_, mirror)| mirror);
    for field in &addon.status {
        let value = evaluate(&field.value, root).ok().flatten();
        let value = match value {
            Some(value) if counted == Some(&field.path) => text(&value).and_then(|text| text.parse::<i64>().ok()).map(Value::from),
            Some(value) => text(&value).filter(|text| !text.is_empty()).map(Value::from),
            None => None,
        };
        if let (Some(value), Some((last, parents))) = (value, field.path.split_last()) {
            insert(&mut status, parents, last, value);
        }
    }
    status
}

/// The fields of the status that show the ids, each with the id's name: `addon` for the first, `realId` for one called `real`.
pub fn id_fields(identity: &Identity) -> Vec<(String, String)> {
    let first = ["addon", "id"].into_iter().find(|name| identity.ids.contains_key(*name));
    let first = first.or_else(|| identity.ids.keys().next().map(String::as_str));
    let field = |name: &String| if Some(name.as_str()) == first { "addon".to_owned() } else { format!("{name}Id") };
    identity.ids.keys().map(|name| (field(name), name.clone())).collect()
}

fn insert(object: &mut Map<String, Value>, parents: &[String], last: &str, value: Value) {
    match parents.split_first() {
        None => {
            object.insert(last.to_owned(), value);
        }
        Some((parent, parents)) => {
            let inner = object.entry(parent.clone()).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                insert(inner, parents, last, value);
            }
        }
    }
}
