//! What an operator must be allowed in order to work on the kinds of a catalog, and no more. What it needs besides, whatever its kinds are,
//! is not known here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::catalog::{Addon, Scope};
use crate::crd::definition::full_name;

/// What an operator does with the definitions of its kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definitions {
    /// It waits for them, and claims them.
    Claimed,
    /// It applies them itself, server-side, and claims them.
    Applied,
}

/// The `ClusterRole` (rbac.authorization.k8s.io/v1) for the kinds of these add-ons. Every resource is named: a group may hold kinds of others.
pub fn cluster_role<'a>(name: &str, addons: impl IntoIterator<Item = &'a Addon>, definitions: Definitions) -> Value {
    let addons: Vec<_> = addons.into_iter().collect();
    let mut names: Vec<_> = addons.iter().map(|addon| full_name(&addon.resource)).collect();
    names.sort();
    let mut rules = rules(&addons);
    rules.push(json!({
        "apiGroups": ["apiextensions.k8s.io"],
        "resources": ["customresourcedefinitions"],
        "resourceNames": names,
        "verbs": definitions.verbs(),
    }));
    document("ClusterRole", json!({ "name": name }), &rules)
}

/// The `Role` for these kinds in a namespace; without one, in that of whoever applies it. A kind that belongs to no namespace is not in it: a
/// role cannot give it, and who works in some namespaces does not work on it. Neither are definitions.
pub fn role<'a>(name: &str, namespace: Option<&str>, addons: impl IntoIterator<Item = &'a Addon>) -> Value {
    let addons: Vec<_> = addons.into_iter().filter(|addon| addon.resource.scope == Scope::Namespaced).collect();
    let metadata = match namespace {
        Some(namespace) => json!({ "name": name, "namespace": namespace }),
        None => json!({ "name": name }),
    };
    document("Role", metadata, &rules(&addons))
}

impl Definitions {
    /// An apply that creates asks for `create`, too, and by the name: unlike with a POST, the rule can be limited to names.
    fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Claimed => &["get", "patch"],
            Self::Applied => &["get", "patch", "create"],
        }
    }
}

fn document(kind: &str, metadata: Value, rules: &[Value]) -> Value {
    json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": rules })
}

fn rules(addons: &[&Addon]) -> Vec<Value> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for addon in addons {
        groups.entry(&addon.resource.group).or_default().push(&addon.resource.plural);
    }
    groups.values_mut().for_each(|plurals| plurals.sort_unstable());
    groups.iter().flat_map(|(group, plurals)| rules_of(group, plurals)).collect()
}

/// The resources of one group: their metadata is written, their `spec` never is (which RBAC cannot say), and their status apart.
fn rules_of(group: &str, plurals: &[&str]) -> [Value; 2] {
    let statuses: Vec<_> = plurals.iter().map(|plural| format!("{plural}/status")).collect();
    [
        json!({ "apiGroups": [group], "resources": plurals, "verbs": ["get", "list", "watch", "patch"] }),
        json!({ "apiGroups": [group], "resources": statuses, "verbs": ["patch"] }),
    ]
}
