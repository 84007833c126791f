//! What operators may do: what the deployed manifests grant, in a world's own names, so that tests run with the rights that users give.

use std::path::Path;

use serde_json::Value;

use super::kinds::{documents, printed};

/// The service account of every operator.
pub(crate) const ACCOUNT: &str = "clever-operator";
/// The namespace of the deployment.
pub(crate) const NAMESPACE: &str = "clever-operator-system";

/// The namespace, the account, the roles and their bindings, for the kinds of a catalog.
pub(crate) fn rights(world: &str, catalog: Option<&Path>) -> String {
    let fixed = include_str!("../../deployments/kubernetes/operator.yaml").replace(NAMESPACE, world);
    let mut objects = documents(&fixed);
    objects.extend(documents(&printed(catalog, &["crd", "role"])));
    objects.retain(|object| is_about_rights(object["kind"].as_str().unwrap()));
    objects.iter_mut().for_each(|object| rename(object, world));
    objects.iter().map(|object| serde_yaml::to_string(object).unwrap()).collect::<Vec<_>>().join("\n---\n")
}

fn is_about_rights(kind: &str) -> bool {
    ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"].contains(&kind)
}

/// What belongs to no namespace gets a name of the world.
fn rename(object: &mut Value, world: &str) {
    if ["ClusterRole", "ClusterRoleBinding"].iter().any(|kind| object["kind"] == *kind) {
        add(&mut object["metadata"]["name"], world);
    }
    if object["roleRef"]["kind"] == "ClusterRole" {
        add(&mut object["roleRef"]["name"], world);
    }
}

fn add(name: &mut Value, world: &str) {
    *name = format!("{}-{world}", name.as_str().unwrap()).into();
}
