//! Compares the schemas of one value: accepted values, and the effect of omitting it.

use serde_json::Value;

use crate::catalog::takes;

/// Limits: keyword, true when a larger number is stricter, and the message.
const LIMITS: [(&str, bool, &str); 7] = [
    ("minimum", true, "must be at least {}"),
    ("maximum", false, "must be at most {}"),
    ("minLength", true, "must have at least {} characters"),
    ("maxLength", false, "may have at most {} characters"),
    ("minItems", true, "must have at least {} elements"),
    ("maxItems", false, "may have at most {} elements"),
    ("maxProperties", false, "may have at most {} entries"),
];

/// Keyword for the fields that identify the elements of a list.
const LIST_KEYS: &str = "x-kubernetes-list-map-keys";

/// Way in which a schema is stricter: the keyword, its values before and after, and the predicate of the
/// sentence that describes it.
pub(super) struct Narrowing {
    pub(super) keyword: &'static str,
    pub(super) was: String,
    pub(super) is: String,
    pub(super) says: String,
}

/// Returns the ways in which the new schema of a value is stricter.
pub(super) fn narrowed(was: &Value, is: &Value) -> Vec<Narrowing> {
    let narrowing = |keyword: &'static str, says: String| Narrowing {
        keyword,
        was: was[keyword].to_string(),
        is: is[keyword].to_string(),
        says,
    };
    let mut found = Vec::new();
    found.extend(default(was, is).map(|says| narrowing("default", says)));
    found.extend(list_type(was, is).map(|says| narrowing(LIST_KEYS, says)));
    match (was["enum"].as_array(), is["enum"].as_array()) {
        (Some(values), _) => {
            let lost: Vec<&Value> = values.iter().filter(|value| !takes(is, value)).collect();
            if !lost.is_empty() {
                found.push(narrowing("enum", format!("can no longer be {}", list(lost))));
            }
        }
        (None, Some(values)) => {
            let says = format!("must be {} (before: any value)", list(values.iter().collect()));
            found.push(narrowing("enum", says));
        }
        (None, None) => {
            found.extend(limits(was, is).into_iter().map(|(keyword, says)| narrowing(keyword, says)))
        }
    }
    found
}

/// Returns a name as sentences quote it.
pub(super) fn quoted(name: &str) -> String {
    format!("`{name}`")
}

fn limits(was: &Value, is: &Value) -> Vec<(&'static str, String)> {
    let limit = |(key, rising, says): (&'static str, bool, &str)| {
        let new = is[key].as_f64()?;
        let narrower = was[key].as_f64().is_none_or(|old| if rising { new > old } else { new < old });
        let before = was.get(key).map_or("no limit".to_owned(), ToString::to_string);
        narrower.then(|| (key, format!("{} (before: {before})", says.replace("{}", &is[key].to_string()))))
    };
    let pattern = is["pattern"].as_str().filter(|new| was["pattern"].as_str() != Some(new));
    let pattern = pattern.map(|pattern| {
        let before = was["pattern"].as_str().map_or("any text".to_owned(), |old| format!("`{old}`"));
        ("pattern", format!("must match `{pattern}` (before: {before})"))
    });
    LIMITS.into_iter().filter_map(limit).chain(pattern).collect()
}

/// Describes a changed default, which would change omitted values. Skips objects that only group fields:
/// their empty default follows from their fields.
fn default(was: &Value, is: &Value) -> Option<String> {
    if was.get("properties").is_some() || is.get("properties").is_some() {
        return None;
    }
    match (was.get("default"), is.get("default")) {
        (old, new) if old == new => None,
        (None, Some(new)) => Some(format!("defaults to {} (before: no default)", shown(new))),
        (Some(old), None) => Some(format!("no longer has a default (before: {})", shown(old))),
        (Some(old), Some(new)) => Some(format!("defaults to {} (before: {})", shown(new), shown(old))),
        (None, None) => None,
    }
}

fn list_type(was: &Value, is: &Value) -> Option<String> {
    let keys = |schema: &Value| {
        let keys = schema[LIST_KEYS].as_array()?;
        Some(keys.iter().map(shown).collect::<Vec<_>>().join(" and "))
    };
    let (old, new) = (keys(was), keys(is));
    let before = || {
        old.as_ref().map_or("replaced as a whole".to_owned(), |keys| format!("elements identified by {keys}"))
    };
    match &new {
        _ if was["type"] != "array" || old == new => None,
        None => Some(format!("is replaced as a whole (before: {})", before())),
        Some(keys) => Some(format!("identifies its elements by {keys} (before: {})", before())),
    }
}

fn list(values: Vec<&Value>) -> String {
    let shown: Vec<String> = values.into_iter().map(shown).collect();
    match shown.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        all => all.concat(),
    }
}

fn shown(value: &Value) -> String {
    quoted(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
