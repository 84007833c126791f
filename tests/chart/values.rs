//! The values of the chart, as its schema has them: where each stands, and how one is set.

use std::fs;

use serde_json::{Map, Value, json};

use harness::helm::CHART;

/// Handed down by helm, and used by nothing here.
const FOREIGN: &str = "global";

/// A place in the schema.
pub(super) struct Place {
    /// The keys that lead there.
    pub(super) path: Vec<String>,
    /// What may stand there, references followed.
    pub(super) schema: Value,
    /// A map with known keys, which are places themselves.
    pub(super) is_map: bool,
}

impl Place {
    /// Its keys with dots between them.
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }
}

/// Every place of the schema, maps before what is in them.
pub(super) fn places() -> Vec<Place> {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(format!("{CHART}/values.schema.json")).unwrap()).unwrap();
    let mut places = Vec::new();
    collect(&schema, &schema, &[], &mut places);
    places
}

/// The names of those that hold something themselves.
pub(super) fn leaves() -> Vec<String> {
    places().iter().filter(|place| !place.is_map).map(Place::name).collect()
}

fn collect(root: &Value, schema: &Value, path: &[String], places: &mut Vec<Place>) {
    let schema = followed(root, schema);
    let known = schema["properties"].as_object().filter(|_| schema["additionalProperties"] == false);
    places.push(Place { path: path.to_vec(), schema: schema.clone(), is_map: known.is_some() });
    for (key, inner) in known.into_iter().flatten().filter(|(key, _)| *key != FOREIGN) {
        collect(root, inner, &[path, std::slice::from_ref(key)].concat(), places);
    }
}

fn followed<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    schema["$ref"]
        .as_str()
        .map_or(schema, |reference| root.pointer(reference.trim_start_matches('#')).unwrap())
}

/// These values with one more, by its keys.
pub(super) fn with<S: AsRef<str>>(values: &Value, path: &[S], value: Value) -> Value {
    let Some((key, rest)) = path.split_first() else {
        return value;
    };
    let mut map = values.as_object().cloned().unwrap_or_default();
    let inner = with(map.get(key.as_ref()).unwrap_or(&Value::Object(Map::new())), rest, value);
    map.insert(key.as_ref().to_owned(), inner);
    json!(map)
}

/// A YAML file of this folder.
pub(super) fn table(name: &str) -> Vec<Value> {
    serde_yaml::from_str(&fs::read_to_string(format!("tests/chart/{name}.yaml")).unwrap()).unwrap()
}
