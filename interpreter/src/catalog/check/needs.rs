//! What an API's requests need of each add-on: every text they are made of must have a value.

use std::collections::BTreeMap;

use super::used::needed_by;
use crate::catalog::compile::addon::Entry;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Code, Request};

/// Checks that every shared field that a request needs is placed or fixed, and always has a value.
pub(super) fn check(entry: &Entry, addon: &Addon, problems: &mut Problems) {
    let spec = entry.node.at("spec").key();
    if addon.fields.iter().filter_map(|field| field.shared.as_ref()).any(|name| !addon.api.fields.contains_key(name)) {
        return;
    }
    for (name, request) in needed(addon) {
        let placed = addon.fields.iter().find(|field| field.shared.as_ref() == Some(&name));
        let Some(field) = placed else {
            let help = format!("Place it under `spec:`, such as `{name}: {name}`, or give it a value under `fixed:`.");
            problems.report(Code::NeverFilled, &spec, format!("`{request}` needs the field `{name}`, and this entry has none"), help);
            continue;
        };
        if field.optional && field.default.is_none() && field.fixed.is_none() {
            let path = field.path.join(".");
            let message = format!("`{request}` needs the field `{name}`, and `{path}` may be left out");
            problems.report(
                Code::NeverFilled,
                &entry.node.at("spec").at(&path).key(),
                message,
                "Give it a `default`, or take `optional` away.",
            );
        }
    }
}

/// The shared fields that are needed, each with the first request that needs it.
fn needed(addon: &Addon) -> BTreeMap<String, &str> {
    let mut requests: Vec<(&str, &Request)> = vec![("list", &addon.list.request), ("create", &addon.create.0), ("delete", &addon.delete)];
    requests.extend(addon.get.iter().chain(&addon.outputs).map(|read| (read.name.as_str(), &read.request)));
    requests.extend(addon.offers.iter().map(|offer| ("offers", &offer.read.request)));
    requests.extend(addon.reads.values().map(|read| (read.name.as_str(), &read.request)));
    let mut needed = BTreeMap::new();
    let account = addon.api.account.iter().chain(addon.api.endpoints.hosts.values());
    for path in account.flat_map(|template| template.names()) {
        note(&mut needed, path, "account", addon);
    }
    for (name, request) in requests {
        for path in needed_by(request) {
            note(&mut needed, &path, name, addon);
        }
    }
    needed
}

fn note<'a>(needed: &mut BTreeMap<String, &'a str>, path: &[String], request: &'a str, addon: &Addon) {
    let Some(name) = path.first().filter(|name| addon.api.fields.contains_key(*name)) else { return };
    needed.entry(name.clone()).or_insert(request);
}
