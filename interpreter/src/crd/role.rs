//! RBAC permissions that an operator needs for the kinds of a catalog, and no more. Permissions that do not
//! depend on the kinds are not part of this module.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::catalog::{Addon, Scope};

/// Use of the kinds' CustomResourceDefinitions by the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definitions {
    /// The operator waits for the definitions, and claims them.
    Claimed,
    /// The operator applies the definitions itself, server-side, and claims them.
    Applied,
}

/// Builds the `ClusterRole` (rbac.authorization.k8s.io/v1) for the kinds of these add-ons. Names every
/// resource, because a group may hold kinds of others.
pub fn cluster_role<'a>(
    name: &str,
    addons: impl IntoIterator<Item = &'a Addon>,
    definitions: Definitions,
) -> Value {
    let addons: Vec<_> = addons.into_iter().collect();
    let mut names: Vec<_> = addons.iter().map(|addon| addon.resource.full_name()).collect();
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

/// Builds the `Role` for these kinds in a namespace; without one, in the namespace to which the role is
/// applied. Leaves out cluster-scoped kinds and definitions: a role cannot grant access to them, and an
/// operator limited to some namespaces does not manage them.
pub fn role<'a>(name: &str, namespace: Option<&str>, addons: impl IntoIterator<Item = &'a Addon>) -> Value {
    let addons: Vec<_> =
        addons.into_iter().filter(|addon| addon.resource.scope == Scope::Namespaced).collect();
    let metadata = match namespace {
        Some(namespace) => json!({ "name": name, "namespace": namespace }),
        None => json!({ "name": name }),
    };
    document("Role", metadata, &rules(&addons))
}

impl Definitions {
    /// Returns the verbs for the definitions. A server-side apply that creates also needs `create`, and
    /// checks it by name: unlike for a POST, the rule can be limited to names.
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

/// Returns the rules for the resources of one group. The operator writes their metadata, never their `spec`
/// (which RBAC cannot express), and their status separately.
fn rules_of(group: &str, plurals: &[&str]) -> [Value; 2] {
    let statuses: Vec<_> = plurals.iter().map(|plural| format!("{plural}/status")).collect();
    [
        json!({ "apiGroups": [group], "resources": plurals, "verbs": ["get", "list", "watch", "patch"] }),
        json!({ "apiGroups": [group], "resources": statuses, "verbs": ["patch"] }),
    ]
}
