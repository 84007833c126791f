//! Compiles the operations of an API, each with the names known at its moment.

use std::collections::BTreeMap;

use crate::catalog::compile::change::changes;
use crate::catalog::compile::request::{Effect, Sender, read, request};
use crate::catalog::compile::text::{Scope, maybe_selector};
use crate::catalog::expression::Selector;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::vocabulary::{Moment, Vocabulary};
use crate::catalog::{Read, Request};

/// Operations that each add-on inherits from its API.
pub(in crate::catalog) struct Operations {
    pub(in crate::catalog) list: Read,
    pub(in crate::catalog) create: (Request, Option<Selector>),
    pub(in crate::catalog) get: Option<Read>,
    pub(in crate::catalog) delete: Request,
    pub(in crate::catalog) outputs: Option<Read>,
}

/// Compiles the operations of an API, with the names of one of its add-ons.
pub(in crate::catalog) fn operations<'a>(
    node: &Node,
    sender: &dyn Fn(Moment) -> Sender<'a>,
    problems: &mut Problems,
) -> Operations {
    let at_request = sender(Moment::Request);
    let at_create = sender(Moment::Create);
    let create = node.at("create");
    Operations {
        list: read("list", &node.at("list"), &sender(Moment::List), problems),
        create: (
            request(&create, Effect::Writes, &at_create, problems),
            maybe_selector(&create.at("item"), &at_create.scope.answer(), problems),
        ),
        get: node.get("get").map(|get| read("get", &get, &at_request, problems)),
        delete: request(&node.at("delete"), Effect::Removes, &at_request, problems),
        outputs: node.get("outputs").map(|outputs| read("outputs", &outputs, &at_request, problems)),
    }
}

/// Compiles further reads, by name.
pub(in crate::catalog) fn reads(
    node: &Node,
    sender: &Sender,
    problems: &mut Problems,
) -> BTreeMap<String, Read> {
    node.entries()
        .into_iter()
        .map(|(name, entry)| (name.to_owned(), read(name, &entry, sender, problems)))
        .collect()
}

/// Checks the operations, reads and changes that add-ons inherit, as far as possible without an add-on.
pub(super) fn check_operations(
    node: &Node,
    vocabulary: &Vocabulary,
    hosts: &[String],
    problems: &mut Problems,
) {
    let sender =
        |moment| Sender { scope: Scope { names: vocabulary.names(moment), ..Scope::default() }, hosts };
    operations(&node.at("operations"), &sender, problems);
    reads(&node.at("reads"), &sender(Moment::Request), problems);
    changes(&node.at("changes"), &sender(Moment::Change), problems);
}
