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
            "of" => "Say with `of:` what each element is.",
            "fields" => "Say with `fields:` what stands in it.",
            "description" => "`kubectl explain` shows it.",
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
            let help = format!("It is for the type {}.", kinds.join(" or "));
            problems.report(
                Code::WrongBounds,
                &at(bound).key(),
                format!("`{bound}` means nothing for the type {kind}"),
                help,
            );
        }
    }
    for (least, most) in [("minLength", "maxLength"), ("minimum", "maximum")] {
        let number = |key: &str| at(key).value().as_f64();
        if number(least).zip(number(most)).is_some_and(|(least, most)| least > most) {
            problems.report(
                Code::WrongBounds,
                &at(least),
                format!("`{least}` is more than `{most}`"),
                "Nothing fits between them.",
            );
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
        let message = format!("this has no `{bound}`, and rules about it are refused");
        problems.report(
            Code::Unbounded,
            &place.key(),
            message,
            format!("Write `{bound}:` with the largest that makes sense."),
        );
    }
}

/// Checks that a list of objects has keys that identify its elements.
fn check_keys(kind: &Node, keys: &Node, of: &Node, problems: &mut Problems) {
    if kind.text() != Some("list") || of.at("type").text() != Some("object") {
        return;
    }
    if !keys.exists() {
        let help = "Write `keys:` with the fields that tell the elements apart.";
        problems.report(
            Code::IncompleteField,
            &of.key(),
            "nothing tells the elements of this list apart",
            help,
        );
    }
    for key in keys.elements() {
        let name = key.text_or_empty();
        if !of.at("fields").at(&name).exists() {
            problems.report(
                Code::UnknownField,
                &key,
                format!("the elements have no field `{name}`"),
                "Name fields of the elements.",
            );
        }
    }
}
