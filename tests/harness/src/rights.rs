//! What operators may do: what the deployed manifests grant, in a world's own names, so that tests run with
//! the rights that users give.

use std::path::Path;

use serde_json::Value;

use super::kinds::{documents, printed};

/// The service account of every operator.
pub const ACCOUNT: &str = "clever-operator";
/// The namespace of the deployment.
pub const NAMESPACE: &str = "clever-operator-system";

/// The namespace, the account, the roles and their bindings, for the kinds of a catalog.
pub fn rights(world: &str, catalog: Option<&Path>) -> Vec<Value> {
    let mut objects = deployed(world);
    objects.extend(documents(&printed(catalog, &["crd", "role"])));
    objects.iter_mut().for_each(|object| rename(object, world));
    objects
}

/// The same for an operator that works in these namespaces alone, as `docs/rights.md` shows it: no role is
/// one of the whole cluster.
pub fn confined(world: &str, catalog: Option<&Path>, namespaces: &[&str]) -> Vec<Value> {
    let page = include_str!("../../../docs/rights.md").replace(NAMESPACE, world);
    let blocks: Vec<_> =
        page.split("```yaml\n").skip(1).map(|block| block.split("\n```").next().unwrap()).collect();
    let [own, one] = blocks.as_slice() else {
        panic!("two blocks: for its own namespace, and for one that it works in")
    };
    let mut objects = deployed(world);
    objects.retain(|object| !is_of_cluster(object));
    objects.extend(documents(own));
    for namespace in namespaces {
        objects.extend(documents(&one.replace("team-a", namespace)));
        objects
            .extend(documents(&printed(catalog, &["crd", "role", "--namespaced", "--namespace", namespace])));
    }
    objects
}

/// As `kubectl` takes them.
pub fn text(objects: &[Value]) -> String {
    objects.iter().map(|object| serde_yaml::to_string(object).unwrap()).collect::<Vec<_>>().join("\n---\n")
}

fn deployed(world: &str) -> Vec<Value> {
    let mut objects =
        documents(&include_str!("../../../deployments/kubernetes/operator.yaml").replace(NAMESPACE, world));
    objects.retain(|object| is_about_rights(object["kind"].as_str().unwrap()));
    objects
}

fn is_about_rights(kind: &str) -> bool {
    ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
        .contains(&kind)
}

fn is_of_cluster(object: &Value) -> bool {
    ["ClusterRole", "ClusterRoleBinding"].iter().any(|kind| object["kind"] == *kind)
}

/// What belongs to no namespace gets a name of the world.
fn rename(object: &mut Value, world: &str) {
    if is_of_cluster(object) {
        add(&mut object["metadata"]["name"], world);
    }
    if object["roleRef"]["kind"] == "ClusterRole" {
        add(&mut object["roleRef"]["name"], world);
    }
}

fn add(name: &mut Value, world: &str) {
    *name = format!("{}-{world}", name.as_str().unwrap()).into();
}
