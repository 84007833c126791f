//! What clever-kubernetes-operator leaves in a cluster and at the cloud, put onto the control plane:
//! `tests/migration` as it says there.

pub(crate) mod definitions;
mod exhibit;

pub(crate) use definitions::install;
pub(crate) use exhibit::{Exhibit, Placed, owner};

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use harness::{Cloud, Cluster, PLANE, eventually};

/// Those of old releases come first: each leaves its objects under its own definitions.
pub(crate) const RELEASES: [&str; 4] = ["0.5", "0.6", "0.7", "0.8"];
/// Where the exhibits stand that name no namespace.
pub(crate) const NAMESPACE: &str = "museum";
/// A day, in milliseconds: nothing in a museum was made this minute.
const DAY: u128 = 86_400_000;

/// Every exhibit, in the order of their files.
pub(crate) fn exhibits() -> Vec<Exhibit> {
    let mut files: Vec<_> =
        fs::read_dir("tests/migration/objects").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| Exhibit::read(file)).collect()
}

/// Creates the custom resources, release by release, each under the definitions of its own.
pub(crate) async fn place(cluster: &Cluster, exhibits: Vec<Exhibit>) -> Vec<Placed> {
    let mut placed = Vec::new();
    for namespace in
        exhibits.iter().map(|exhibit| exhibit.namespace.as_str()).collect::<std::collections::BTreeSet<_>>()
    {
        PLANE.kubectl().run(&["create", "namespace", namespace]).unwrap();
    }
    let mut exhibits = exhibits;
    for release in RELEASES {
        install(release);
        let (now, later) = exhibits.into_iter().partition(|exhibit: &Exhibit| exhibit.from == release);
        exhibits = later;
        for exhibit in now {
            placed.push(Placed::create(cluster, exhibit).await);
        }
    }
    assert!(exhibits.is_empty(), "of no known release: {exhibits:?}");
    placed.sort_by_key(Placed::title);
    placed
}

/// Puts their add-ons into the cloud, and their statuses, Secrets and events into the cluster.
pub(crate) async fn furnish(cluster: &Cluster, cloud: &Cloud, placed: &[Placed]) {
    let ago = |number: u64| {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() - DAY + u128::from(number) * 60_000
    };
    for one in placed {
        for addon in one.insertions(ago) {
            let id = cloud.insert(addon.body).await["id"].as_str().unwrap().to_owned();
            let outputs = cloud.outputs(&addon.owner, &id).await;
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let outputs: Vec<_> = outputs
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect();
            if one.status_number() == Some(addon.number) {
                cluster.merge_status(&one.path(), &one.status(&outputs)).await;
                if let Some(secret) = one.secret(&outputs) {
                    cluster
                        .create(&format!("/api/v1/namespaces/{}/secrets", one.exhibit.namespace), &secret)
                        .await
                        .unwrap();
                }
            }
            if addon.gone {
                cloud.vanish(&id).await;
            }
        }
        if one.exhibit.addons.is_empty() && one.status_number().is_some() {
            cluster.merge_status(&one.path(), &one.status(&[])).await;
        }
        cluster
            .create(&format!("/api/v1/namespaces/{}/events", one.exhibit.namespace), &one.event())
            .await
            .unwrap();
    }
    broken_override(cluster).await;
}

/// Deletes what was being deleted when that operator was stopped.
pub(crate) async fn half_delete(cluster: &Cluster, placed: &[Placed]) {
    for one in placed.iter().filter(|one| one.exhibit.deleted) {
        cluster.delete(&one.path()).await;
    }
    let namespace = "/api/v1/namespaces/museum-ending";
    cluster.delete(namespace).await;
    let going = placed.iter().find(|one| one.exhibit.namespace == "museum-ending").unwrap();
    eventually("the deletion of what is in the namespace", async || {
        cluster.get(&going.path()).await.filter(|object| !object["metadata"]["deletionTimestamp"].is_null())
    })
    .await;
}

/// As the documentation told people to write it, and as no release could read it; this one is not even whole.
async fn broken_override(cluster: &Cluster) {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "clever-kubernetes-operator" },
        "stringData": { "config": "W2FwaV0KdG9rZW4gPSAi=broken" },
    });
    cluster.create("/api/v1/namespaces/museum-override/secrets", &secret).await.unwrap();
}

/// The Deployment of that operator, as its manifest has it: `replicas` says whether it runs.
pub(crate) fn predecessor(replicas: u32) -> Value {
    let labels = json!({ "app": "clever-kubernetes-operator" });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "clever-kubernetes-operator", "namespace": "clever-kubernetes-operator-system", "labels": labels },
        "spec": {
            "replicas": replicas, "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": "operator", "image": "docker.io/clevercloud/clever-kubernetes-operator:v0.8.0" }] },
            },
        },
    })
}
