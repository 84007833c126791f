//! Checks the fields of a spec: their paths, their accepted values, and their use in requests.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog::check::connection_secret::CONNECTION_SECRET;
use crate::catalog::check::fit::{misfits, misfits_type, type_name};
use crate::catalog::check::shape;
use crate::catalog::compile::addon::Entry;
use crate::catalog::compile::field::Written;
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Api, Code, Compare, Expression, Field, FieldType, OneOf};

/// Checks the fields that add-ons inherit from an API.
pub(super) fn check_shared(node: &Node, api: &Api, problems: &mut Problems) {
    for (name, definition) in node.at("fields").entries() {
        let Some(field) = api.fields.get(name) else { continue };
        check_field(&Written::shared(name, definition), field, problems);
        check_offer(&node.at("offers"), &node.at("fields").at(name).at("oneOf"), field, problems);
    }
}

/// Checks the fields of an add-on.
pub(super) fn check(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    let shared = entry.api_node.at("fields");
    for ((_, own), field) in entry.node.at("spec").entries().into_iter().zip(&addon.fields) {
        let written = Written::in_spec(own, &shared, &mut Problems::default());
        check_field(&written, field, problems);
        check_change(&written, field, addon, problems);
        check_offer(&entry.api_node.at("offers"), &written.at("oneOf"), field, problems);
    }
    check_paths(&entry.node.at("spec"), problems);
    check_reserved(&entry.node.at("spec"), problems);
    check_placed_once(entry, addon, problems);
    check_sent_once(&entry.node, addon, problems);
    for (name, value) in entry.node.at("fixed").entries() {
        let fixed =
            addon.fields.iter().find(|field| field.path.is_empty() && field.shared.as_deref() == Some(name));
        let Some(Field { fixed: Some(Expression::Literal(literal)), .. }) = fixed else { continue };
        check_value(&value, literal, fixed, problems);
    }
}

fn check_field(written: &Written, field: &Field, problems: &mut Problems) {
    if problems.is_wrong(&written.own) {
        return;
    }
    if written.has_own_shape() {
        shape::check(&|key| written.at(key), &written.own, problems);
    }
    if problems.is_wrong(&written.own) {
        return;
    }
    if let Some(Expression::Literal(literal)) = &field.default {
        check_value(&written.at("default"), literal, Some(field), problems);
    }
    if let Some(absent) = &field.absent {
        check_value(&written.at("absent"), absent, Some(field), problems);
    }
    check_values(written, field, problems);
    check_use(written, field, problems);
}

fn check_value(node: &Node, value: &Value, field: Option<&Field>, problems: &mut Problems) {
    for misfit in field.map(|field| misfits(value, field)).unwrap_or_default() {
        let help = "Write a value that is valid for the field.";
        problems.report(Code::DefaultDoesNotFit, node, misfit.why, help);
    }
}

fn check_values(written: &Written, field: &Field, problems: &mut Problems) {
    if let Some(OneOf::Values(values)) = &field.one_of {
        for (value, node) in values.iter().zip(written.at("oneOf").elements()) {
            for misfit in misfits_type(value, &field.kind) {
                let help = "Write values that are valid for the field's type.";
                problems.report(Code::ValueDoesNotFit, &node, misfit.why, help);
            }
        }
    }
    for (key, sent) in written.at("values").entries() {
        if !key_fits(key, &field.kind) {
            let message = format!("`{key}` is not {}, so users can never write it", type_name(&field.kind));
            let help = "Write on the left the value that users write, and on the right the value to send.";
            problems.report(Code::ValueDoesNotFit, &sent.key(), message, help);
        } else if sent.text() == Some(key) {
            let message = format!("`{key}` is sent unchanged without this line too");
            problems.report(Code::ForNothing, &sent.key(), message, "Remove this line.");
        }
    }
}

fn key_fits(key: &str, kind: &FieldType) -> bool {
    let value = if let FieldType::Text(_) = kind {
        Value::from(key)
    } else {
        serde_json::from_str(key).unwrap_or(Value::Null)
    };
    misfits_type(&value, kind).is_empty()
}

/// Checks for settings that have no effect without others, or for this type.
fn check_use(written: &Written, field: &Field, problems: &mut Problems) {
    let ordered = matches!(field.kind, FieldType::Integer(_) | FieldType::Number(_) | FieldType::Text(_));
    let directed = field.changes.as_ref().is_some_and(|changes| changes.only.is_some());
    if directed && (!ordered || matches!(field.one_of, Some(OneOf::Regions | OneOf::Plans))) {
        let help = "Remove `only`; a direction applies to numbers and versions.";
        let message = "the values of this field have no order, so they cannot go up or down";
        problems.report(Code::NoOrder, &written.at("changes").at("only"), message, help);
    }
    let list = matches!(field.kind, FieldType::List { .. });
    let comparable = match field.compare {
        Compare::Exact => true,
        Compare::Major | Compare::IgnoreCase => ordered,
        Compare::Unordered => list,
    };
    if !comparable {
        let message = format!("{} cannot be compared in this way", type_name(&field.kind));
        let help = "Remove this line; values are then compared exactly.";
        problems.report(Code::NoOrder, &written.at("compare"), message, help);
    }
    if field.join.is_some() && !(list && field.send.is_some()) {
        let help = "Remove `join`; it applies to a list that is sent as an option.";
        let message = "this field is not a list that is sent as an option";
        problems.report(Code::ForNothing, &written.at("join").key(), message, help);
    }
    let ignored_message = written.at("ignoredMessage");
    if ignored_message.exists() && field.unless.is_none() {
        let message = "this field is never ignored, because it has no `unless`";
        let help = "Add `unless:`, or remove this line.";
        problems.report(Code::ForNothing, &ignored_message.key(), message, help);
    }
    let drift = written.at("drift");
    if drift.exists() && field.changes.is_none() && field.observed.is_none() {
        let message = "the field is neither observed nor changed, so no drift of it is noticed";
        problems.report(Code::ForNothing, &drift.key(), message, "Add `observed:`, or remove this line.");
    }
    let unseen =
        ["absent", "compare"].map(|key| written.at(key)).into_iter().filter(|_| field.observed.is_none());
    for setting in unseen {
        let message = "the field is not observed, so its value is never compared";
        problems.report(Code::ForNothing, &setting.key(), message, "Add `observed:`, or remove this line.");
    }
}

fn check_change(written: &Written, field: &Field, addon: &Addon, problems: &mut Problems) {
    let Some(changes) = &field.changes else { return };
    let node = written.at("changes");
    let at = if node.text().is_some() { node } else { node.at("by") };
    let covers = addon.changes.get(&changes.by).map(|change| &change.covers);
    let covers = covers.or_else(|| addon.collections.get(&changes.by).map(|collection| &collection.covers));
    let Some(covers) = covers else {
        let known = addon.changes.keys().chain(addon.collections.keys()).map(String::as_str);
        let help = suggest(&changes.by, known.collect::<Vec<_>>());
        problems.report(Code::UnknownChange, &at, format!("there is no change `{}`", changes.by), help);
        return;
    };
    let path = field.path.join(".");
    if !covers.iter().any(|name| *name == path || Some(name) == field.shared.as_ref()) {
        let help =
            format!("It covers {}. Add this field to `covers`, or choose another change.", covers.join(", "));
        problems.report(Code::NotCovered, &at, format!("`{}` does not cover this field", changes.by), help);
    }
    // A repeatable change is sent again until it is answered, and the record remembers the value.
    let is_repeatable = addon.changes.get(&changes.by).is_some_and(|change| change.repeatable);
    if field.observed.is_none() && !is_repeatable && !addon.collections.contains_key(&changes.by) {
        let help = "Write `observed:`, so that the operator does not repeat a completed change whose answer was lost; or make the change `repeatable`.";
        let message = "the field is not observed, so the operator cannot check whether a change was made";
        problems.report(Code::NeverSeen, &at, message, help);
    }
}

fn check_offer(offers: &Node, one_of: &Node, field: &Field, problems: &mut Problems) {
    let key = match &field.one_of {
        Some(OneOf::Regions) => "regions",
        Some(OneOf::Plans) => "plans",
        Some(OneOf::Versions) => "versions",
        Some(OneOf::Values(_)) | None => return,
    };
    if !offers.elements().iter().any(|offer| offer.at(key).exists()) {
        let help = format!("Add `{key}:` to an entry of the API's `offers`, or list the values here.");
        let message = format!("no request of the API reads which {key} are on offer");
        problems.report(Code::UnknownOffer, one_of, message, help);
    }
}

fn check_paths(spec: &Node, problems: &mut Problems) {
    let paths: Vec<(&str, Node)> = spec.entries();
    for (path, node) in &paths {
        let inside = |other: &str| path.strip_prefix(other).is_some_and(|rest| rest.starts_with('.'));
        if let Some((above, _)) = paths.iter().find(|(other, _)| inside(other)) {
            let help = format!("Make `{above}` an object with `fields`, or choose another path.");
            let message = format!("`{path}` is inside `{above}`, which is itself a field");
            problems.report(Code::PathConflict, &node.key(), message, help);
        }
    }
}

/// Checks that no field has the place of the one that every kind with a Secret has.
fn check_reserved(spec: &Node, problems: &mut Problems) {
    let is_reserved = |path: &str| path.split('.').next() == Some(CONNECTION_SECRET);
    for (path, node) in spec.entries().into_iter().filter(|(path, _)| is_reserved(path)) {
        let message = format!("`{path}` is reserved: `{CONNECTION_SECRET}` shapes the Secret of every kind");
        problems.report(Code::ReservedName, &node.key(), message, "Choose another path.");
    }
}

fn check_placed_once(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    let mut placed: BTreeMap<&str, String> = BTreeMap::new();
    let spec = entry.node.at("spec").entries().into_iter();
    let fixed = entry.node.at("fixed").entries().into_iter();
    for ((key, node), field) in spec.chain(fixed).zip(&addon.fields) {
        let Some(shared) = field.shared.as_deref() else { continue };
        if let Some(first) = placed.get(shared) {
            let help =
                "Place a shared field once, and define a field of the add-on's own for the other path.";
            let message = format!("the shared field `{shared}` is already placed at `{first}`");
            problems.report(Code::TakenField, &node.key(), message, help);
        } else {
            placed.insert(shared, key.to_owned());
        }
    }
}

fn check_sent_once(node: &Node, addon: &Addon, problems: &mut Problems) {
    let mut sent: BTreeMap<&str, String> = BTreeMap::new();
    for ((path, own), field) in node.at("spec").entries().into_iter().zip(&addon.fields) {
        let Some(option) = field.send.as_deref() else { continue };
        if let Some(first) = sent.get(option) {
            let help = "Choose another option, or compose the option from both fields under `options:`.";
            let message = format!("the field `{first}` is already sent as `{option}`");
            problems.report(Code::SentTwice, &own.at("send"), message, help);
        }
        sent.entry(option).or_insert_with(|| path.to_owned());
    }
    for (option, value) in node.at("options").entries() {
        if let Some(first) = sent.get(option) {
            let help = "Remove `send` from that field, or choose another option.";
            let message = format!("the field `{first}` is already sent as `{option}`");
            problems.report(Code::SentTwice, &value.key(), message, help);
        }
    }
}
