//! Checks reads and changes: their references to others, and the use of each.

use std::collections::BTreeSet;

use crate::catalog::check::used::named_in;
use crate::catalog::compile::addon::Entry;
use crate::catalog::compile::change::is_collection;
use crate::catalog::expression::Selector;
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Code};

/// Names that mean the same in every catalog.
const CLOSED: [&str; 16] = [
    "parent", "kind", "metadata", "spec", "config", "provider", "name", "options", "id", "listed", "outputs",
    "offers", "item", "key", "value", "recorded",
];

/// Checks the settings that add-ons inherit from an API: its reads and changes, and the names of its fields.
pub(super) fn check_inherited(node: &Node, problems: &mut Problems) {
    let fields = node.at("fields");
    for (name, field) in fields.entries() {
        check_closed(name, &field, problems);
    }
    check_reads(node, &fields, problems);
    let reads = node
        .at("reads")
        .entries()
        .into_iter()
        .chain(node.at("operations").get("outputs").map(|outputs| ("outputs", outputs)));
    let reads: Vec<&str> = reads.map(|(name, _)| name).collect();
    for (_, change) in node.at("changes").entries() {
        check_referred(&change, &reads, problems);
        check_found_again(&change, problems);
        check_covered(&change, &|name| fields.at(name).exists(), problems);
    }
}

/// Checks an add-on's own reads and changes.
pub(super) fn check(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    let node = &entry.node;
    check_reads(node, &entry.api_node.at("fields"), problems);
    let reads: Vec<&str> =
        addon.reads.keys().map(String::as_str).chain(addon.outputs.iter().map(|_| "outputs")).collect();
    let exists = |name: &str| {
        addon.fields.iter().any(|field| field.path.join(".") == name || field.shared.as_deref() == Some(name))
    };
    for (name, change) in node.at("changes").entries() {
        check_found_again(&change, problems);
        check_covered(&change, &exists, problems);
        check_referred(&change, &reads, problems);
        if !addon.fields.iter().any(|field| field.changes.as_ref().is_some_and(|changes| changes.by == name))
        {
            let help = format!("Write `changes: {name}` in the fields that it covers, or remove the change.");
            let message = format!("no field uses the change `{name}`");
            problems.report(Code::UnusedChange, &change.key(), message, help);
        }
    }
    check_unused(node, addon, problems);
}

fn check_reads(node: &Node, fields: &Node, problems: &mut Problems) {
    for (name, read) in node.at("reads").entries() {
        check_closed(name, &read, problems);
        if fields.at(name).exists() {
            let message = format!("the API has a field with the name `{name}`");
            problems.report(Code::TakenName, &read.key(), message, "Choose another name for the read.");
        }
        let sent = [read.at("request"), read.at("body")];
        let named: BTreeSet<Vec<String>> = sent.iter().flat_map(named_in).collect();
        for (id, kept) in read.at("keep").entries() {
            if named.contains(&vec!["id".to_owned(), id.to_owned()]) {
                let help = "Keep the id from another read or from the creation.";
                let message = format!("this request needs `id.{id}`, which only its own answer provides");
                problems.report(Code::NeedsItself, &kept.key(), message, help);
            }
        }
    }
}

fn check_closed(name: &str, node: &Node, problems: &mut Problems) {
    if CLOSED.contains(&name) {
        let message = format!("`{name}` already has a meaning in every expression");
        problems.report(Code::TakenName, &node.key(), message, "Choose another name.");
    }
}

fn check_found_again(change: &Node, problems: &mut Problems) {
    if !is_collection(change) && !change.at("repeatable").is_true() && !change.at("find").exists() {
        let help = "Write `find:` with a request that shows a change in progress, or `repeatable: true` if sending the request twice has the same effect as sending it once.";
        let message = "after a lost answer the operator could not find out whether the change was made";
        problems.report(Code::NotFoundAgain, &change.key(), message, help);
    }
}

fn check_covered(change: &Node, exists: &dyn Fn(&str) -> bool, problems: &mut Problems) {
    for name in change.at("covers").elements() {
        if name.text().is_some_and(|name| !exists(name)) {
            let help = "Write the name of a shared field, or the path of one of the add-on's own fields.";
            let message = format!("there is no field `{}`", name.text_or_empty());
            problems.report(Code::CoversNothing, &name, message, help);
        }
    }
}

fn check_referred(change: &Node, known: &[&str], problems: &mut Problems) {
    for referred in ["then", "items"].into_iter().filter_map(|key| change.get(key)) {
        let name = referred.text().unwrap_or_default();
        if !known.contains(&name) {
            let help = suggest(name, known.iter().copied());
            problems.report(Code::UnknownRead, &referred, format!("there is no read `{name}`"), help);
        }
    }
}

/// Checks for unused reads. A read that keeps an id exists for that id, and an API's field may be observed in
/// a read of the entry's own.
fn check_unused(node: &Node, addon: &Addon, problems: &mut Problems) {
    let observed = addon.fields.iter().filter_map(|field| field.observed.as_ref());
    let named: BTreeSet<Vec<String>> =
        named_in(node).into_iter().chain(observed.map(Selector::names)).collect();
    let changes = node.at("changes").entries().into_iter();
    let referred: BTreeSet<String> = changes
        .flat_map(|(_, change)| [change.at("then"), change.at("items")])
        .chain([node.at("ready").at("read")])
        .map(|name| name.text_or_empty())
        .collect();
    for (name, read) in node.at("reads").entries() {
        let used = referred.contains(name)
            || named.iter().any(|path| path.first().is_some_and(|first| first == name));
        if !used && !read.at("keep").exists() {
            let help = "Remove the read, or select a value from it.";
            problems.report(Code::UnusedRead, &read.key(), format!("the read `{name}` is not used"), help);
        }
    }
}
