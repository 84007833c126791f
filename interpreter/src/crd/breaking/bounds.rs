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

/// Returns the ways in which the new schema of a value is stricter, as sentences that begin with its name.
pub(super) fn narrowed(was: &Value, is: &Value, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(default(was, is).map(|says| format!("{name} {says}")));
    found.extend(list_type(was, is).map(|says| format!("{name} {says}")));
    match (was["enum"].as_array(), is["enum"].as_array()) {
        (Some(values), _) => {
            let lost: Vec<&Value> = values.iter().filter(|value| !takes(is, value)).collect();
            if !lost.is_empty() {
                found.push(format!("{name} can no longer be {}", list(lost)));
            }
        }
        (None, Some(values)) => {
            found.push(format!("{name} must be {}, and was not held to that", list(values.iter().collect())))
        }
        (None, None) => found.extend(limits(was, is).map(|says| format!("{name} {says}"))),
    }
    found
}

/// Returns a name as sentences quote it.
pub(super) fn quoted(name: &str) -> String {
    format!("`{name}`")
}

fn limits(was: &Value, is: &Value) -> impl Iterator<Item = String> {
    let limit = |(key, rising, says): (&str, bool, &str)| {
        let new = is[key].as_f64()?;
        let narrower = was[key].as_f64().is_none_or(|old| if rising { new > old } else { new < old });
        let before =
            was.get(key).map_or("had no such limit".to_owned(), |old| format!("the limit was {old}"));
        narrower.then(|| format!("{}, and {before}", says.replace("{}", &is[key].to_string())))
    };
    let pattern = is["pattern"].as_str().filter(|new| was["pattern"].as_str() != Some(new));
    let pattern = pattern.map(|pattern| {
        let before = was["pattern"].as_str().map_or("anything did".to_owned(), |old| format!("`{old}` did"));
        format!("must match `{pattern}`, and {before}")
    });
    LIMITS.into_iter().filter_map(limit).chain(pattern).collect::<Vec<_>>().into_iter()
}

/// Describes a changed default, which would change omitted values. Skips objects that only group fields:
/// their empty default follows from their fields.
fn default(was: &Value, is: &Value) -> Option<String> {
    if was.get("properties").is_some() || is.get("properties").is_some() {
        return None;
    }
    match (was.get("default"), is.get("default")) {
        (old, new) if old == new => None,
        (None, Some(new)) => Some(format!("defaults to {}, and had no default", shown(new))),
        (Some(old), None) => Some(format!("has no default any more; it was {}", shown(old))),
        (Some(old), Some(new)) => Some(format!("defaults to {}; it was {}", shown(new), shown(old))),
        (None, None) => None,
    }
}

fn list_type(was: &Value, is: &Value) -> Option<String> {
    let keys = |schema: &Value| {
        let keys = schema["x-kubernetes-list-map-keys"].as_array()?;
        Some(keys.iter().map(shown).collect::<Vec<_>>().join(" and "))
    };
    let (old, new) = (keys(was), keys(is));
    let before = || {
        old.as_ref()
            .map_or("was replaced as a whole".to_owned(), |keys| format!("had them told apart by {keys}"))
    };
    match &new {
        _ if was["type"] != "array" || old == new => None,
        None => Some(format!("is replaced as a whole, and {}", before().replace("them", "its elements"))),
        Some(keys) => Some(format!("has its elements told apart by {keys}, and {}", before())),
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
