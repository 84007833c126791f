//! Finds valid parts without effect: unused fields, unused outputs, APIs without add-ons.

use std::collections::BTreeSet;

use crate::catalog::check::used::named_in;
use crate::catalog::compile::addon::Entry;
use crate::catalog::entries::Entries;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Code, Field, OneOf};

/// Checks the fields of one add-on.
pub(super) fn check(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    let named: BTreeSet<Vec<String>> =
        [&entry.node, &entry.api_node].into_iter().flat_map(named_in).collect();
    for ((_, own), field) in entry.node.at("spec").entries().into_iter().zip(&addon.fields) {
        if !problems.is_wrong(&own) && !is_used(field, addon, &named) {
            let help = "Write `send:` with the option that carries the value, use the field in a request, or remove it.";
            problems.report(Code::NoEffect, &own.key(), "this field has no effect", help);
        }
    }
}

/// Checks for APIs and outputs that no add-on uses. Skipped when there is an error, because the broken entry
/// may be the one that uses them.
pub(super) fn check_apis(apis: &Entries, addons: &Entries, below: &Entries, problems: &mut Problems) {
    if problems.first_error().is_some() {
        return;
    }
    for (name, node) in apis {
        let all: Vec<&Node> = addons
            .iter()
            .chain(below)
            .map(|(_, node)| node)
            .filter(|node| node.at("api").text() == Some(name))
            .collect();
        if all.is_empty() {
            let help = format!("Write an add-on with `api: {name}`, or remove this file.");
            let message = format!("no add-on uses the API `{name}`");
            problems.report(Code::UnusedApi, &node.at("api"), message, help);
        } else if !all.iter().any(|addon| wants_outputs(addon)) {
            let help = "Remove the operation, or select from `$.outputs` in a Secret or a status.";
            let message = "no add-on uses the outputs that this operation reads";
            problems.report(Code::IdleOutputs, &node.at("operations").at("outputs").key(), message, help);
        }
    }
}

/// Returns true when the add-on uses outputs. Without a setting for its Secret, an add-on writes all of them
/// into it.
fn wants_outputs(addon: &Node) -> bool {
    let named = named_in(addon).iter().any(|path| path.first().is_some_and(|name| name == "outputs"));
    let secret = ["keys", "render", "each"].into_iter().any(|key| addon.at("secret").at(key).exists());
    named || !secret || addon.at("binding").exists() || addon.at("ready").at("outputs").exists()
}

fn is_used(field: &Field, addon: &Addon, named: &BTreeSet<Vec<String>>) -> bool {
    let has_effect =
        field.send.is_some() || field.observed.is_some() || field.changes.is_some() || field.free;
    let scaled = addon.resource.scale.as_ref().is_some_and(|(path, _)| *path == field.path);
    let parent = addon.parent.as_ref().is_some_and(|parent| parent.field == field.path);
    // A field with one value has no effect but states a fact, for those who keep it in their manifests.
    let fact = matches!(&field.one_of, Some(OneOf::Values(values)) if values.len() == 1);
    has_effect || scaled || parent || fact || named.iter().any(|name| field.is_meant_by(name))
}
