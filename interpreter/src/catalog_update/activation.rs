//! Activation of a catalog update: the changes from the controllers that run to those that the updated
//! catalog needs.

use std::collections::BTreeMap;

use crate::catalog::{Addon, Scope};
use crate::catalog_update::types::{Entry, EntryState};

/// Change of the controller of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// The kind is new.
    Start,
    /// The kind has other names under the same CRD: the old controller has to end before the new one starts.
    Restart,
    /// The entry has changed: a new controller takes over watch, queue and cache of the old one.
    Reconfigure,
    /// The entry was removed while resources live.
    DeleteOnly,
    /// The kind was removed and has no resources left.
    Stop,
}

/// Returns the changes by name of the CRD, those that stop a controller first. `running` holds the entries of
/// the controllers that run, `wanted` those of the updated catalog. A kind that stays as it is has no change.
pub fn activation<'a>(
    running: &'a BTreeMap<String, Entry>,
    wanted: &'a BTreeMap<String, Entry>,
) -> Vec<(&'a str, Activation)> {
    let stopped = running.keys().filter(|definition| !wanted.contains_key(*definition));
    let change = |(definition, entry): (&'a String, &'a Entry)| {
        let change = match running.get(definition) {
            None => Activation::Start,
            Some(before) if names(&before.addon) != names(&entry.addon) => Activation::Restart,
            Some(before) if before.digest == entry.digest => return None,
            Some(_) if entry.state == EntryState::DeleteOnly => Activation::DeleteOnly,
            Some(_) => Activation::Reconfigure,
        };
        Some((definition.as_str(), change))
    };
    stopped
        .map(|definition| (definition.as_str(), Activation::Stop))
        .chain(wanted.iter().filter_map(change))
        .collect()
}

/// The names of a kind beside its CRD's.
fn names(addon: &Addon) -> (&str, Option<&String>, Scope) {
    (&addon.resource.kind, addon.resource.versions.first(), addon.resource.scope)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::Source;
    use crate::catalog_update::update;

    const API: &str = "
api: cloud
title: A cloud
endpoint: 'https://cloud.example.test'
auth: [{ scheme: none }]
fields: { region: { description: Where it runs., type: string, maxLength: 63 } }
identity: { name: '{{metadata.uid}}', chosenBy: cloud, ids: { addon: $.id }, named: $.name }
operations:
  list: { request: GET /things, items: '$[*]' }
  create: { request: POST /things, body: { name: '{{name}}', region: '{{region}}' } }
  delete: { request: 'DELETE /things/{{id.addon}}' }
";

    /// Returns the entries of a catalog with these kinds: plural, kind and description.
    fn entries(kinds: &[(&str, &str, &str)]) -> BTreeMap<String, Entry> {
        let file = |(plural, kind, description): &(&str, &str, &str)| Source {
            path: format!("{plural}.yaml"),
            text: format!(
                "addon: {plural}\napi: cloud\nprovider: {plural}\ntitle: {kind}\ndescription: {description}\nstateful: false\n\
                 resource: {{ group: example.test, version: v1, kind: {kind}, plural: {plural}, finalizer: example.test/{plural} }}\nspec: {{ region: region }}\n"
            ),
        };
        let api = Source { path: "api.yaml".into(), text: API.into() };
        let sources: Vec<_> = [api].into_iter().chain(kinds.iter().map(file)).collect();
        let update = update(&sources, &[], &BTreeMap::new(), &|_| false);
        assert_eq!(update.entries.len(), kinds.len(), "{:?}", update.problems);
        update.entries
    }

    fn removed(mut entries: BTreeMap<String, Entry>) -> BTreeMap<String, Entry> {
        for entry in entries.values_mut() {
            (entry.state, entry.digest) = (EntryState::DeleteOnly, format!("{} removed", entry.digest));
        }
        entries
    }

    #[test]
    fn a_controller_changes_only_with_the_entry_of_its_kind() {
        use Activation::{DeleteOnly, Reconfigure, Restart, Start, Stop};
        let (jar, tin) = (("jars", "Jar", "A jar."), ("tins", "Tin", "A tin."));
        let edited = ("jars", "Jar", "A glass jar.");
        let none = BTreeMap::new;
        let cases = [
            ("the first catalog", none(), entries(&[jar, tin]), vec![("jars", Start), ("tins", Start)]),
            ("the same catalog", entries(&[jar, tin]), entries(&[jar, tin]), vec![]),
            ("an edit", entries(&[jar, tin]), entries(&[edited, tin]), vec![("jars", Reconfigure)]),
            (
                "another kind of the same plural",
                entries(&[jar]),
                entries(&[("jars", "Vessel", "A jar.")]),
                vec![("jars", Restart)],
            ),
            (
                "a removal with resources",
                entries(&[jar]),
                removed(entries(&[jar])),
                vec![("jars", DeleteOnly)],
            ),
            ("a return", removed(entries(&[jar])), entries(&[jar]), vec![("jars", Reconfigure)]),
            ("the last resource is gone", removed(entries(&[jar])), none(), vec![("jars", Stop)]),
            ("a swap", entries(&[jar]), entries(&[tin]), vec![("jars", Stop), ("tins", Start)]),
            ("a start as delete-only", none(), removed(entries(&[jar])), vec![("jars", Start)]),
        ];
        for (name, running, wanted, expected) in cases {
            let changes = activation(&running, &wanted);
            let changes: Vec<_> = changes
                .into_iter()
                .map(|(definition, change)| (definition.strip_suffix(".example.test").unwrap(), change))
                .collect();
            assert_eq!(changes, expected, "{name}");
        }
    }
}
