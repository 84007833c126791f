//! Compiles recorded answers, and the expectations of examples.

use std::collections::BTreeMap;

use serde_json::Map;

use crate::catalog::compile::text::{Scope, expression};
use crate::catalog::document::pointer_part;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::recorded::asked;
use crate::catalog::{Example, Expectation, Location, RecordedAnswer};

/// Compiles the answers under one key.
pub(in crate::catalog) fn answers(
    node: &Node,
    scope: &Scope,
    problems: &mut Problems,
) -> Vec<RecordedAnswer> {
    let answer = |(key, body): (&str, Node)| {
        let (asked, after) = asked(key);
        RecordedAnswer {
            asked: asked.to_owned(),
            after: after.map(str::to_owned),
            at: location(&body.key()),
            body: expression(&body, scope, problems),
        }
    };
    node.entries().into_iter().map(answer).collect()
}

/// Compiles an example, with its expectation.
pub(in crate::catalog) fn example(node: &Node) -> Example {
    Example {
        title: node.at("title").text_or_empty(),
        name: node.at("name").text_or_empty(),
        spec: node.at("spec").value().clone(),
        recorded: object(&node.at("recorded")),
        expect: node.get("expect").map(|expect| expectation(&expect)),
        at: location(&node.at("title")),
    }
}

/// Returns the entries of an object; empty for any other value.
pub(in crate::catalog) fn object(node: &Node) -> Map<String, serde_json::Value> {
    node.value().as_object().cloned().unwrap_or_default()
}

fn expectation(node: &Node) -> Expectation {
    let mut places = BTreeMap::new();
    collect(node, "", &mut places);
    let sent =
        node.at("sent").entries().into_iter().map(|(name, body)| (name.to_owned(), body.value().clone()));
    Expectation {
        sent: sent.collect(),
        secret: node.get("secret").map(|secret| secret.value().clone()),
        status: object(&node.at("status")),
        places,
    }
}

fn collect(node: &Node, pointer: &str, places: &mut BTreeMap<String, Location>) {
    places.insert(pointer.to_owned(), location(node));
    for (key, below) in node.entries() {
        collect(&below, &format!("{pointer}/{}", pointer_part(key)), places);
    }
    for (index, below) in node.elements().iter().enumerate() {
        collect(below, &format!("{pointer}/{index}"), places);
    }
}

fn location(node: &Node) -> Location {
    let place = node.place();
    Location {
        file: node.document.path.clone(),
        line: place.line,
        column: place.column,
        length: place.length,
    }
}
