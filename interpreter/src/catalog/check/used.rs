//! Finds the names that the expressions of a catalog use.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalog::compile::text::selects;
use crate::catalog::expression::{Escape, Selector, Template};
use crate::catalog::node::Node;
use crate::catalog::{Expression, Request};

/// Returns the names, as paths, that any expression below a node uses.
pub(super) fn named_in(node: &Node) -> BTreeSet<Vec<String>> {
    let mut names = BTreeSet::new();
    collect(node.value(), &mut names);
    names
}

/// Returns the names that must have a value before a request can be sent: those that it renders as text.
pub(super) fn needed_by(request: &Request) -> BTreeSet<Vec<String>> {
    let in_url = [&request.url.path].into_iter().chain(request.url.query.iter().map(|(_, value)| value));
    let mut names: BTreeSet<Vec<String>> = in_url.flat_map(|template| template.names().to_vec()).collect();
    if let Some(body) = &request.body {
        rendered(body, &mut names);
    }
    names
}

fn collect(value: &Value, names: &mut BTreeSet<Vec<String>>) {
    match value {
        Value::String(text) => of_text(text, names),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, names)),
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            of_text(key, names);
            collect(value, names);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn of_text(text: &str, names: &mut BTreeSet<Vec<String>>) {
    if selects(text) {
        names.extend(Selector::parse(text).map(|selector| selector.names()));
    }
    let expressions =
        text.match_indices("{{").filter_map(|(start, _)| text.get(start..)?.split_inclusive("}}").next());
    names.extend(
        expressions
            .filter_map(|one| Template::parse(one, Escape::Plain).ok())
            .flat_map(|template| template.names().to_vec()),
    );
}

fn rendered(expression: &Expression, names: &mut BTreeSet<Vec<String>>) {
    match expression {
        Expression::Render(template) => names.extend(template.names().iter().cloned()),
        Expression::List(elements) => elements.iter().for_each(|element| rendered(element, names)),
        Expression::Object(fields) => fields.iter().for_each(|(_, field)| rendered(field, names)),
        Expression::Each { .. } | Expression::Literal(_) | Expression::Select(_) => {}
    }
}
