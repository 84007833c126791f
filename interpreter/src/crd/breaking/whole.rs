//! Breaking changes of a whole kind: names, versions, subresources, and everything that links a resource to
//! its add-on.

use crate::catalog::{Addon, Scope};
use crate::crd::breaking::{Breaking, Change, REMOVED, whole_kind};
use crate::crd::rules::longest_name;

/// Property with a single value: stable name, description, old value, new value.
type Single = (&'static str, &'static str, String, String);

/// Compares the names of the kind. Removing a short name is not breaking: `kubectl` reports it at once.
pub(super) fn names(old: &Addon, new: &Addon) -> Vec<Breaking> {
    let (was, is) = (&old.resource, &new.resource);
    differing(vec![
        ("group", "the group", was.group.clone(), is.group.clone()),
        ("kind", "the kind", was.kind.clone(), is.kind.clone()),
        ("plural", "the plural", was.plural.clone(), is.plural.clone()),
        ("singular", "the singular", was.singular.clone(), is.singular.clone()),
    ])
}

/// Compares the rest of the definition, except its schema.
pub(super) fn definition(old: &Addon, new: &Addon) -> Vec<Breaking> {
    let (was, is) = (&old.resource, &new.resource);
    let mut found = differing(vec![("scope", "the scope", scope(was.scope), scope(is.scope))]);
    let gone = was.versions.iter().filter(|version| !is.versions.contains(version));
    found.extend(gone.map(|version| {
        let change = Change::new(&format!("version {version}"), REMOVED, "", "");
        whole_kind(change, format!("the version `{version}` was removed"))
    }));
    if let Some((was, is)) = was.versions.first().zip(is.versions.first()).filter(|(was, is)| was != is) {
        let says = format!("the stored version is `{is}` (before: `{was}`)");
        found.push(whole_kind(changed("storedVersion", was, is), says));
    }
    match (&was.scale, &is.scale) {
        (Some(_), None) => {
            let change = Change::new("scale", REMOVED, "", "");
            found.push(whole_kind(change, "`kubectl scale` no longer works".to_owned()));
        }
        (Some((was, _)), Some((is, _))) if was != is => {
            let (was, is) = (was.join("."), is.join("."));
            let says = format!("`kubectl scale` changes `spec.{is}` (before: `spec.{was}`)");
            found.push(whole_kind(changed("scale", &was, &is), says));
        }
        (_, _) => {}
    }
    match (longest_name(old), longest_name(new)) {
        (was, Some(is)) if was.is_none_or(|was| is < was) => {
            let was = was.map(|was| was.to_string()).unwrap_or_default();
            let says = format!("the name of a resource may have at most {is} characters");
            found.push(whole_kind(changed("nameLength", &was, &is.to_string()), says));
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
    let mut found = differing(vec![
        ("finalizer", "the finalizer", old.resource.finalizer.clone(), new.resource.finalizer.clone()),
        ("api", "the API", was.name.clone(), is.name.clone()),
        ("endpoint", "the endpoint", endpoint(old), endpoint(new)),
        ("account", "the account", account(old), account(new)),
        ("provider", "the provider", old.provider.clone(), new.provider.clone()),
        ("authHost", "the host that receives the credentials", schemes(old), schemes(new)),
        (
            "identity.named",
            "the selector of the name (`identity.named`)",
            was.identity.named.source().to_owned(),
            is.identity.named.source().to_owned(),
        ),
        ("identity.provider", "the selector of the type (`identity.provider`)", provider(old), provider(new)),
        (
            "identity.name",
            "the name at the cloud (`identity.name`)",
            was.identity.name.source().to_owned(),
            is.identity.name.source().to_owned(),
        ),
    ]);
    if !secret(old).is_empty() {
        found.extend(differing(vec![("secret", "the name of the Secret", secret(old), secret(new))]));
    }
    if new.optional {
        let optional = |addon: &Addon| addon.optional.to_string();
        found.extend(differing(vec![("optional", "the key `optional`", optional(old), optional(new))]));
    }
    if old.list != new.list {
        found.push(whole_kind(changed("list", "", ""), "the operation `list` is different".to_owned()));
    }
    let gone = was.identity.ids.keys().filter(|id| !is.identity.ids.contains_key(*id));
    found.extend(gone.map(|id| {
        let change = Change::new(&format!("id {id}"), REMOVED, "", "");
        whole_kind(change, format!("the id `{id}` is no longer kept"))
    }));
    let other = was
        .identity
        .ids
        .iter()
        .filter_map(|(id, from)| Some((id, from.source(), is.identity.ids.get(id)?.source())))
        .filter(|(_, was, is)| was != is);
    found.extend(other.map(|(id, was, is)| {
        let says = format!("the id `{id}` has another selector");
        whole_kind(changed(&format!("id {id}"), was, is), says)
    }));
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
    let different = all.into_iter().filter(|(.., was, is)| was != is);
    different
        .map(|(name, what, was, is)| {
            let says = format!("{what} is {} (before: {})", shown(&is), shown(&was));
            whole_kind(changed(name, &was, &is), says)
        })
        .collect()
}

fn changed(subject: &str, was: &str, is: &str) -> Change {
    Change::new(subject, "changed", was, is)
}

fn shown(value: &str) -> String {
    if value.is_empty() { "none".to_owned() } else { format!("`{value}`") }
}
