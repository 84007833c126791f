//! Breaking changes of a whole kind: names, versions, subresources, and everything that links a resource to
//! its add-on.

use crate::catalog::{Addon, Scope};
use crate::crd::breaking::{Breaking, whole_kind};
use crate::crd::rules::longest_name;

/// Property with a single value: description, old value, new value.
type Single = (&'static str, String, String);

/// Compares the names of the kind. Removing a short name is not breaking: `kubectl` reports it at once.
pub(super) fn names(old: &Addon, new: &Addon) -> Vec<Breaking> {
    let (was, is) = (&old.resource, &new.resource);
    differing(vec![
        ("the group", was.group.clone(), is.group.clone()),
        ("the kind", was.kind.clone(), is.kind.clone()),
        ("the plural", was.plural.clone(), is.plural.clone()),
        ("the singular", was.singular.clone(), is.singular.clone()),
    ])
}

/// Compares the rest of the definition, except its schema.
pub(super) fn definition(old: &Addon, new: &Addon) -> Vec<Breaking> {
    let (was, is) = (&old.resource, &new.resource);
    let mut found = differing(vec![("the scope", scope(was.scope), scope(is.scope))]);
    let gone = was.versions.iter().filter(|version| !is.versions.contains(version));
    found.extend(gone.map(|version| whole_kind(format!("the version `{version}` is gone"))));
    if let Some((was, is)) = was.versions.first().zip(is.versions.first()).filter(|(was, is)| was != is) {
        found.push(whole_kind(format!("the version that is stored is `{is}`, and was `{was}`")));
    }
    match (&was.scale, &is.scale) {
        (Some(_), None) => found.push(whole_kind("`kubectl scale` does not work any more".to_owned())),
        (Some((was, _)), Some((is, _))) if was != is => {
            found.push(whole_kind(format!(
                "`kubectl scale` changes `spec.{}`, and changed `spec.{}`",
                is.join("."),
                was.join(".")
            )));
        }
        (_, _) => {}
    }
    match (longest_name(old), longest_name(new)) {
        (was, Some(is)) if was.is_none_or(|was| is < was) => {
            found.push(whole_kind(format!("the name of a resource may have at most {is} characters")));
        }
        (_, _) => {}
    }
    found
}

/// Compares the settings that link a resource to its add-on and its Secret, and that control its deletion.
pub(super) fn cloud(old: &Addon, new: &Addon) -> Vec<Breaking> {
    let (was, is) = (&old.api, &new.api);
    let account = |addon: &Addon| {
        addon.api.account.as_ref().map(|account| account.source().to_owned()).unwrap_or_default()
    };
    let secret = |addon: &Addon| {
        if addon.has_secret() { addon.secret.name.source().to_owned() } else { String::new() }
    };
    let switch = |addon: &Addon| addon.switch.clone().unwrap_or_default();
    let mut found = differing(vec![
        ("the finalizer", old.resource.finalizer.clone(), new.resource.finalizer.clone()),
        ("the API", was.name.clone(), is.name.clone()),
        ("the endpoint", endpoint(old), endpoint(new)),
        ("the account", account(old), account(new)),
        ("the provider", old.provider.clone(), new.provider.clone()),
        ("what the credentials are shown to", schemes(old), schemes(new)),
        (
            "where the name is found again",
            was.identity.named.source().to_owned(),
            is.identity.named.source().to_owned(),
        ),
        ("what tells its own from others", provider(old), provider(new)),
        (
            "the name that is given at the cloud",
            was.identity.name.source().to_owned(),
            is.identity.name.source().to_owned(),
        ),
    ]);
    if !secret(old).is_empty() {
        found.extend(differing(vec![("the name of the Secret", secret(old), secret(new))]));
    }
    if !switch(new).is_empty() {
        found.extend(differing(vec![("the switch that it needs", switch(old), switch(new))]));
    }
    if format!("{:?}", old.list) != format!("{:?}", new.list) {
        found.push(whole_kind("what is there is listed, or read, in another way".to_owned()));
    }
    let gone = was.identity.ids.keys().filter(|id| !is.identity.ids.contains_key(*id));
    found.extend(gone.map(|id| whole_kind(format!("the id `{id}` is not kept any more"))));
    let other = was
        .identity
        .ids
        .iter()
        .filter(|(id, from)| is.identity.ids.get(*id).is_some_and(|now| now.source() != from.source()));
    found.extend(other.map(|(id, _)| whole_kind(format!("the id `{id}` is taken from elsewhere"))));
    found
}

/// Returns the hosts that authentication schemes use instead of the API's.
fn schemes(addon: &Addon) -> String {
    addon.api.auth.iter().filter_map(|scheme| scheme.endpoint.clone()).collect::<Vec<_>>().join(", ")
}

fn provider(addon: &Addon) -> String {
    addon.api.identity.provider.as_ref().map(|provider| provider.source().to_owned()).unwrap_or_default()
}

fn endpoint(addon: &Addon) -> String {
    let hosts = addon.api.endpoints.hosts.iter();
    hosts
        .map(
            |(name, host)| {
                if name.is_empty() { host.source().to_owned() } else { format!("{name}: {}", host.source()) }
            },
        )
        .collect::<Vec<_>>()
        .join(", ")
}

fn scope(scope: Scope) -> String {
    match scope {
        Scope::Namespaced => "Namespaced".to_owned(),
        Scope::Cluster => "Cluster".to_owned(),
    }
}

fn differing(all: Vec<Single>) -> Vec<Breaking> {
    let different = all.into_iter().filter(|(_, was, is)| was != is);
    different
        .map(|(what, was, is)| whole_kind(format!("{what} is {}, and was {}", shown(&is), shown(&was))))
        .collect()
}

fn shown(value: &str) -> String {
    if value.is_empty() { "none".to_owned() } else { format!("`{value}`") }
}
