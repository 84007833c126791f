//! Breaking changes in the fields of spec and status: removed fields, newly required fields, and stricter
//! bounds.

use serde_json::{Map, Value};

use crate::catalog::{Addon, Direction, Field};
use crate::crd::breaking::bounds;
use crate::crd::breaking::bounds::quoted;
use crate::crd::breaking::{Breaking, Change, REMOVED, REQUIRED, whole_kind};
use crate::crd::spec::{self, is_frozen};
use crate::crd::status;

/// Characters that mark an element of a list or a map in sentences; no field name contains them.
const MARKS: [char; 4] = ['[', ']', '{', '}'];

/// Schema of a field, before and after.
#[derive(Clone, Copy)]
struct Pair<'a> {
    was: &'a Value,
    is: &'a Value,
}

/// Returns the breaking changes of the spec's schema, and the fields that become immutable.
pub(super) fn spec(old: &Addon, new: &Addon) -> Vec<Breaking> {
    let (was, is) = (spec::spec(old), spec::spec(new));
    let mut found = Vec::new();
    compare(&Pair { was: &was, is: &is }, &[], &mut found);
    for (was, is) in common(old, new) {
        found.extend(held(was, is).map(|(name, says)| {
            let change = Change::new(&subject(&is.path), name, "", "");
            Breaking { path: is.path.clone(), change, says }
        }));
    }
    found
}

/// Returns the fields removed from the status, which users and programs read. Bounds do not matter: only the
/// operator writes it.
pub(super) fn status(old: &Addon, new: &Addon) -> Vec<Breaking> {
    let (was, is) = (status::status(old), status::status(new));
    let mut gone = Vec::new();
    lost(&was, &is, "status", &mut gone);
    gone
}

fn common<'a>(old: &'a Addon, new: &'a Addon) -> impl Iterator<Item = (&'a Field, &'a Field)> {
    let placed = old.fields.iter().filter(|field| !field.path.is_empty());
    placed.filter_map(|was| Some((was, new.fields.iter().find(|is| is.path == was.path)?)))
}

/// Describes an edit that was allowed on a field of an existing add-on, and no longer is.
fn held(was: &Field, is: &Field) -> Option<(&'static str, String)> {
    let name = written(&is.path);
    let can_change = |field: &Field| field.changes.is_some() || field.free;
    if (can_change(was) && !can_change(is)) || (is_frozen(is) && !is_frozen(was)) {
        return Some(("immutable", format!("{name} can no longer be changed after creation")));
    }
    let direction = |field: &Field| field.changes.as_ref().and_then(|changes| changes.only);
    match (direction(was), direction(is)) {
        (was, Some(Direction::Up)) if was != Some(Direction::Up) && can_change(is) => {
            Some(("only-up", format!("{name} can only go up")))
        }
        (was, Some(Direction::Down)) if was != Some(Direction::Down) && can_change(is) => {
            Some(("only-down", format!("{name} can only go down")))
        }
        (_, _) => None,
    }
}

fn compare(pair: &Pair, path: &[String], found: &mut Vec<Breaking>) {
    let Pair { was, is } = *pair;
    let name = written(path);
    if was["type"] != is["type"] {
        let says = format!("{name} is {} (before: {})", kind(is), kind(was));
        found.push(at(path, of_type(&subject(path), was, is), says));
        return;
    }
    found.extend(bounds::narrowed(was, is).into_iter().map(|narrowing| {
        let change = Change::new(&subject(path), narrowing.keyword, &narrowing.was, &narrowing.is);
        at(path, change, format!("{name} {}", narrowing.says))
    }));
    let (old, new) = (properties(was), properties(is));
    for (key, was) in old {
        let below = [path, std::slice::from_ref(key)].concat();
        match new.get(key) {
            None => {
                let change = Change::new(&subject(&below), REMOVED, "", "");
                found.push(at(&below, change, format!("{} was removed", written(&below))));
            }
            Some(is) => compare(&Pair { was, is }, &below, found),
        }
    }
    for key in required(is).filter(|key| !required(was).any(|other| other == *key)) {
        let below = [path, &[key.to_owned()]].concat();
        let name = written(&below);
        // A group of fields is required only because one of its fields is.
        let because_of_one = |one: &Breaking| {
            one.path.len() > below.len() && one.path.starts_with(&below) && one.change.name == REQUIRED
        };
        if !found.iter().any(because_of_one) {
            let says = if old.contains_key(key) {
                format!("{name} must be set (before: optional)")
            } else {
                format!("{name} is new and must be set")
            };
            found.push(at(&below, Change::new(&subject(&below), REQUIRED, "", ""), says));
        }
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some((was, is)) = was.get(key).zip(is.get(key)) {
            compare(&Pair { was, is }, &marked(path, mark), found);
        }
    }
}

/// Returns a change at a field of the spec; for a change inside of a list or map, at the list or map.
fn at(path: &[String], change: Change, says: String) -> Breaking {
    let inside = path.iter().position(|name| name.ends_with(MARKS));
    let path = path.iter().take(inside.map_or(path.len(), |depth| depth + 1));
    Breaking { path: path.map(|name| name.trim_end_matches(MARKS).to_owned()).collect(), change, says }
}

fn of_type(subject: &str, was: &Value, is: &Value) -> Change {
    Change::new(subject, "type", &was["type"].to_string(), &is["type"].to_string())
}

/// Returns the path of an element: its list's path with brackets.
fn marked(path: &[String], mark: &str) -> Vec<String> {
    let mut path = path.to_vec();
    if let Some(last) = path.last_mut() {
        last.push_str(mark);
    }
    path
}

fn lost(was: &Value, is: &Value, path: &str, gone: &mut Vec<Breaking>) {
    if was["type"] != is["type"] {
        let says = format!("`{path}` is {} (before: {})", kind(is), kind(was));
        gone.push(whole_kind(of_type(path, was, is), says));
        return;
    }
    for (key, was) in properties(was) {
        let path = format!("{path}.{key}");
        match is["properties"].get(key) {
            None => {
                let change = Change::new(&path, REMOVED, "", "");
                gone.push(whole_kind(change, format!("`{path}` was removed")));
            }
            Some(is) => lost(was, is, &path, gone),
        }
    }
}

fn properties(schema: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    schema["properties"].as_object().unwrap_or(&NONE)
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn written(path: &[String]) -> String {
    quoted(&subject(path))
}

/// The field of the spec at this path, as the description and the stable form name it.
fn subject(path: &[String]) -> String {
    [&["spec".to_owned()], path].concat().join(".")
}

fn kind(schema: &Value) -> &'static str {
    match schema["type"].as_str().unwrap_or_default() {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        _ if schema.get("additionalProperties").is_some() => "a map",
        _ => "an object",
    }
}
