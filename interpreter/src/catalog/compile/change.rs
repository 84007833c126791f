//! Compiles the changes that are possible after creation, of a whole add-on or element by element.

use std::collections::BTreeMap;

use crate::catalog::compile::request::{Effect, Sender, keep, read, request};
use crate::catalog::compile::text::{Scope, selector};
use crate::catalog::expression::Selector;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Change, Collection};

/// Returns true when an entry under `changes` is changed element by element.
pub(in crate::catalog) fn is_collection(node: &Node) -> bool {
    node.get("each").is_some()
}

/// Compiles a change that is one request.
pub(in crate::catalog) fn change(
    name: &str,
    node: &Node,
    sender: &Sender,
    problems: &mut Problems,
) -> Change {
    Change {
        name: name.to_owned(),
        covers: node.at("covers").texts(),
        repeatable: node.at("repeatable").is_true(),
        request: request(node, Effect::Writes, sender, problems),
        keep: keep(&node.at("keep"), &sender.scope.answer(), problems),
        find: node.get("find").map(|find| read("find", &find, sender, problems)),
        follow: node.get("follow").map(|follow| read("follow", &follow, sender, problems)),
    }
}

/// Compiles a collection that is changed element by element. Its requests are only checked, because the engine
/// sends none of them.
pub(in crate::catalog) fn collection(node: &Node, sender: &Sender, problems: &mut Problems) -> Collection {
    let element = Sender { scope: sender.scope.element(), hosts: sender.hosts };
    selector(&node.at("each"), &sender.scope, problems);
    request(&node.at("add"), Effect::Writes, &element, problems);
    request(&node.at("remove"), Effect::Removes, &element, problems);
    Collection { covers: node.at("covers").texts(), same: same(&node.at("same"), &sender.scope, problems) }
}

/// Compiles the changes and the collections under one key.
pub(in crate::catalog) fn changes(
    node: &Node,
    sender: &Sender,
    problems: &mut Problems,
) -> (BTreeMap<String, Change>, BTreeMap<String, Collection>) {
    let (mut changes, mut collections) = (BTreeMap::new(), BTreeMap::new());
    for (name, entry) in node.entries() {
        if is_collection(&entry) {
            collections.insert(name.to_owned(), collection(&entry, sender, problems));
        } else {
            changes.insert(name.to_owned(), change(name, &entry, sender, problems));
        }
    }
    (changes, collections)
}

fn same(node: &Node, scope: &Scope, problems: &mut Problems) -> Vec<(String, Selector)> {
    node.entries()
        .into_iter()
        .map(|(name, one)| (name.to_owned(), selector(&one, &scope.answer(), problems)))
        .collect()
}
