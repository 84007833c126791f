//! Checks identity and credentials of an API, which decide whether an add-on could be created twice, or a
//! secret disclosed.

use std::collections::BTreeSet;

use crate::catalog::check::used::named_in;
use crate::catalog::compile::api::hosts;
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Api, AuthScheme, Code, IdentityChoice, Scheme};

/// Checks an API's identity and credentials.
pub(super) fn check(node: &Node, api: &Api, problems: &mut Problems) {
    check_name(&node.at("identity"), api, problems);
    check_create(node, api, problems);
    check_list(&node.at("operations").at("list"), problems);
    if let Some(mark) = node.at("identity").get("mark") {
        check_mark(&mark, problems);
    }
    check_credentials(node, api, problems);
}

fn check_name(identity: &Node, api: &Api, problems: &mut Problems) {
    let never = identity.get("adopt");
    if !api.identity.adopts && never.is_none() {
        let help = "Add `{{metadata.uid}}` to the name. If users choose the names, write `adopt: never` instead: the operator then never adopts an add-on by its name.";
        let message = "the name does not contain the resource's uid";
        problems.report(Code::NameWithoutUid, &identity.at("name"), message, help);
    }
    if let Some(never) = never.filter(|_| api.identity.adopts) {
        let help = "Remove `adopt`: a name that contains the uid cannot belong to another resource.";
        let message = "the name contains the uid, so the operator can safely adopt an add-on of this name";
        problems.report(Code::ForNothing, &never.key(), message, help);
    }
}

fn check_create(node: &Node, api: &Api, problems: &mut Problems) {
    let create = node.at("operations").at("create");
    if !named_in(&create).iter().any(|path| path.first().is_some_and(|name| name == "name")) {
        let help = "Send `{{name}}`, so that the operator finds the add-on again after a lost answer.";
        let message = "the creation does not send the name of the add-on";
        problems.report(Code::NoPlaceForTheName, &create.key(), message, help);
    }
    let request = create.at("request");
    let puts = request.text().is_some_and(|line| line.starts_with("PUT "));
    if api.identity.chosen_by == IdentityChoice::Us && !puts {
        let help = "Use `PUT`, or write `chosenBy: cloud`.";
        let message = "`chosenBy: us` needs a creation that may be repeated";
        problems.report(Code::WrongMethod, &request, message, help);
    }
}

fn check_list(list: &Node, problems: &mut Problems) {
    if !list.at("items").exists() && !list.at("item").exists() {
        let help = "Write `items: $[*]`, or `item:` if the request looks up one add-on.";
        let message = "`items` is missing: it selects the add-ons in the answer";
        problems.report(Code::MissingKey, list, message, help);
    }
}

fn check_mark(mark: &Node, problems: &mut Problems) {
    if let Some(list) = mark.get("list") {
        check_list(&list, problems);
    }
    for request in ["add", "remove"].map(|name| mark.at(name)) {
        let sends = named_in(&request).iter().any(|path| path.first().is_some_and(|name| name == "mark"));
        if !sends {
            let help = "Send `{{mark}}`, the text of the mark.";
            problems.report(
                Code::NoPlaceForTheName,
                &request.key(),
                "the request does not send the mark",
                help,
            );
        }
    }
    let add = mark.at("add").at("request");
    if add.text().is_some_and(|line| !line.starts_with("PUT ")) {
        let help = "Use a `PUT` that sets one mark and keeps the others. If the API has none, remove `mark`.";
        let message = "the request that sets a mark may be repeated, so it has to be a `PUT`";
        problems.report(Code::WrongMethod, &add, message, help);
    }
}

fn check_credentials(node: &Node, api: &Api, problems: &mut Problems) {
    let needed: BTreeSet<&str> = api.auth.iter().flat_map(AuthScheme::needs).collect();
    for (name, field) in node.at("fields").entries().into_iter().filter(|(name, _)| needed.contains(name)) {
        let message = format!("the field has the name of the credential `{name}`");
        let help = "Choose another name for the field: `config.<field>` must never be a secret.";
        problems.report(Code::CredentialInReach, &field.key(), message, help);
    }
    for (name, key) in
        node.at("credentials").at("keys").entries().into_iter().filter(|(name, _)| !needed.contains(name))
    {
        let help = suggest(name, needed.iter().copied());
        let message = format!("no scheme needs the credential `{name}`");
        problems.report(Code::UnknownCredential, &key.key(), message, help);
    }
    check_hosts(node, problems);
    for (scheme, at) in api.auth.iter().zip(node.at("auth").elements()) {
        check_exchange(scheme, api, &at, problems);
    }
}

fn check_hosts(node: &Node, problems: &mut Problems) {
    let hosts = hosts(node);
    for host in node.at("auth").elements().iter().flat_map(|scheme| scheme.at("for").elements()) {
        let written = host.text().unwrap_or_default();
        if !hosts.iter().any(|known| known == written) {
            let known = hosts.iter().map(String::as_str).filter(|name| !name.is_empty());
            let help = suggest(written, known.collect::<Vec<_>>());
            problems.report(Code::UnknownHost, &host, format!("the API has no host `{written}`"), help);
        }
    }
}

/// Checks that the request for a token does not itself need that token.
fn check_exchange(scheme: &AuthScheme, api: &Api, at: &Node, problems: &mut Problems) {
    let Scheme::Exchange { request, by: None, .. } = &scheme.scheme else { return };
    let host = &request.request.url.host;
    let claimed = |other: &AuthScheme| other.hosts.contains(host);
    let its_own = if scheme.hosts.is_empty() { !api.auth.iter().any(claimed) } else { claimed(scheme) };
    if its_own {
        let help =
            "Write with `by:` how this request itself authenticates, or send it to a host of another scheme.";
        let message = "the request for this token is authenticated with the token itself";
        problems.report(Code::NeedsItself, &at.at("request"), message, help);
    }
}
