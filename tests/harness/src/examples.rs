//! The examples that everybody finds, all at once, as a user applies them.

use std::fs;

use control_plane::Kubectl;
use serde_json::json;

use super::{Cluster, PLANE, eventually};

/// The organisation that they name.
pub const ORGANISATION: &str = "orga_11111111-2222-4333-8444-555555555555";
/// How long `kubectl` waits.
pub const PATIENCE: &str = "--timeout=120s";

/// A manifest of each kind, the optional ones too.
pub fn all() -> String {
    let files =
        ["examples", "examples/flat-kinds"].into_iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let texts = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| fs::read_to_string(path).unwrap());
    texts.filter(|text| !text.contains("kind: Pod\n")).collect::<Vec<_>>().join("\n---\n")
}

/// Applies all of them in a namespace, and waits until each is Ready.
pub fn come(namespace: &str) {
    apply(&PLANE.kubectl(), namespace);
    until_ready(&PLANE.kubectl(), namespace);
}

/// Deletes all of them, and waits until they are gone.
pub fn go(namespace: &str) {
    delete(&PLANE.kubectl(), namespace);
}

/// Applies all of them as the user of this kubectl.
pub fn apply(kubectl: &Kubectl, namespace: &str) {
    run(kubectl, namespace, &["apply", "-f", "-"]);
}

/// Waits until each is Ready, as the user of this kubectl.
pub fn until_ready(kubectl: &Kubectl, namespace: &str) {
    run(kubectl, namespace, &["wait", "--for=condition=Ready", PATIENCE, "-f", "-"]);
}

/// Deletes all of them as the user of this kubectl, and waits until they are gone.
pub fn delete(kubectl: &Kubectl, namespace: &str) {
    run(kubectl, namespace, &["delete", PATIENCE, "-f", "-"]);
}

/// What becoming Ready does not ask of an operator: a Secret that is repaired, one that loses a key, and one that gets
/// another name.
pub async fn every_kind_of_write(cluster: &Cluster, namespace: &str) {
    let path = &format!("/api/v1/namespaces/{namespace}/secrets/shared-settings-secrets");
    cluster.merge(path, &json!({ "data": { "FEATURE_X": "Zm9yZ2Vk" } })).await.unwrap();
    let value = async |name: &str| cluster.get(path).await.unwrap()["data"][name].clone();
    eventually("a value that is repaired", async || (value("FEATURE_X").await != "Zm9yZ2Vk").then_some(()))
        .await;
    let patch = |patch: &str| {
        let target = ["patch", "configprovider", "shared-settings", "--namespace", namespace];
        PLANE.kubectl().run(&[&target[..], &["--type=merge", "-p", patch]].concat()).unwrap();
    };
    patch(r#"{"spec":{"variables":{"API_URL":null}}}"#);
    eventually("a key that goes", async || value("API_URL").await.is_null().then_some(())).await;
    patch(r#"{"spec":{"connectionSecret":{"name":"renamed"}}}"#);
    cluster.wait_gone(path).await;
    patch(r#"{"spec":{"connectionSecret":null}}"#);
    eventually("the first name again", async || cluster.get(path).await).await;
}

fn run(kubectl: &Kubectl, namespace: &str, arguments: &[&str]) {
    kubectl.run_with_input(&[arguments, &["--namespace", namespace]].concat(), &all()).unwrap();
}
