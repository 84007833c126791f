//! Compiles fields: the settings of an entry, over those of its API.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog::compile::text::{Scope, expression, pattern, selector, template, test};
use crate::catalog::expression::Escape;
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{
    Bounds, Changes, Code, Column, Compare, Direction, Field, FieldDrift, FieldType, OneOf,
};

/// Settings that bound a value, and that do not apply to another type.
const BOUNDS: [&str; 9] =
    ["minLength", "maxLength", "pattern", "minimum", "maximum", "of", "maxItems", "keys", "fields"];

/// Known names at the positions where a field holds expressions.
#[derive(Debug, Clone, Default)]
pub(in crate::catalog) struct FieldScopes {
    /// In `default` and `fixed`.
    pub(in crate::catalog) filled: Scope,
    /// In `observed`.
    pub(in crate::catalog) observed: Scope,
    /// In `unless` and `ignoredMessage`.
    pub(in crate::catalog) unless: Scope,
}

/// Field as an entry writes it, with the shared field that it refers to.
#[derive(Debug, Clone)]
pub(in crate::catalog) struct Written<'a> {
    /// Definition in the entry.
    pub(in crate::catalog) own: Node<'a>,
    /// Name of the shared field.
    pub(in crate::catalog) is: Option<String>,
    shared: Option<Node<'a>>,
}

impl<'a> Written<'a> {
    /// Reads a field of a spec: the name of a shared field, or an object, with `is` or without.
    pub(in crate::catalog) fn in_spec(own: Node<'a>, shared: &Node<'a>, problems: &mut Problems) -> Self {
        let named = if own.text().is_some() { own.clone() } else { own.at("is") };
        let is = named.text().map(str::to_owned);
        if let Some(name) = is.as_ref().filter(|name| !shared.at(name).exists()) {
            let known = shared.entries().into_iter().map(|(name, _)| name);
            let help = suggest(name, known.collect::<Vec<_>>());
            problems.report(Code::UnknownField, &named, format!("the API has no field `{name}`"), help);
        }
        let definition = is.as_ref().and_then(|name| shared.get(name));
        Self { own, is, shared: definition }
    }

    /// Reads a shared field, as the API defines it.
    pub(in crate::catalog) fn shared(name: &str, definition: Node<'a>) -> Self {
        Self { own: definition, is: Some(name.to_owned()), shared: None }
    }

    /// Reads a shared field that an entry fixes.
    pub(in crate::catalog) fn fixed(
        name: &str,
        value: &Node<'a>,
        shared: &Node<'a>,
        problems: &mut Problems,
    ) -> Self {
        if !shared.at(name).exists() {
            let known = shared.entries().into_iter().map(|(name, _)| name);
            let help = suggest(name, known.collect::<Vec<_>>());
            problems.report(Code::UnknownField, &value.key(), format!("the API has no field `{name}`"), help);
        }
        Self { own: shared.at(name), is: Some(name.to_owned()), shared: None }
    }

    /// Returns the setting under a key: the entry's, otherwise the API's, provided that it applies to the
    /// entry's type.
    pub(in crate::catalog) fn at(&self, key: &str) -> Node<'a> {
        let own = self.own.at(key);
        match &self.shared {
            Some(shared) if !own.exists() && self.fits(key) => shared.at(key),
            _ => own,
        }
    }

    /// Returns true when the entry defines a type or bounds itself; otherwise they are the API's, and checked
    /// there.
    pub(in crate::catalog) fn has_own_shape(&self) -> bool {
        self.shared.is_none() || ["type"].iter().chain(&BOUNDS).any(|key| self.own.at(key).exists())
    }

    fn fits(&self, key: &str) -> bool {
        let other_type = self.own.get("type").is_some_and(|own| {
            self.shared.as_ref().is_some_and(|shared| shared.at("type").text() != own.text())
        });
        !(other_type && BOUNDS.contains(&key))
    }
}

/// Compiles a field at its path in the spec; a field with an empty path is not part of the spec.
pub(in crate::catalog) fn field(
    written: &Written,
    path: Vec<String>,
    scopes: &FieldScopes,
    problems: &mut Problems,
) -> Field {
    let at = |key: &str| written.at(key);
    Field {
        path,
        shared: written.is.clone(),
        description: at("description").text_or_empty(),
        kind: field_type(&at, scopes, problems),
        optional: at("optional").is_true(),
        default: at("default").exists().then(|| expression(&at("default"), &scopes.filled, problems)),
        fixed: None,
        values: values(&at("values")),
        one_of: one_of(&at("oneOf")),
        send: at("send").text().map(str::to_owned),
        join: at("join").text().map(str::to_owned),
        observed: at("observed").exists().then(|| selector(&at("observed"), &scopes.observed, problems)),
        absent: Some(at("absent")).filter(Node::exists).map(|absent| absent.value().clone()),
        compare: compare(at("compare").text()),
        drift: drift(at("drift").text()),
        changes: changes(&at("changes")),
        free: is_free(&at("changes")),
        unless: at("unless").exists().then(|| test(&at("unless"), &scopes.unless, problems)),
        ignored_message: at("ignoredMessage")
            .exists()
            .then(|| template(&at("ignoredMessage"), Escape::Plain, &scopes.unless, problems)),
        column: at("column").text().map(|name| Column { name: name.to_owned() }),
    }
}

/// Splits the dotted path of a field in the spec.
pub(in crate::catalog) fn path(written: &str) -> Vec<String> {
    written.split('.').map(str::to_owned).collect()
}

fn field_type<'a>(at: &dyn Fn(&str) -> Node<'a>, scopes: &FieldScopes, problems: &mut Problems) -> FieldType {
    let below = |problems: &mut Problems| Box::new(field_type(&|key| at("of").at(key), scopes, problems));
    let max_items = at("maxItems").value().as_u64().unwrap_or_default();
    match at("type").text().unwrap_or_default() {
        "integer" => FieldType::Integer(bounds(at, problems)),
        "number" => FieldType::Number(bounds(at, problems)),
        "boolean" => FieldType::Boolean,
        "map" => FieldType::Map { of: below(problems), max_items },
        "list" => FieldType::List { of: below(problems), max_items, keys: at("keys").texts() },
        "object" => FieldType::Object(members(&at("fields"), scopes, problems)),
        _ => FieldType::Text(bounds(at, problems)),
    }
}

fn members(fields: &Node, scopes: &FieldScopes, problems: &mut Problems) -> Vec<Field> {
    let member = |(name, own): (&str, Node)| {
        let written = Written { own, is: None, shared: None };
        field(&written, vec![name.to_owned()], scopes, problems)
    };
    fields.entries().into_iter().map(member).collect()
}

fn bounds<'a>(at: &dyn Fn(&str) -> Node<'a>, problems: &mut Problems) -> Bounds {
    Bounds {
        minimum: at("minimum").value().as_f64(),
        maximum: at("maximum").value().as_f64(),
        min_length: at("minLength").value().as_u64(),
        max_length: at("maxLength").value().as_u64(),
        pattern: pattern(&at("pattern"), problems),
    }
}

fn values(node: &Node) -> BTreeMap<String, Value> {
    node.entries().into_iter().map(|(written, sent)| (written.to_owned(), sent.value().clone())).collect()
}

fn one_of(node: &Node) -> Option<OneOf> {
    match node.value() {
        Value::Array(values) => Some(OneOf::Values(values.clone())),
        Value::String(offer) => match offer.as_str() {
            "offers.regions" => Some(OneOf::Regions),
            "offers.plans" => Some(OneOf::Plans),
            "offers.versions" => Some(OneOf::Versions),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn is_free(changes: &Node) -> bool {
    changes.text() == Some("freely")
}

fn compare(written: Option<&str>) -> Compare {
    match written {
        Some("major") => Compare::Major,
        Some("ignoreCase") => Compare::IgnoreCase,
        Some("unordered") => Compare::Unordered,
        _ => Compare::Exact,
    }
}

fn drift(written: Option<&str>) -> Option<FieldDrift> {
    match written {
        Some("correct") => Some(FieldDrift::Correct),
        Some("report") => Some(FieldDrift::Report),
        Some("ignore") => Some(FieldDrift::Ignore),
        _ => None,
    }
}

fn changes(node: &Node) -> Option<Changes> {
    if is_free(node) {
        return None;
    }
    if let Some(by) = node.text() {
        return Some(Changes { by: by.to_owned(), only: None });
    }
    let only = match node.at("only").text() {
        Some("up") => Some(Direction::Up),
        Some("down") => Some(Direction::Down),
        _ => None,
    };
    node.at("by").text().map(|by| Changes { by: by.to_owned(), only })
}
