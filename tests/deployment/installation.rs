//! One installation, as the public documentation page tells people to make it, from an empty cluster to an
//! add-on of each kind and away.

use std::collections::BTreeMap;
use std::fs;

use clever_sandbox::{Config, Sandbox};
use serde_json::{Value, json};

use super::manifests::objects;
use super::{commands, rights};
use harness::{Cluster, PLANE, Pod, block_on, eventually, examples};

pub(super) const DEPLOYMENT: &str =
    "/apis/apps/v1/namespaces/clever-operator-system/deployments/clever-operator";
pub(super) const MANIFEST: &str = "dist/install.yaml";
const TEAM: &str = "team";
/// Instead of the pod's own address, and so that tests do not wait a minute for what the sandbox shows at
/// once.
pub(super) const HERE: [(&str, &str); 4] = [
    ("CLEVER_OPERATOR_OPERATOR_LISTEN", "127.0.0.1:0"),
    ("CLEVER_OPERATOR_OPERATOR_LIST_LAG", "1s"),
    ("CLEVER_OPERATOR_OPERATOR_CREATION_WINDOW", "5s"),
    ("CLEVER_OPERATOR_API_ORGANISATION", examples::ORGANISATION),
];

#[test]
fn installed_as_the_page_says_it_works_with_the_rights_it_has_and_applying_again_changes_nothing() {
    block_on(async {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let cluster = Cluster::connect().await;
        for said in commands::run("kubectl apply") {
            assert!(said.lines().all(|line| line.ends_with(" created")), "{said}");
        }
        let deployment = cluster.get(DEPLOYMENT).await.unwrap();
        let pod = Pod::start(&cluster, &deployment, 0, &HERE).await;
        pod.until("livenessProbe").await;
        configured(sandbox.url());
        pod.until("readinessProbe").await;

        // Every kind is used by people who have nothing but Kubernetes' own roles in a namespace.
        let users = rights::users(TEAM).await;
        examples::apply(&users.kubectl("edit"), TEAM);
        examples::until_ready(&users.kubectl("view"), TEAM);
        users
            .meet_what_their_roles_say((
                "/apis/api.clever-cloud.com/v1/namespaces/NAMESPACE/postgresqls",
                "my-database",
            ))
            .await;
        applied_again(&cluster).await;
        added_catalog(&cluster).await;
        examples::every_kind_of_write(&cluster, TEAM).await;
        examples::delete(&users.kubectl("admin"), TEAM);
        rights::all_granted_are_used(&objects(MANIFEST));
        let refused = harness::cluster::refusals(&rights::user());
        assert_eq!(refused, [""; 0], "every right that it needs is given");
    });
}

/// Writes the page's configuration with the words that it says must be replaced, and applies it.
pub(super) fn configured(endpoint: &str) {
    let page = include_str!("configuration.yaml")
        .replace("https://api.clever-cloud.com/v2", &format!("{endpoint}/v2"));
    let words = [
        ("token", "demo-token"),
        ("secret", "demo-secret"),
        ("consumer_key", "demo-consumer"),
        ("consumer_secret", "demo-consumer-secret"),
    ];
    let manifest =
        words.iter().fold(page, |text, (name, value)| text.replace(&format!("<your_{name}>"), value));
    kubectl_with(&["apply", "-f", "-"], &manifest);
}

/// Every way to apply the manifests once more leaves each object as it is, the credentials among them.
async fn applied_again(cluster: &Cluster) {
    let before = versions();
    let said = commands::run("kubectl apply");
    let other_ways =
        [kubectl(&["apply", "-k", "deployments/kubernetes/v1.24.0"]), kubectl(&["apply", "-f", MANIFEST])];
    for said in said.iter().chain(&other_ways) {
        assert!(said.lines().all(|line| line.ends_with(" unchanged")), "{said}");
    }
    assert_eq!(versions(), before);
    let configuration = cluster
        .get("/api/v1/namespaces/clever-operator-system/configmaps/clever-operator-configuration")
        .await
        .unwrap();
    assert!(
        configuration["data"]["config.toml"].as_str().unwrap().contains("demo-token"),
        "{configuration:#}"
    );
}

/// The version of each object of the manifests, by its kind and name.
fn versions() -> BTreeMap<String, String> {
    let list: Value = serde_json::from_str(&kubectl(&["get", "-f", MANIFEST, "-o", "json"])).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let version = |object: &Value| {
        (
            format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"])),
            text(&object["metadata"]["resourceVersion"]),
        )
    };
    list["items"].as_array().unwrap().iter().map(version).collect()
}

/// A catalog that is added: what is good of it is kept, and what is not is told where it stands.
async fn added_catalog(cluster: &Cluster) {
    let path = "/api/v1/namespaces/clever-operator-system/configmaps/added";
    let entry = fs::read_to_string("catalog/addons/kv.yaml").unwrap();
    let data = json!({ "kv.yaml": format!("{entry}\nreplaces: built-in\n"), "broken.yaml": "addon: broken" });
    let metadata = json!({ "name": "added", "labels": { "operator.clever-cloud.com/catalog": "true" } });
    cluster
        .apply(path, &json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data }))
        .await
        .unwrap();
    let annotation = "/metadata/annotations/operator.clever-cloud.com~1problems";
    let said =
        eventually("an annotation", async || cluster.get(path).await?.pointer(annotation).cloned()).await;
    assert!(said.as_str().unwrap().contains("--> added/broken.yaml:1:1"), "{said}");
    let kept = "/api/v1/namespaces/clever-operator-system/configmaps/clever-operator-accepted-catalog";
    eventually("what was accepted", async || {
        cluster.get(kept).await?["data"].get("kvs.api.clever-cloud.com").cloned()
    })
    .await;
}

pub(super) fn kubectl(arguments: &[&str]) -> String {
    PLANE.kubectl().run(arguments).unwrap()
}

fn kubectl_with(arguments: &[&str], input: &str) -> String {
    PLANE.kubectl().run_with_input(arguments, input).unwrap()
}
