//! Checks the parts of an add-on that users see: status, Secret, binding, columns and readiness.

use std::collections::BTreeSet;

use crate::catalog::check::used::named_in;
use crate::catalog::compile::addon::Entry;
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Code};

/// Fields that the operator itself writes into every status.
const OWN_STATUS: [&str; 11] = [
    "addon",
    "realId",
    "name",
    "plan",
    "region",
    "version",
    "operation",
    "observedAt",
    "lastHandledReconcileAt",
    "observedGeneration",
    "conditions",
];

/// Checks the visible parts of an add-on.
pub(super) fn check(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    if addon.outputs.is_none() {
        check_without_outputs(&entry.node, problems);
    }
    check_status(&entry.node.at("status"), problems);
    check_columns(entry, addon, problems);
    check_ready(&entry.node.at("ready").at("read"), addon, problems);
}

fn check_without_outputs(node: &Node, problems: &mut Problems) {
    let help = "Add an operation `outputs` to the API, or select from a read.";
    let named = [node.at("ready").at("outputs"), node.at("binding")];
    for part in named.iter().filter(|part| part.exists()) {
        let message = "this uses outputs, but the API has no operation `outputs`";
        problems.report(Code::NoOutputs, &part.key(), message, help);
    }
    for part in ["status", "secret", "spec"].map(|key| node.at(key)) {
        let names = |path: &Vec<String>| path.first().is_some_and(|name| name == "outputs");
        if named_in(&part).iter().any(names) {
            let message = "this uses outputs, but the API has no operation `outputs`";
            problems.report(Code::NoOutputs, &part.key(), message, help);
        }
    }
}

fn check_status(status: &Node, problems: &mut Problems) {
    for (path, value) in status.entries() {
        let first = path.split('.').next().unwrap_or_default();
        if OWN_STATUS.contains(&first) {
            let help = "Choose another name.";
            let message = format!("`status.{first}` is written by the operator itself");
            problems.report(Code::TakenStatus, &value.key(), message, help);
        }
    }
}

fn check_columns(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    let mut taken: BTreeSet<&str> = BTreeSet::from(["Ready", "Reason", "Age", "addon"]);
    for ((_, own), field) in entry.node.at("spec").entries().into_iter().zip(&addon.fields) {
        let Some(column) = &field.column else { continue };
        if !taken.insert(&column.name) {
            let place = own.get("column").unwrap_or_else(|| own.key());
            let message = format!("there is already a column `{}`", column.name);
            problems.report(Code::TakenColumn, &place, message, "Choose another heading.");
        }
    }
}

fn check_ready(read: &Node, addon: &Addon, problems: &mut Problems) {
    let Some(name) = read.text() else { return };
    let known = addon.reads.values().chain(&addon.get);
    match known.clone().find(|read| read.name == name) {
        None => {
            let help = suggest(name, known.map(|read| read.name.as_str()).collect::<Vec<_>>());
            problems.report(Code::UnknownRead, read, format!("there is no read `{name}`"), help);
        }
        Some(found) if found.follow.is_none() => {
            let help = "Add `state` and `done` to the read.";
            let message = format!("the read `{name}` does not report whether the add-on is ready");
            problems.report(Code::UnknownRead, read, message, help);
        }
        Some(_) => {}
    }
}
