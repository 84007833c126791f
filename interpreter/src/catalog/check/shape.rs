//! Checks types and bounds of a field, down to the elements of its lists and maps.

use crate::catalog::Code;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;

/// Bounds, each with the types that it applies to.
const BOUNDS: [(&str, &[&str]); 9] = [
    ("minLength", &["string"]),
    ("maxLength", &["string"]),
    ("pattern", &["string"]),
    ("minimum", &["integer", "number"]),
    ("maximum", &["integer", "number"]),
    ("of", &["map", "list"]),
    ("maxItems", &["map", "list"]),
    ("keys", &["list"]),
    ("fields", &["object"]),
];

/// Checks the definition of a type: of a field, an element or a member. `place` is the position of the
/// definition.
pub(super) fn check<'a>(at: &dyn Fn(&str) -> Node<'a>, place: &Node, problems: &mut Problems) {
    check_complete(at, place, problems);
    check_bounds(at, problems);
    check_bounded(at, place, problems);
    let of = at("of");
    if of.exists() {
        check(&|key| if key == "description" { at(key) } else { of.at(key) }, &of, problems);
        check_keys(&at("type"), &at("keys"), &of, problems);
    }
    for (_, member) in at("fields").entries() {
        check(&|key| member.at(key), &member, problems);
    }
}

fn check_complete<'a>(at: &dyn Fn(&str) -> Node<'a>, place: &Node, problems: &mut Problems) {
    let kind = at("type");
    let below = match kind.text() {
        Some("map" | "list") => Some("of"),
        Some("object") => Some("fields"),
        _ => None,
    };
    for key in ["type", "description"].into_iter().chain(below).filter(|key| !at(key).exists()) {
        let help = match key {
            "of" => "Write with `of:` the type of each element.",
            "fields" => "Write with `fields:` the fields of the object.",
            "description" => "Write one sentence; `kubectl explain` shows it.",
            _ => {
                "Write `type: string`, `integer`, `number`, `boolean`, `map`, `list` or `object`; or `is:` with a field of the API."
            }
        };
        problems.report(Code::IncompleteField, &place.key(), format!("the field has no `{key}`"), help);
    }
}

fn check_bounds<'a>(at: &dyn Fn(&str) -> Node<'a>, problems: &mut Problems) {
    let kind = at("type").text_or_empty();
    for (bound, kinds) in BOUNDS {
        if at(bound).exists() && !kind.is_empty() && !kinds.contains(&kind.as_str()) {
            let help = format!("It applies to the type {}.", kinds.join(" or "));
            let message = format!("`{bound}` does not apply to the type {kind}");
            problems.report(Code::WrongBounds, &at(bound).key(), message, help);
        }
    }
    for (least, most) in [("minLength", "maxLength"), ("minimum", "maximum")] {
        let number = |key: &str| at(key).value().as_f64();
        if number(least).zip(number(most)).is_some_and(|(least, most)| least > most) {
            let help = "Lower one or raise the other; no value fits between them.";
            problems.report(Code::WrongBounds, &at(least), format!("`{least}` is more than `{most}`"), help);
        }
    }
}

/// Checks that a type has an upper bound. The API server refuses rules about unbounded values, because it
/// cannot estimate their cost.
fn check_bounded<'a>(at: &dyn Fn(&str) -> Node<'a>, place: &Node, problems: &mut Problems) {
    let bound = match at("type").text() {
        Some("string") if !at("oneOf").value().is_array() => "maxLength",
        Some("map" | "list") => "maxItems",
        _ => return,
    };
    if !at(bound).exists() {
        let message =
            format!("`{bound}` is missing: the API server rejects validation rules for unbounded values");
        let help = format!("Write `{bound}:` with the largest value that makes sense.");
        problems.report(Code::Unbounded, &place.key(), message, help);
    }
}

/// Checks that a list of objects has keys that identify its elements.
fn check_keys(kind: &Node, keys: &Node, of: &Node, problems: &mut Problems) {
    if kind.text() != Some("list") || of.at("type").text() != Some("object") {
        return;
    }
    if !keys.exists() {
        let help = "Write `keys:` with the fields that identify an element, or `keys: []` if there are none.";
        problems.report(Code::IncompleteField, &of.key(), "this list of objects has no `keys`", help);
    }
    for key in keys.elements() {
        let name = key.text_or_empty();
        if !of.at("fields").at(&name).exists() {
            let help = "Write the names of fields of the elements.";
            problems.report(Code::UnknownField, &key, format!("the elements have no field `{name}`"), help);
        }
    }
}
