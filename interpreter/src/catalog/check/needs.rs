//! Checks the requirements of an API's requests on each add-on: every rendered text must have a value.

use std::collections::BTreeMap;

use crate::catalog::check::used::needed_by;
use crate::catalog::compile::addon::Entry;
use crate::catalog::expression::Template;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Code, Field, Request};

/// Checks that every field that is rendered as text is placed or fixed, and always has a value.
pub(super) fn check(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    if addon
        .fields
        .iter()
        .filter_map(|field| field.shared.as_ref())
        .any(|name| !addon.api.fields.contains_key(name))
    {
        return;
    }
    let spec = entry.node.at("spec");
    if let Some(user) = needs_parent(addon).filter(|_| addon.parent.is_none()) {
        let help = "Write `parent:` with the add-on of the parent, and the field that names it.";
        let message = format!("`{user}` needs a parent, but this entry has none");
        problems.report(Code::NeverFilled, &spec.key(), message, help);
    }
    for (name, user) in needed(addon) {
        let Some(field) = addon.fields.iter().find(|field| is_named(field, &name)) else {
            let help = format!(
                "Place the field under `spec:`, such as `{name}: {name}`, or give it a value under `fixed:`."
            );
            problems.report(
                Code::NeverFilled,
                &spec.key(),
                format!("`{user}` needs the field `{name}`, but this entry neither places nor fixes it"),
                help,
            );
            continue;
        };
        if field.optional && field.default.is_none() && field.fixed.is_none() {
            let path = field.path.join(".");
            let message = format!("`{user}` needs the field `{path}`, but the field is optional");
            let help = "Add a `default`, or remove `optional`.";
            problems.report(Code::NeverFilled, &spec.at(&path).key(), message, help);
        }
    }
}

/// Returns the needed fields, by shared name or by path, each with its first user.
fn needed(addon: &Addon) -> BTreeMap<String, &str> {
    let mut needed = BTreeMap::new();
    for (user, template) in texts(addon) {
        template.names().iter().for_each(|path| note(&mut needed, path, user, addon));
    }
    for (user, request) in requests(addon) {
        needed_by(request).iter().for_each(|path| note(&mut needed, path, user, addon));
    }
    needed
}

fn needs_parent(addon: &Addon) -> Option<&str> {
    let names_it = |request: &Request| {
        needed_by(request).iter().any(|path| path.first().is_some_and(|name| name == "parent"))
    };
    requests(addon).into_iter().find(|(_, request)| names_it(request)).map(|(user, _)| user)
}

/// Returns the requests that are sent for every resource, each with its name.
fn requests(addon: &Addon) -> Vec<(&str, &Request)> {
    let mut requests: Vec<(&str, &Request)> =
        vec![("list", &addon.list.request), ("create", &addon.create.0), ("delete", &addon.delete)];
    requests.extend(addon.get.iter().chain(&addon.outputs).map(|read| (read.name.as_str(), &read.request)));
    requests.extend(addon.offers.iter().map(|offer| ("offers", &offer.read.request)));
    requests.extend(addon.reads.values().map(|read| (read.name.as_str(), &read.request)));
    requests
}

/// Returns the texts that are rendered outside of requests, each with its name.
fn texts(addon: &Addon) -> Vec<(&'static str, &Template)> {
    let api = &addon.api;
    let mut texts: Vec<(&str, &Template)> = api.account.iter().map(|account| ("account", account)).collect();
    texts.extend(api.endpoints.hosts.values().map(|host| ("endpoint", host)));
    texts.push(("identity", &api.identity.name));
    let credentials =
        api.credentials.iter().flat_map(|credentials| credentials.keys.values().chain([&credentials.secret]));
    texts.extend(credentials.map(|text| ("credentials", text)));
    let secret = addon.secret.rendered.iter().map(|(key, value)| (key, value));
    let secret = secret.chain(addon.secret.each.iter().map(|(_, key, value)| (key, value)));
    let secret = secret.flat_map(|(key, value)| [key, value]).chain([&addon.secret.name]);
    texts.extend(secret.map(|text| ("secret", text)));
    texts
}

fn note<'a>(needed: &mut BTreeMap<String, &'a str>, path: &[String], user: &'a str, addon: &Addon) {
    let name = match path {
        [root, below @ ..] if root == "spec" => below.join("."),
        [name, ..] if addon.api.fields.contains_key(name) => name.clone(),
        _ => return,
    };
    needed.entry(name).or_insert(user);
}

fn is_named(field: &Field, name: &str) -> bool {
    field.shared.as_deref() == Some(name) || field.path.join(".") == name
}
