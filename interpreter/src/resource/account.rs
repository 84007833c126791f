//! The account of an add-on, known from spec and configuration alone, so that a resource can be found and
//! deleted whatever else is wrong.

use regex::Regex;
use serde_json::{Map, Value};

use crate::catalog::expression::Template;
use crate::catalog::{Addon, Api, Field};
use crate::exchange::{Context, Manifest, evaluate, render};
use crate::resource::refusal::{Refused, missing, valueless};

/// Returns the context that needs no request: the resource, its spec with defaults, the name of its add-on at
/// the cloud, and the shared fields as written.
pub fn known(addon: &Addon, manifest: Manifest<'_>, config: &Value) -> Context {
    let mut context = Context::of(addon, manifest, config);
    for field in &addon.fields {
        let Some(value) = written(field, &context) else { continue };
        if field.fixed.is_none() {
            context = context.with_spec(&field.path, value.clone());
        }
        if let Some(name) = field.shared.as_ref().filter(|_| value.is_string() || value.is_number()) {
            context = context.with(name, value);
        }
    }
    match render(&addon.api.identity.name, context.value()) {
        Ok(name) => context.with("name", name.into()),
        Err(_) => context,
    }
}

/// Returns the account that one list covers; empty where the API knows only one.
pub fn account(addon: &Addon, known: &Context) -> Result<String, Refused> {
    let Some(template) = &addon.api.account else { return Ok(String::new()) };
    let absent = template.names().iter().find(|name| known.get(name).is_none_or(is_blank));
    let field =
        absent.and_then(|name| addon.fields.iter().find(|field| field.shared.as_ref() == name.first()));
    match field {
        Some(field) => Err(missing(field)),
        None => render(template, known.value()).map_err(|error| valueless("The account", &error)),
    }
}

/// Returns true when a field that the account consists of has no value.
pub fn lacks_account(addon: &Addon, known: &Context) -> bool {
    let names = addon.api.account.iter().flat_map(Template::names);
    names.into_iter().any(|name| known.get(name).is_none_or(is_blank))
}

/// Returns the shared fields from which a recorded account was rendered: a deletion uses the account of the
/// creation, whatever the spec says now.
pub fn account_fields(api: &Api, account: &str) -> Map<String, Value> {
    let Some(template) = &api.account else { return Map::new() };
    let parts = captured(template, account).into_iter();
    parts.filter_map(|(name, part)| Some((name.first()?.clone(), part.into()))).collect()
}

/// Returns the names of a template, each with the part of the text that it was rendered to; nothing if the text
/// was not rendered from the template.
pub(crate) fn captured<'a>(template: &'a Template, text: &str) -> Vec<(&'a [String], String)> {
    let literals = template
        .source()
        .split("{{")
        .flat_map(|part| part.split_once("}}").map_or(vec![part], |(_, rest)| vec![rest]));
    let pattern = literals.map(regex::escape).collect::<Vec<_>>().join("(.+?)");
    let parts = Regex::new(&format!("^{pattern}$")).ok().and_then(|pattern| {
        let parts = pattern.captures(text)?;
        Some(parts.iter().skip(1).flatten().map(|part| part.as_str().to_owned()).collect::<Vec<_>>())
    });
    template.names().iter().map(Vec::as_slice).zip(parts.unwrap_or_default()).collect()
}

/// Returns the value of a field before it is judged: the fixed value, the one in the spec, or the default.
pub(super) fn written(field: &Field, context: &Context) -> Option<Value> {
    let root = context.value();
    let value = |expression| evaluate(expression, root).ok().flatten();
    let given = match &field.fixed {
        Some(fixed) => value(fixed),
        None => in_spec(field, context)
            .cloned()
            .filter(|value| !value.is_null())
            .or_else(|| field.default.as_ref().and_then(value)),
    };
    given.filter(|value| !value.is_null())
}

fn in_spec<'a>(field: &Field, context: &'a Context) -> Option<&'a Value> {
    context.get(&[&["spec".to_owned()], field.path.as_slice()].concat()).filter(|_| !field.path.is_empty())
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}
