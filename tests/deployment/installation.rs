//! One installation, as the public documentation page tells people to make it, from an empty cluster to an add-on of each kind and away.

use std::collections::BTreeMap;
use std::fs;

use clever_sandbox::{Config, Sandbox};
use serde_json::{Value, json};

use super::manifests::objects;
use super::pod::Pod;
use super::{commands, rights};
use crate::harness::{Cluster, PLANE, eventually, play};

pub(super) const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/clever-operator-system/deployments/clever-operator";
pub(super) const MANIFEST: &str = "dist/install.yaml";
/// How long `kubectl` waits.
pub(super) const PATIENCE: &str = "--timeout=120s";

#[test]
fn installed_as_the_page_says_it_works_with_the_rights_it_has_and_applying_again_changes_nothing() {
    play(async {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let cluster = Cluster::connect().await;
        for said in commands::run("kubectl apply") {
            assert!(said.lines().all(|line| line.ends_with(" created")), "{said}");
        }
        let deployment = cluster.get(DEPLOYMENT).await.unwrap();
        kubectl(&["apply", "-k", "generated-crds/flatKinds"]);
        let pod = Pod::start(&cluster, &deployment).await;
        pod.until("livenessProbe").await;
        configured(sandbox.url());
        pod.until("readinessProbe").await;

        let examples = examples();
        kubectl_with(&["apply", "-f", "-"], &examples);
        kubectl_with(&["wait", "--for=condition=Ready", PATIENCE, "-f", "-"], &examples);
        applied_again(&cluster).await;
        every_kind_of_write(&cluster).await;
        kubectl_with(&["delete", PATIENCE, "-f", "-"], &examples);
        rights::all_granted_are_used(&objects(MANIFEST));
        let refused = crate::harness::cluster::refusals(&rights::user());
        assert_eq!(refused, [""; 0], "every right that it needs is given");
    });
}

/// Writes the page's configuration with the words that it says must be replaced, and applies it.
pub(super) fn configured(endpoint: &str) {
    let page = include_str!("configuration.yaml").replace("https://api.clever-cloud.com/v2", &format!("{endpoint}/v2"));
    let words = [
        ("token", "demo-token"),
        ("secret", "demo-secret"),
        ("consumer_key", "demo-consumer"),
        ("consumer_secret", "demo-consumer-secret"),
    ];
    let manifest = words.iter().fold(page, |text, (name, value)| text.replace(&format!("<your_{name}>"), value));
    kubectl_with(&["apply", "-f", "-"], &manifest);
}

/// A manifest of each kind, those behind a switch too.
fn examples() -> String {
    let files = ["examples", "examples/flatKinds"].into_iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let texts = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap());
    texts.filter(|text| !text.contains("kind: Pod\n")).collect::<Vec<_>>().join("\n---\n")
}

/// Every way to apply the manifests once more leaves each object as it is, the credentials among them.
async fn applied_again(cluster: &Cluster) {
    let before = versions();
    let said = commands::run("kubectl apply");
    let other_ways = [kubectl(&["apply", "-k", "deployments/kubernetes/v1.24.0"]), kubectl(&["apply", "-f", MANIFEST])];
    for said in said.iter().chain(&other_ways) {
        assert!(said.lines().all(|line| line.ends_with(" unchanged")), "{said}");
    }
    assert_eq!(versions(), before);
    let configuration = cluster.get("/api/v1/namespaces/clever-operator-system/configmaps/clever-operator-configuration").await.unwrap();
    assert!(configuration["data"]["config.toml"].as_str().unwrap().contains("demo-token"), "{configuration:#}");
}

/// The version of each object of the manifests, by its kind and name.
fn versions() -> BTreeMap<String, String> {
    let list: Value = serde_json::from_str(&kubectl(&["get", "-f", MANIFEST, "-o", "json"])).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let version = |object: &Value| {
        (format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"])), text(&object["metadata"]["resourceVersion"]))
    };
    list["items"].as_array().unwrap().iter().map(version).collect()
}

/// What becoming Ready does not ask of the operator: a Secret that is repaired, and one that loses a key.
async fn every_kind_of_write(cluster: &Cluster) {
    let path = "/api/v1/namespaces/default/secrets/shared-settings-secrets";
    cluster.merge(path, &json!({ "data": { "FEATURE_X": "Zm9yZ2Vk" } })).await.unwrap();
    let value = async |name: &str| cluster.get(path).await.unwrap()["data"][name].clone();
    eventually("a value that is repaired", async || (value("FEATURE_X").await != "Zm9yZ2Vk").then_some(())).await;
    let patch = r#"{"spec":{"variables":{"API_URL":null}}}"#;
    kubectl(&["patch", "configprovider", "shared-settings", "--type=merge", "-p", patch]);
    eventually("a key that goes", async || value("API_URL").await.is_null().then_some(())).await;
}

pub(super) fn kubectl(arguments: &[&str]) -> String {
    PLANE.kubectl().run(arguments).unwrap()
}

fn kubectl_with(arguments: &[&str], input: &str) -> String {
    PLANE.kubectl().run_with_input(arguments, input).unwrap()
}
