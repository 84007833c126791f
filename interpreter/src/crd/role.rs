//! What an operator must be allowed in order to work on the kinds of a catalog, and no more. What it needs besides, whatever its kinds are,
//! is not known here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::definition::full_name;
use crate::catalog::Addon;

/// The `ClusterRole` (rbac.authorization.k8s.io/v1) for the kinds of these add-ons. Every resource is named: a group may hold kinds of others.
pub fn cluster_role<'a>(name: &str, addons: impl IntoIterator<Item = &'a Addon>) -> Value {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut definitions = Vec::new();
    for addon in addons {
        groups.entry(&addon.resource.group).or_default().push(&addon.resource.plural);
        definitions.push(full_name(&addon.resource));
    }
    definitions.sort();
    groups.values_mut().for_each(|plurals| plurals.sort_unstable());
    let mut rules: Vec<_> = groups.iter().flat_map(|(group, plurals)| rules(group, plurals)).collect();
    rules.push(json!({
        "apiGroups": ["apiextensions.k8s.io"],
        "resources": ["customresourcedefinitions"],
        "resourceNames": definitions,
        "verbs": ["get", "patch"],
    }));
    json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": name }, "rules": rules })
}

/// The resources of one group: their metadata is written, their `spec` never is (which RBAC cannot say), and their status apart.
fn rules(group: &str, plurals: &[&str]) -> [Value; 2] {
    let statuses: Vec<_> = plurals.iter().map(|plural| format!("{plural}/status")).collect();
    [
        json!({ "apiGroups": [group], "resources": plurals, "verbs": ["get", "list", "watch", "patch"] }),
        json!({ "apiGroups": [group], "resources": statuses, "verbs": ["patch"] }),
    ]
}
