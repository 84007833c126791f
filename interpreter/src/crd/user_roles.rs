//! ClusterRoles that let users of a namespace manage the kinds of a catalog. Kubernetes adds their rules to
//! its own roles `view`, `edit` and `admin`. The operator's own permissions are in `role`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::{Addon, Resource, Scope};

/// Prefix of the labels that aggregate the rules of a ClusterRole into a role of Kubernetes.
const AGGREGATE_TO: &str = "rbac.authorization.k8s.io/aggregate-to-";

/// Definition of one ClusterRole.
struct UserRole {
    /// Suffix of its name.
    name: &'static str,
    /// Roles of Kubernetes that include its rules.
    aggregate_to: &'static [&'static str],
    /// Verbs for resources.
    verbs: &'static [&'static str],
    /// Verbs for the subresource `scale`, where a kind has one.
    scale_verbs: &'static [&'static str],
}

const VIEW: UserRole = UserRole {
    name: "view",
    aggregate_to: &["view", "edit", "admin"],
    verbs: &["get", "list", "watch"],
    scale_verbs: &["get"],
};

const EDIT: UserRole = UserRole {
    name: "edit",
    aggregate_to: &["edit", "admin"],
    verbs: &["create", "update", "patch", "delete", "deletecollection"],
    scale_verbs: &["update", "patch"],
};

/// Builds the ClusterRoles `<prefix>-view` and `<prefix>-edit` for the kinds of these add-ons.
///
/// They name no subresource but `scale`: only the operator writes a status, and reading a resource shows it.
/// Cluster-scoped kinds are in neither, because `view`, `edit` and `admin` are roles of a namespace.
pub fn user_roles<'a>(prefix: &str, addons: impl IntoIterator<Item = &'a Addon>) -> [Value; 2] {
    let addons = addons
        .into_iter()
        .map(|addon| &addon.resource)
        .filter(|resource| resource.scope == Scope::Namespaced);
    let resources: Vec<_> = addons.collect();
    [VIEW, EDIT].map(|role| role.document(prefix, &resources))
}

impl UserRole {
    fn document(&self, prefix: &str, resources: &[&Resource]) -> Value {
        let labels: Map<_, _> =
            self.aggregate_to.iter().map(|role| (format!("{AGGREGATE_TO}{role}"), json!("true"))).collect();
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": { "name": format!("{prefix}-{}", self.name), "labels": labels },
            "rules": self.rules(resources),
        })
    }

    /// Returns the rules. They name every resource, because a group may hold kinds of others.
    fn rules(&self, resources: &[&Resource]) -> Vec<Value> {
        let scaled = resources.iter().filter(|resource| resource.scale.is_some());
        let whole =
            by_group(resources.iter().map(|resource| (resource.group.as_str(), resource.plural.clone())));
        let scales =
            by_group(scaled.map(|resource| (resource.group.as_str(), format!("{}/scale", resource.plural))));
        let rule = |verbs: &[&str], group: &str, names: &[String]| json!({ "apiGroups": [group], "resources": names, "verbs": verbs });
        let whole = whole.iter().map(|(group, names)| rule(self.verbs, group, names));
        whole.chain(scales.iter().map(|(group, names)| rule(self.scale_verbs, group, names))).collect()
    }
}

fn by_group<'a>(names: impl Iterator<Item = (&'a str, String)>) -> BTreeMap<&'a str, Vec<String>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    names.for_each(|(group, name)| groups.entry(group).or_default().push(name));
    groups.values_mut().for_each(|names| names.sort_unstable());
    groups
}
